import { BugError } from "#util/errors.js";
import {
  decodeNetlink,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  netlinkErrno,
} from "#wire/netlink.js";
import * as sys from "./syscalls.js";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;

/** Room for the largest message the kernel puts in one datagram of a dump. */
const BUFFER = 1 << 16;

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** A netlink socket of one protocol (0 rtnetlink, 12 netfilter), for synchronous requests or for events. */
export class NetlinkSocket {
  readonly fd: number;
  readonly #buffer = new Uint8Array(BUFFER);
  #sequence = 0;

  /** Throws `HostError`. */
  constructor(protocol: number) {
    this.fd = sys.check(sys.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "netlink socket");
    const address = new Uint8Array(12);
    address[0] = AF_NETLINK;
    sys.check(sys.bind(this.fd, address, address.length), "netlink bind");
  }

  /** Joins a multicast group: its events can be received from now on. */
  join(group: number): void {
    sys.check(sys.setsockopt(this.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, u32(group), 4), "netlink membership");
  }

  /**
   * Sends a request and waits for its answers, which are given without the closing acknowledgement. A dump that a change
   * interrupted is asked for again. Throws `HostError` with the kernel's errno; `tried` says what was attempted.
   */
  request(message: NetlinkRequest, tried: string): NetlinkMessage[] {
    for (let attempt = 0; attempt < 5; attempt++) {
      const answers = this.#exchange([message], tried);
      if (!answers.some((answer) => (answer.flags & NLM_F_DUMP_INTR) !== 0)) return answers;
    }
    return this.#exchange([message], tried);
  }

  /** Sends several messages as one datagram (a netfilter batch) and waits for as many acknowledgements as were asked for. */
  batch(messages: readonly NetlinkRequest[], tried: string): void {
    this.#exchange(messages, tried);
  }

  #exchange(messages: readonly NetlinkRequest[], tried: string): NetlinkMessage[] {
    const parts = messages.map((message) => message.encode(++this.#sequence).slice());
    const flags = parts.map((part) => (part[6]! | (part[7]! << 8)) & (NLM_F_ACK | NLM_F_DUMP));
    const wanted = new Set(
      parts.length === 1
        ? [this.#sequence]
        : flags.flatMap((f, i) => ((f & NLM_F_ACK) !== 0 ? [this.#sequence - parts.length + 1 + i] : [])),
    );
    const datagram = Buffer.concat(parts);
    sys.check(sys.send(this.fd, datagram, datagram.length, 0), tried);
    // One answer ends a plain query; a dump ends with DONE and a change with an acknowledgement.
    const single = parts.length === 1 && flags[0] === 0;
    const answers: NetlinkMessage[] = [];
    while (wanted.size > 0) {
      for (const message of this.#receive(tried)) {
        if (!wanted.has(message.sequence)) continue;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          const errno = netlinkErrno(message.payload);
          if (errno !== 0) throw sys.hostError(tried, errno);
          wanted.delete(message.sequence);
        } else {
          answers.push({ ...message, payload: message.payload.slice() });
          if (single) wanted.delete(message.sequence);
        }
      }
    }
    return answers;
  }

  #receive(tried: string): NetlinkMessage[] {
    for (;;) {
      const length = sys.recv(this.fd, this.#buffer, BUFFER, 0);
      if (length >= 0) return decodeNetlink(this.#buffer.subarray(0, length));
      if (sys.errno() !== EINTR) throw sys.hostError(tried);
    }
  }

  /** The events that wait, never blocking; `"overrun"` where the kernel had to drop some. */
  events(): NetlinkMessage[] | "overrun" {
    const events: NetlinkMessage[] = [];
    let overrun = false;
    for (;;) {
      const length = sys.recv(this.fd, this.#buffer, BUFFER, MSG_DONTWAIT);
      if (length >= 0) {
        for (const message of decodeNetlink(this.#buffer.subarray(0, length)))
          events.push({ ...message, payload: message.payload.slice() });
        continue;
      }
      const errno = sys.errno();
      if (errno === EAGAIN) return overrun ? "overrun" : events;
      // What is still queued is older than what was lost: it must not be told after a full re-read.
      if (errno === ENOBUFS) overrun = true;
      else if (errno !== EINTR) throw new BugError(`netlink events: errno ${errno}`);
    }
  }

  close(): void {
    sys.close(this.fd);
  }
}

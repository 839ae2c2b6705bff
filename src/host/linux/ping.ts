import { checksum } from "#wire/checksum.js";
import * as sys from "./syscalls.js";

const AF_INET = 2;
const SOCK_RAW_CLOEXEC = 0x80003;
const IPPROTO_ICMP = 1;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/**
 * Sends one ICMP echo request from this thread's network namespace and waits for its reply; returns the milliseconds it took, or
 * undefined after `timeout` milliseconds without one. `address` is four bytes. Blocks the thread. Needs CAP_NET_RAW.
 */
export function ping(address: Uint8Array, sequence: number, timeout: number): number | undefined {
  const fd = sys.check(sys.socket(AF_INET, SOCK_RAW_CLOEXEC, IPPROTO_ICMP), "ICMP socket");
  try {
    const to = new Uint8Array(16);
    new DataView(to.buffer).setUint16(0, AF_INET, true);
    to.set(address, 4);
    // A connected raw socket is given packets of that peer only.
    sys.check(sys.connect(fd, to, to.length), "ICMP socket");
    const request = new Uint8Array(64);
    const head = new DataView(request.buffer);
    request[0] = ECHO_REQUEST;
    head.setUint16(4, process.pid & 0xffff);
    head.setUint16(6, sequence);
    head.setUint16(2, checksum(request, 0, request.length));
    const began = performance.now();
    if (sys.send(fd, request, request.length, 0) < 0) return undefined;
    const reply = new Uint8Array(1500);
    for (;;) {
      const left = timeout - (performance.now() - began);
      if (left <= 0) return undefined;
      limitWait(fd, left);
      const length = sys.recv(fd, reply, reply.length, 0);
      if (length < 0) return undefined;
      const icmp = (reply[0]! & 15) * 4;
      const answer = new DataView(reply.buffer, icmp, 8);
      const ours = answer.getUint16(4) === (process.pid & 0xffff) && answer.getUint16(6) === sequence;
      if (reply[icmp] === ECHO_REPLY && ours) return performance.now() - began;
    }
  } finally {
    sys.close(fd);
  }
}

/** Bounds each recv(2) by `milliseconds`. */
function limitWait(fd: number, milliseconds: number): void {
  const timeval = new Uint8Array(16);
  const micros = Math.max(1, Math.round(milliseconds * 1000));
  const head = new DataView(timeval.buffer);
  head.setBigInt64(0, BigInt(Math.floor(micros / 1_000_000)), true);
  head.setBigInt64(8, BigInt(micros % 1_000_000), true);
  sys.check(sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, timeval.length), "ICMP socket");
}

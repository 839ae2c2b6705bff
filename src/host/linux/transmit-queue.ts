import { errnoName } from "#util/errno.js";
import type { Offload } from "#wire/virtio-net.js";
import type { FrameCounters } from "../frame-io.js";
import { Memory } from "./memory.js";
import { isRunning, setDirect } from "./packet-socket.js";
import * as sys from "./syscalls.js";

/** Frames that one system call hands over at most. */
const BATCH = 64;

/* One frame's place in the queue's memory: a struct mmsghdr, three struct iovec, a struct virtio_net_hdr. */
const MMSGHDR = 64;
const IOVECS = 48;
const HEADER = 16;
const MESSAGES_AT = 0;
const IOVECS_AT = MESSAGES_AT + BATCH * MMSGHDR;
const HEADERS_AT = IOVECS_AT + BATCH * IOVECS;
const SIZE = HEADERS_AT + BATCH * HEADER;
const VNET_HEADER = 10;

const MSG_DONTWAIT = 0x40;
const EINTR = 4;
const EAGAIN = 11;
const ENETDOWN = 100;
const ENOBUFS = 105;
const TWO_32 = 2 ** 32;

const ETHERNET_HEADER = 14;
/** Beyond the MTU, what a frame may have: the Ethernet header and one tag. */
const LINK_HEADER = 18;
/** Frames that go by the queueing discipline before sending directly is tried again. */
const BY_QUEUE = 1 << 16;

/** Counts a frame that was not taken. */
export function countDrop(counters: FrameCounters, reason: string, frames: number): void {
  counters.txDropped += frames;
  counters.txErrors.set(reason, (counters.txErrors.get(reason) ?? 0) + frames);
}

/**
 * Frames that wait for one port's descriptor. Each is described by addresses only: the bytes are those given to `add`, and
 * must stay until `flush`.
 */
export class TransmitQueue {
  /** Frames that wait. */
  length = 0;
  mtu: number;
  readonly #fd: number;
  readonly #isSocket: boolean;
  readonly #link: number;
  /** Frames that are still to go by the queueing discipline; 0 while the socket sends past it. */
  #byQueue = 0;
  readonly #counters: FrameCounters;
  readonly #memory: Memory = Memory.anonymous(SIZE);
  readonly #words: Uint32Array = this.#memory.words;
  /** Bytes of each waiting frame. */
  readonly #lengths = new Uint32Array(BATCH);

  /** `fd` is a TAP's, or with the number of a link a packet socket's. */
  constructor(fd: number, link: number | undefined, mtu: number, counters: FrameCounters) {
    this.#fd = fd;
    this.#isSocket = link !== undefined;
    this.#link = link ?? 0;
    this.mtu = mtu;
    this.#counters = counters;
    const memory = this.#memory;
    for (let i = 0; i < BATCH; i++) {
      const iovecs = IOVECS_AT + i * IOVECS;
      memory.putAddress(MESSAGES_AT + i * MMSGHDR + 16, memory, iovecs);
      memory.putAddress(iovecs, memory, HEADERS_AT + i * HEADER);
      memory.view.setUint32(iovecs + 8, VNET_HEADER, true);
    }
  }

  /** True for a frame that is longer than the MTU by no more than a tag: the kernel then wants to see one. */
  isOneTagOver(length: number): boolean {
    return this.#isSocket && length > this.mtu + ETHERNET_HEADER && length <= this.mtu + LINK_HEADER;
  }

  /** Queues the frame made of `headLength` bytes at the address `places[0]` and `tailLength` bytes at `places[1]`; either may be empty. */
  add(places: Float64Array, headLength: number, tailLength: number, offload: Readonly<Offload>): void {
    const length = headLength + tailLength;
    if (length > this.mtu + LINK_HEADER && offload.gsoType === 0) {
      countDrop(this.#counters, "oversize", 1);
      return;
    }
    const i = this.length;
    const words = this.#words;
    const header = (HEADERS_AT + i * HEADER) >> 2;
    words[header] = offload.flags | (offload.gsoType << 8) | (offload.headerLength << 16);
    words[header + 1] = offload.gsoSize | (offload.csumStart << 16);
    words[header + 2] = offload.csumOffset;
    let iovec = (IOVECS_AT + i * IOVECS + 16) >> 2;
    let count = 1;
    if (headLength > 0) {
      const head = places[0]!;
      words[iovec] = head;
      words[iovec + 1] = head / TWO_32;
      words[iovec + 2] = headLength;
      iovec += 4;
      count = 2;
    }
    if (tailLength > 0) {
      const tail = places[1]!;
      words[iovec] = tail;
      words[iovec + 1] = tail / TWO_32;
      words[iovec + 2] = tailLength;
      count++;
    }
    words[(MESSAGES_AT + i * MMSGHDR + 24) >> 2] = count;
    this.#lengths[i] = length;
    this.length = i + 1;
    if (this.length === BATCH) this.flush();
  }

  /** Hands over what waits. What the kernel does not take is counted and gone. */
  flush(): void {
    if (this.length === 0) return;
    if (this.#isSocket) this.#flushSocket();
    else this.#flushTap();
    this.length = 0;
  }

  #flushSocket(): void {
    const messages = this.#memory.address + MESSAGES_AT;
    let wasDown = false;
    let queued = -1;
    if (this.#byQueue > 0) this.#goByQueue(this.#byQueue - this.length);
    for (let at = 0; at < this.length; ) {
      const sent = sys.sendmmsg(this.#fd, messages + at * MMSGHDR, this.length - at, MSG_DONTWAIT);
      if (sent > 0) {
        this.#countSent(at, sent);
        at += sent;
        continue;
      }
      const errno = sys.errno();
      if (errno === EINTR) continue;
      if (errno === ENETDOWN && !wasDown) {
        // It may only be news of a time when the link was down, which the socket tells once.
        wasDown = true;
        continue;
      }
      if (errno === ENOBUFS && !isRunning(this.#fd, this.#link)) {
        // The others would fare no better.
        countDrop(this.#counters, "ENETDOWN", this.length - at);
        return;
      }
      if (errno === ENOBUFS && queued !== at && this.#isLarge(at)) {
        // Sent directly, a segment is dropped where the device cannot cut it: a guest's with its offloads off, say. Or the device is full: hence not for good.
        // Another thread's queue of the same socket may have gone back to sending directly, so how this one means to send does not matter.
        queued = at;
        this.#goByQueue(BY_QUEUE);
        continue;
      }
      if (errno === EAGAIN) {
        // The socket's buffer is full: the rest would fare no better.
        countDrop(this.#counters, "EAGAIN", this.length - at);
        return;
      }
      countDrop(this.#counters, errnoName(errno), 1);
      at++;
    }
  }

  /** So many frames more go by the queueing discipline. */
  #goByQueue(frames: number): void {
    const isDirect = frames <= 0;
    if (isDirect || frames === BY_QUEUE) setDirect(this.#fd, isDirect);
    this.#byQueue = Math.max(0, frames);
  }

  /** True for a waiting frame that is to be cut into segments. */
  #isLarge(i: number): boolean {
    return (this.#words[(HEADERS_AT + i * HEADER) >> 2]! & 0xff00) !== 0;
  }

  #flushTap(): void {
    const memory = this.#memory;
    for (let i = 0; i < this.length; i++) {
      const count = this.#words[(MESSAGES_AT + i * MMSGHDR + 24) >> 2]!;
      if (sys.writev(this.#fd, memory.address + IOVECS_AT + i * IOVECS, count) >= 0) this.#countSent(i, 1);
      else countDrop(this.#counters, errnoName(sys.errno()), 1);
    }
  }

  #countSent(from: number, count: number): void {
    this.#counters.txPackets += count;
    let bytes = 0;
    for (let i = from; i < from + count; i++) bytes += this.#lengths[i]!;
    this.#counters.txBytes += bytes;
  }

  close(): void {
    this.#memory.release();
  }
}

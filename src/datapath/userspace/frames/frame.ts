import { copyBytes } from "#util/copy-bytes.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { HEADROOM, type HeadArena } from "./head-arena.js";
import { Layers } from "./layers.js";

const NO_OFFLOAD: Readonly<Offload> = plainOffload();

/**
 * A frame being forwarded: the bytes `head[headAt, +headLength)` followed by `tail[tailAt, +tailLength)`. It starts as all
 * tail, in the receiver's memory; the first change copies as much as is needed into a head. The payload is never copied.
 * Once a head was sent it is `shared`, and the next change copies it again.
 */
export class Frame {
  readonly #arena: HeadArena;
  head: Uint8Array;
  headAt = 0;
  headLength = 0;
  tail: Uint8Array;
  tailAt = 0;
  tailLength = 0;
  #shared = false;
  /** Where the headroom of an unshared head begins. */
  #floor = 0;
  readonly offload: Offload = plainOffload();
  /** There is no Ethernet header: of its 14 bytes, only the type says something. */
  noEthernet = false;
  readonly layers: Layers = new Layers();

  constructor(arena: HeadArena) {
    this.#arena = arena;
    this.head = arena.bytes;
    this.tail = arena.bytes;
  }

  /** Takes a received frame: `length` bytes of `memory` from `at` on. */
  reset(memory: Uint8Array, at: number, length: number, offload: Readonly<Offload>): void {
    this.headLength = 0;
    this.tail = memory;
    this.tailAt = at;
    this.tailLength = length;
    this.#shared = false;
    this.noEthernet = false;
    this.#copyOffload(offload);
    this.layers.valid = false;
  }

  /** Becomes the same frame as `other`; neither sees later changes of the other. */
  copy(other: Frame): void {
    this.head = other.head;
    this.headAt = other.headAt;
    this.headLength = other.headLength;
    this.tail = other.tail;
    this.tailAt = other.tailAt;
    this.tailLength = other.tailLength;
    this.#shared = true;
    other.#shared = true;
    this.noEthernet = other.noEthernet;
    this.#copyOffload(other.offload);
    this.layers.valid = false;
  }

  #copyOffload(from: Readonly<Offload>): void {
    const to = this.offload;
    to.flags = from.flags;
    to.gsoType = from.gsoType;
    to.headerLength = from.headerLength;
    to.gsoSize = from.gsoSize;
    to.csumStart = from.csumStart;
    to.csumOffset = from.csumOffset;
  }

  /** Length in bytes from the destination MAC on. */
  get length(): number {
    return this.headLength + this.tailLength;
  }

  /** Says that the head's bytes are in use by somebody else, who has not been flushed yet. */
  share(): void {
    this.#shared = true;
  }

  u8(at: number): number {
    return at < this.headLength ? this.head[this.headAt + at]! : this.tail[this.tailAt + at - this.headLength]!;
  }

  u16(at: number): number {
    return (this.u8(at) << 8) | this.u8(at + 1);
  }

  /** Writes 16 bits big-endian; the bytes must have been made `writable`. */
  putU16(at: number, value: number): void {
    this.head[this.headAt + at] = value >> 8;
    this.head[this.headAt + at + 1] = value;
  }

  /** Makes the first `size` bytes changeable. False when the frame is shorter. */
  writable(size: number): boolean {
    if (size > this.length) return false;
    if (size <= this.headLength && !this.#shared) return true;
    const wanted = Math.max(size, this.headLength);
    const start = this.#arena.take(HEADROOM + wanted) + HEADROOM;
    const to = this.#arena.bytes;
    const kept = this.headLength;
    const more = wanted - kept;
    copyBytes(to, start, this.head, this.headAt, kept);
    copyBytes(to, start + kept, this.tail, this.tailAt, more);
    this.head = to;
    this.headAt = start;
    this.#floor = start - HEADROOM;
    this.headLength = wanted;
    this.tailAt += more;
    this.tailLength -= more;
    this.#shared = false;
    return true;
  }

  /** Puts `count` (at most 64, multiple of 2) undefined bytes before byte `at`. False when the frame is shorter than `at`. */
  insert(at: number, count: number): boolean {
    if (at === 0 || !this.writable(at)) return false;
    if (this.headAt - count < this.#floor) {
      this.#shared = true;
      this.writable(at);
    }
    this.head.copyWithin(this.headAt - count, this.headAt, this.headAt + at);
    this.headAt -= count;
    this.headLength += count;
    this.#shift(at, count);
    return true;
  }

  /** Takes out `count` bytes at byte `at`. False when the frame is shorter than their end. */
  remove(at: number, count: number): boolean {
    if (!this.writable(at + count)) return false;
    this.head.copyWithin(this.headAt + count, this.headAt, this.headAt + at);
    this.headAt += count;
    this.headLength -= count;
    this.#shift(at, -count);
    return true;
  }

  /** Takes off the first `count` bytes, of which there must be as many, without copying any. A partial checksum among them is gone. */
  drop(count: number): void {
    const fromHead = Math.min(count, this.headLength);
    this.headAt += fromHead;
    this.headLength -= fromHead;
    this.tailAt += count - fromHead;
    this.tailLength -= count - fromHead;
    const o = this.offload;
    o.headerLength = Math.max(0, o.headerLength - count);
    if ((o.flags & 1) !== 0 && o.csumStart < count) o.flags &= ~1;
    o.csumStart = Math.max(0, o.csumStart - count);
    this.layers.valid = false;
  }

  /** Keeps the first `length` bytes, of which there must be as many; of a large segment or a partial checksum nothing is left. */
  cut(length: number): void {
    this.headLength = Math.min(this.headLength, length);
    this.tailLength = length - this.headLength;
    this.#copyOffload(NO_OFFLOAD);
    this.layers.valid = false;
  }

  /** The whole frame as one new array. */
  bytes(): Uint8Array {
    const out = new Uint8Array(this.length);
    this.copyTo(out, 0, out.length);
    return out;
  }

  /** Copies the first `size` bytes to `out[at…]`. */
  copyTo(out: Uint8Array, at: number, size: number): void {
    const fromHead = Math.min(size, this.headLength);
    copyBytes(out, at, this.head, this.headAt, fromHead);
    copyBytes(out, at + fromHead, this.tail, this.tailAt, size - fromHead);
  }

  /** Offsets that travel with the frame follow the bytes they point at. */
  #shift(at: number, count: number): void {
    const o = this.offload;
    if (o.headerLength > 0) o.headerLength += count;
    if (o.flags & 1 && o.csumStart >= at) o.csumStart += count;
    this.layers.valid = false;
  }
}

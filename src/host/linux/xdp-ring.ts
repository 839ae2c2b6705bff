import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";
import { XDP_RING } from "./xdp-layout.js";

const PAGE_OFFSETS = { rx: 0, tx: 0x80000000, fill: 0x100000000, completion: 0x180000000 } as const;
const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const NEED_WAKEUP = 1;

type XdpRingName = keyof typeof PAGE_OFFSETS;
const order: readonly XdpRingName[] = ["rx", "tx", "fill", "completion"];

/** One of the four rings that an AF_XDP socket shares with the kernel; entries are 16-byte descriptors or 8-byte addresses. */
export class XdpRing {
  readonly words: Uint32Array;
  readonly #ints: Int32Array;
  readonly #memory: Memory;
  readonly #producer: number;
  readonly #consumer: number;
  readonly #flags: number;
  readonly #entries: number;
  readonly #shift: number;

  /** Throws `HostError`. */
  constructor(fd: number, name: XdpRingName) {
    const offsets = new Uint8Array(128);
    const size = new Uint8Array(Uint32Array.of(offsets.length).buffer);
    sys.check(sys.getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, offsets, size), "AF_XDP ring offsets");
    const view = new DataView(offsets.buffer);
    const offset = (field: number): number => Number(view.getBigUint64(32 * order.indexOf(name) + 8 * field, true));
    const isDescriptors = name === "rx" || name === "tx";
    const bytes = offset(2) + XDP_RING * (isDescriptors ? 16 : 8);
    this.#memory = Memory.map(fd, PAGE_OFFSETS[name], bytes, true);
    this.words = this.#memory.words;
    this.#ints = this.#memory.ints;
    this.#producer = offset(0) >> 2;
    this.#consumer = offset(1) >> 2;
    this.#entries = offset(2) >> 2;
    this.#flags = offset(3) >> 2;
    this.#shift = isDescriptors ? 2 : 1;
  }

  /** Positions are entry counts modulo 2^32. */
  get producer(): number {
    return Atomics.load(this.#ints, this.#producer);
  }
  set producer(position: number) {
    Atomics.store(this.#ints, this.#producer, position);
  }
  get consumer(): number {
    return Atomics.load(this.#ints, this.#consumer);
  }
  set consumer(position: number) {
    Atomics.store(this.#ints, this.#consumer, position);
  }

  /** True where the kernel goes on with this ring only after a system call. */
  get needsWakeup(): boolean {
    return (Atomics.load(this.#ints, this.#flags) & NEED_WAKEUP) !== 0;
  }

  /** Index in `words` of the entry at a position. */
  at(position: number): number {
    return this.#entries + ((position & (XDP_RING - 1)) << this.#shift);
  }

  close(): void {
    this.#memory.release();
  }
}

/** Maps the rings of a socket: received and sent frames, then those that may be filled and those that were sent. Throws `HostError`. */
export function openXdpRings(fd: number): readonly [rx: XdpRing, tx: XdpRing, fill: XdpRing, completion: XdpRing] {
  const rings: XdpRing[] = [];
  try {
    for (const name of order) rings.push(new XdpRing(fd, name));
  } catch (error) {
    for (const ring of rings) ring.close();
    throw error;
  }
  return [rings[0]!, rings[1]!, rings[2]!, rings[3]!];
}

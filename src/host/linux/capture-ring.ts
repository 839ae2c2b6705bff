import {
  CAPTURE_SLOTS,
  captureFunctions,
  captureProgram,
  captureState,
  type SkbPlaces,
  skbPlaces,
} from "#bpf/capture-program.js";
import { HostError } from "#util/errors.js";
import { attachType, createMap, kernelBtf, loadProgram, MAP_MMAPABLE, mapType, programType } from "./bpf.js";
import { Memory } from "./memory.js";
import * as sys from "./syscalls.js";

const PAGE = 4096;
const BUSY = 0x80000000 | 0;
const DISCARD = 0x40000000;
const LENGTH = 0x3fffffff;
const RECORD_HEAD = 8;

/** Where this kernel keeps what the capture program reads, and the numbers of the functions it calls. */
interface KernelPlaces {
  readonly skb: SkbPlaces;
  readonly kernelFunctions: Readonly<Record<string, number>>;
}

function askKernel(): KernelPlaces {
  const btf = kernelBtf();
  const skb = skbPlaces(btf);
  const ids = captureFunctions.map((name) => [name, btf.functionId(name)] as const);
  if (!skb || ids.some(([, id]) => id === undefined))
    throw new HostError("capture program", "EOPNOTSUPP", 95, "the kernel lacks bpf_dynptr_copy");
  return { skb, kernelFunctions: Object.fromEntries(ids) as Record<string, number> };
}

/**
 * The BPF ring buffer that the captured ports of one forwarding thread share, seen from the reader's side: positions are
 * byte counts modulo 2^32, records are an 8-byte head and data padded to 8 bytes, and the data area is mapped twice in a row
 * so that no record is ever split.
 */
export class CaptureRing {
  readonly fd: number;
  /** Read-only: frames lie here, at `Memory.address` + offset. */
  readonly data: Memory;
  readonly #dataOffset = PAGE;
  readonly #consumer: Memory;
  readonly #state: Memory;
  readonly #stateFd: number;
  readonly #mask: number;
  readonly #consumer64: BigUint64Array;
  #position = 0;
  /** The upper half of the 64-bit position that the kernel keeps. */
  #wraps = 0n;
  readonly #slots: boolean[] = [];

  /** `size` is a power of two and a multiple of the page size. Throws `HostError`. */
  constructor(size: number) {
    this.fd = createMap({ type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: size, name: "weft_ring" });
    this.#stateFd = createMap({
      type: mapType.array,
      keySize: 4,
      valueSize: captureState.size,
      entries: 1,
      flags: MAP_MMAPABLE,
      name: "weft_state",
    });
    this.#consumer = Memory.map(this.fd, 0, PAGE, true);
    this.#consumer64 = new BigUint64Array(this.#consumer.bytes.buffer, 0, 1);
    this.data = Memory.map(this.fd, PAGE, PAGE + 2 * size, false);
    this.#state = Memory.map(this.#stateFd, 0, captureState.size, true);
    this.#mask = size - 1;
  }

  /** Asked once: looking names up in the kernel's BTF takes milliseconds. */
  #kernel: KernelPlaces | undefined;

  /** Loads the program that feeds a port's frames into this ring; `slot` comes from `takeSlot`. Throws `HostError`. */
  loadProgram(port: number, slot: number): number {
    const { skb, kernelFunctions } = (this.#kernel ??= askKernel());
    return loadProgram({
      type: programType.schedCls,
      attach: attachType.tcxIngress,
      items: captureProgram(port, slot, this.#mask + 1, skb),
      symbols: {
        maps: { ring: this.fd, state: this.#stateFd },
        kernelFunctions,
      },
      name: "weft_capture",
    });
  }

  /** A counter of lost frames for one port; throws `HostError` `ENOSPC` where all 511 are in use. */
  takeSlot(): number {
    for (let slot = 1; slot <= CAPTURE_SLOTS; slot++) {
      if (this.#slots[slot]) continue;
      this.#slots[slot] = true;
      this.#state.view.setBigUint64(captureState.lost(slot), 0n, true);
      this.#state.bytes.fill(0, captureState.entered(slot), captureState.taken(slot) + 8);
      return slot;
    }
    throw sys.hostError("capture ring", 28);
  }

  freeSlot(slot: number): void {
    this.#slots[slot] = false;
  }

  /**
   * Says what a frame costs beyond its length. A port whose waiting frames cost more than twice what is free in the ring gets nothing more
   * into it, so this bounds how many frames may wait.
   */
  setFrameCost(cost: number): void {
    this.#state.ints[captureState.frameCost >> 2] = cost;
  }

  /** True where more of a slot's frames wait than the program would let in by now. */
  hasTooMany(slot: number): boolean {
    const { ints } = this.#state;
    const entered = captureState.entered(slot) >> 2;
    const taken = captureState.taken(slot) >> 2;
    const frames = (Atomics.load(ints, entered) - ints[taken]!) >>> 0;
    const bytes = (ints[entered + 1]! - ints[taken + 1]!) >>> 0;
    const unread = (Atomics.load(this.data.ints, 0) - this.#position) >>> 0;
    return frames * ints[captureState.frameCost >> 2]! + bytes > 2 * (this.#mask + 1 - unread);
  }

  /** Makes room for others of this slot's frames: one of `length` bytes has been read. */
  took(slot: number, length: number): void {
    const { ints } = this.#state;
    const at = captureState.taken(slot) >> 2;
    ints[at]!++;
    ints[at + 1]! += length;
  }

  /** Frames of a slot lost because the ring was full, or too full of the slot's. */
  lost(slot: number): number {
    return Number(this.#state.view.getBigUint64(captureState.lost(slot), true));
  }

  /** True where the writers have reserved something the reader has not released. */
  pending(): boolean {
    return Atomics.load(this.data.ints, 0) !== (this.#position | 0);
  }

  /** Tells writers whether the reader is about to sleep and must be woken. A full barrier. */
  setSleeping(sleeping: boolean): void {
    Atomics.exchange(this.#state.ints, 0, sleeping ? 1 : 0);
  }

  /**
   * Offset in `data` of the record `skip` bytes after the reader's position, or -1 where none is complete there.
   * `step` of the same `skip` is its whole size.
   */
  record(skip: number): number {
    const position = (this.#position + skip) | 0;
    if (position === Atomics.load(this.data.ints, 0)) return -1;
    const at = this.#dataOffset + (position & this.#mask);
    return Atomics.load(this.data.ints, at >> 2) & BUSY ? -1 : at + RECORD_HEAD;
  }

  /** The size in the ring of the record whose data is at `at`. */
  step(at: number): number {
    return ((this.data.ints[(at - RECORD_HEAD) >> 2]! & LENGTH) + RECORD_HEAD + 7) & ~7;
  }

  isDiscarded(at: number): boolean {
    return (this.data.ints[(at - RECORD_HEAD) >> 2]! & DISCARD) !== 0;
  }

  /** Gives `size` bytes of records back to the writers. */
  release(size: number): void {
    const before = this.#position >>> 0;
    this.#position = (this.#position + size) | 0;
    if (this.#position >>> 0 >= before) {
      Atomics.store(this.#consumer.ints, 0, this.#position);
      return;
    }
    this.#wraps += 1n << 32n;
    Atomics.store(this.#consumer64, 0, this.#wraps | BigInt(this.#position >>> 0));
  }

  close(): void {
    this.#consumer.release();
    this.data.release();
    this.#state.release();
    sys.close(this.fd);
    sys.close(this.#stateFd);
  }
}

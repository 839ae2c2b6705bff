import type { AddressSpace, Region } from "./address-space.js";

/** A packet's bytes in the memory of programs. Whatever moves them makes earlier addresses invalid, as the verifier has it. */
export class PacketMemory {
  #bytes: Uint8Array;
  #memory: AddressSpace | undefined;
  #region: Region | undefined;
  /** Bytes from the start that programs reach without a helper; the rest lies in fragments. */
  #linear: number;

  constructor(bytes: Uint8Array, linear: number) {
    this.#bytes = bytes;
    this.#linear = linear;
  }

  /** The whole packet as it is now. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Address of the first byte, and of the first behind those that can be reached. */
  get start(): bigint {
    return this.#region?.base ?? 0n;
  }

  get end(): bigint {
    return this.start + BigInt(this.#linear);
  }

  enter(memory: AddressSpace): void {
    this.#memory = memory;
    this.#region = memory.add("the packet", this.#bytes.subarray(0, this.#linear));
  }

  leave(): void {
    this.#memory?.remove(this.#region!, "belongs to a run that has ended");
  }

  /** Puts other bytes in the packet's place, of which all but `inFragments` can be reached. */
  replace(bytes: Uint8Array, linear: number = bytes.length): void {
    this.#bytes = bytes;
    this.#linear = Math.min(linear, bytes.length);
    if (!this.#memory) return;
    this.#memory.remove(this.#region!, "has moved since: its addresses must be read again");
    this.#region = this.#memory.add("the packet", this.#bytes.subarray(0, this.#linear));
  }

  /** Brings the first bytes within reach. */
  pull(length: number): void {
    this.replace(this.#bytes.slice(), Math.max(this.#linear, length));
  }

  /** Puts `count` zero bytes in at an offset, or takes `-count` out. */
  splice(offset: number, count: number): void {
    const bytes = new Uint8Array(this.#bytes.length + count);
    bytes.set(this.#bytes.subarray(0, offset));
    bytes.set(this.#bytes.subarray(offset + Math.max(-count, 0)), offset + Math.max(count, 0));
    this.replace(bytes, this.#linear + count);
  }
}

import * as sys from "./syscalls.js";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

/**
 * Memory at a fixed address, for what the kernel reads and writes: an anonymous mapping used as an arena, or a mapping of
 * a descriptor (a BPF map, a ring). Views of it must not be used after `release`.
 */
export class Memory {
  /** Address of byte 0. */
  readonly address: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Uint32Array;
  /** For `Atomics`. */
  readonly ints: Int32Array;
  #used = 0;

  private constructor(address: bigint, size: number) {
    const buffer = sys.memoryAt(address, size);
    this.address = Number(address);
    this.size = size;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Uint32Array(buffer);
    this.ints = new Int32Array(buffer);
  }

  /** Zeroed memory of this process; pages are taken when touched. */
  static anonymous(size: number): Memory {
    return new Memory(mapped(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, "mmap"), size);
  }

  /** A descriptor's memory from `offset` on. */
  static map(fd: number, offset: number, size: number, writable: boolean): Memory {
    const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    return new Memory(mapped(size, protection, MAP_SHARED, fd, offset, "mmap of a descriptor"), size);
  }

  /** Memory of another thread of this process, which owns it: that one releases it. */
  static of(owner: { readonly address: number; readonly size: number }): Memory {
    return new Memory(BigInt(owner.address), owner.size);
  }

  /** Takes the next `size` bytes and returns their offset, a multiple of `align` (a power of two). */
  take(size: number, align = 64): number {
    const at = (this.#used + align - 1) & ~(align - 1);
    if (at + size > this.size) throw new RangeError("memory arena is used up");
    this.#used = at + size;
    return at;
  }

  /** Writes the address of byte `target` of `memory` at `at`, 8 bytes. */
  putAddress(at: number, memory: Memory, target: number): void {
    this.view.setBigUint64(at, BigInt(memory.address + target), true);
  }

  release(): void {
    sys.munmap(this.address, this.size);
  }
}

/** Memory of another thread of this process, as plain memory. */
export function memoryOf({ address, size }: { readonly address: number; readonly size: number }): ArrayBuffer {
  return sys.memoryAt(BigInt(address), size);
}

function mapped(size: number, protection: number, flags: number, fd: number, offset: number, tried: string): bigint {
  const address = sys.mmap(size, protection, flags, fd, offset);
  if (BigInt.asIntN(64, address) === -1n) throw sys.hostError(tried);
  return address;
}

/** A piece of memory that programs can reach. Behind its end lies nothing: each has four gigabytes of addresses to itself. */
export interface Region {
  /** What messages call it: `packet`, `stack`, `value of map flows`. */
  readonly name: string;
  /** Address of its first byte. */
  readonly base: bigint;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly isWritable: boolean;
  /** Regions whose words are not bytes (contexts): what `size` bytes at `at` hold, undefined where that cannot be read. */
  readonly fields?: FieldAccess;
}

/** Access to a region field by field. */
export interface FieldAccess {
  load(at: number, size: number): bigint | undefined;
  /** False where the field cannot be written. */
  store(at: number, size: number, value: bigint): boolean;
}

/** An access that the kernel's verifier would not have let through. */
export class MemoryFault extends Error {
  override name = "MemoryFault";
}

const SHIFT = 32n;

/** The memory of an interpreted program: pieces that do not touch, so that whatever runs over the end of one is caught. */
export class AddressSpace {
  readonly #regions = new Map<bigint, Region>();
  /** Names of those that are gone, to say so to who still has an address. */
  readonly #gone = new Map<bigint, string>();
  #next = 0x1000n;

  /** Adds a piece over `bytes`, which are shared and not copied. */
  add(name: string, bytes: Uint8Array, options: { isWritable?: boolean; fields?: FieldAccess } = {}): Region {
    const base = this.#next << SHIFT;
    const region: Region = {
      name,
      base,
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      isWritable: options.isWritable ?? true,
      ...(options.fields ? { fields: options.fields } : {}),
    };
    this.#regions.set(this.#next++, region);
    return region;
  }

  /** Takes a piece away; who still uses an address of it gets a fault that says `reason`. */
  remove(region: Region, reason: string): void {
    this.#regions.delete(region.base >> SHIFT);
    this.#gone.set(region.base >> SHIFT, `${region.name}, which ${reason}`);
  }

  /** The piece that an address lies in or behind, undefined for none. */
  at(address: bigint): Region | undefined {
    return this.#regions.get(address >> SHIFT);
  }

  /** The piece that `size` bytes at `address` lie in. Throws `MemoryFault`. */
  check(address: bigint, size: number, verb: string): Region {
    const region = this.at(address);
    if (region && Number(address - region.base) + size <= region.bytes.length) return region;
    throw new MemoryFault(`${verb} ${size} bytes at ${this.#describe(address)}`);
  }

  /** What an address is that cannot be used. */
  #describe(address: bigint): string {
    if (address === 0n) return "a null pointer";
    const distance = BigInt.asIntN(Number(SHIFT), address);
    const name = (address - distance) >> SHIFT;
    const region = this.#regions.get(name);
    if (region) return `${region.name}${distance < 0n ? "" : "+"}${distance}, of ${region.bytes.length} bytes`;
    const gone = this.#gone.get(name);
    return gone === undefined ? `0x${address.toString(16)}, which is no address` : `an address of ${gone}`;
  }

  /** An unsigned little-endian number of 1, 2, 4 or 8 bytes. Throws `MemoryFault`. */
  load(address: bigint, size: number): bigint {
    const region = this.check(address, size, "reads");
    const at = Number(address - region.base);
    if (region.fields) {
      const value = region.fields.load(at, size);
      if (value === undefined) throw new MemoryFault(`reads ${size} bytes at ${region.name}+${at}, which is no field`);
      return value;
    }
    if (size === 8) return region.view.getBigUint64(at, true);
    if (size === 4) return BigInt(region.view.getUint32(at, true));
    return BigInt(size === 2 ? region.view.getUint16(at, true) : region.view.getUint8(at));
  }

  /** Writes the low `size` bytes of a number. Throws `MemoryFault`. */
  store(address: bigint, size: number, value: bigint): void {
    const region = this.check(address, size, "writes");
    const at = Number(address - region.base);
    if (region.fields ? !region.fields.store(at, size, value) : !region.isWritable) {
      throw new MemoryFault(`writes ${size} bytes at ${region.name}+${at}, which is read-only`);
    }
    if (region.fields) return;
    if (size === 8) region.view.setBigUint64(at, BigInt.asUintN(64, value), true);
    else if (size === 4) region.view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    else if (size === 2) region.view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
    else region.view.setUint8(at, Number(BigInt.asUintN(8, value)));
  }

  /** A copy of bytes. Throws `MemoryFault`. */
  read(address: bigint, size: number): Uint8Array {
    if (size === 0) return new Uint8Array();
    const region = this.check(address, size, "reads");
    if (region.fields) throw new MemoryFault(`reads ${region.name} as bytes`);
    const at = Number(address - region.base);
    return region.bytes.slice(at, at + size);
  }

  /** Throws `MemoryFault`. */
  write(address: bigint, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const region = this.check(address, bytes.length, "writes");
    if (region.fields || !region.isWritable) throw new MemoryFault(`writes to ${region.name}, which is read-only`);
    region.bytes.set(bytes, Number(address - region.base));
  }
}

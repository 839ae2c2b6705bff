import { WireError } from "#util/errors.js";

/** Where a member lies in its structure: `byte` and `bit` from the start; `bits` is its width where it is a bit-field, else 0. */
export interface MemberPlace {
  readonly byte: number;
  readonly bit: number;
  readonly bits: number;
}

const KIND_INT = 1;
const KIND_ARRAY = 3;
const KIND_STRUCT = 4;
const KIND_UNION = 5;
const KIND_FUNC = 12;
/** Bytes that follow a type's 12-byte head, by kind: fixed, and for each of its `vlen` members. */
const TAIL: readonly (readonly [fixed: number, perMember: number])[] = [
  [0, 0],
  [4, 0],
  [0, 0],
  [12, 0],
  [0, 12],
  [0, 12],
  [0, 8],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 8],
  [4, 0],
  [0, 12],
  [0, 0],
  [4, 0],
  [0, 0],
  [0, 12],
]; // prettier-ignore
/** Kinds that only wrap another type: typedef, volatile, const, restrict, type tag. */
const WRAPPERS = new Set([8, 9, 10, 11, 18]);

/**
 * The kernel's type information (BTF, Documentation/bpf/btf.rst): ids of functions and places of structure members. Made for
 * few look-ups in a large file: names are searched as bytes and types walked once, nothing is decoded in advance.
 */
export class Btf {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #strings: number;
  readonly #stringsEnd: number;
  /** Offset of each type's record; index is the type id. */
  readonly #types: Uint32Array;

  /** Throws `WireError` where the bytes are not BTF of a known form. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 24 || this.#view.getUint16(0, true) !== 0xeb9f) throw new WireError("not BTF");
    const head = this.#view.getUint32(4, true);
    const types = head + this.#view.getUint32(8, true);
    const typesEnd = types + this.#view.getUint32(12, true);
    this.#strings = head + this.#view.getUint32(16, true);
    this.#stringsEnd = this.#strings + this.#view.getUint32(20, true);
    if (typesEnd > bytes.length || this.#stringsEnd > bytes.length) throw new WireError("BTF is cut short");
    this.#types = this.#walk(types, typesEnd);
  }

  #walk(from: number, end: number): Uint32Array {
    const places = new Uint32Array(((end - from) / 12 + 2) | 0);
    let count = 1;
    for (let at = from; at + 12 <= end; count++) {
      places[count] = at;
      const info = this.#view.getUint32(at + 4, true);
      const tail = TAIL[(info >>> 24) & 0x1f];
      if (!tail) throw new WireError(`BTF type kind ${(info >>> 24) & 0x1f} is not known`);
      at += 12 + tail[0] + tail[1] * (info & 0xffff);
    }
    return places.subarray(0, count);
  }

  /** Offset of a name in the string section, -1 where it is not there as a whole string. */
  #nameOffset(name: string): number {
    const wanted = new TextEncoder().encode(`\0${name}\0`);
    const section = this.#bytes.subarray(this.#strings, this.#stringsEnd);
    outer: for (let at = section.indexOf(0); at >= 0; at = section.indexOf(0, at + 1)) {
      for (let i = 1; i < wanted.length; i++) if (section[at + i] !== wanted[i]) continue outer;
      return at + 1;
    }
    return -1;
  }

  #find(kind: number, name: string): number {
    const offset = this.#nameOffset(name);
    if (offset < 0) return 0;
    for (let id = 1; id < this.#types.length; id++) {
      const at = this.#types[id]!;
      if (this.#view.getUint32(at, true) !== offset) continue;
      const info = this.#view.getUint32(at + 4, true);
      if (((info >>> 24) & 0x1f) === kind && (kind === KIND_FUNC || (info & 0xffff) > 0)) return id;
    }
    return 0;
  }

  /** The type id of a kernel function, undefined where there is none of that name. */
  functionId(name: string): number | undefined {
    return this.#find(KIND_FUNC, name) || undefined;
  }

  /** The place of a structure's member, also inside unnamed structures and unions; undefined where it is missing. */
  member(structure: string, name: string): MemberPlace | undefined {
    const id = this.#find(KIND_STRUCT, structure);
    return id === 0 ? undefined : this.#memberIn(id, name, 0);
  }

  #memberIn(id: number, name: string, base: number): MemberPlace | undefined {
    const at = this.#types[id]!;
    const info = this.#view.getUint32(at + 4, true);
    const bitFields = info >>> 31 === 1;
    for (let i = 0; i < (info & 0xffff); i++) {
      const member = at + 12 + 12 * i;
      const word = this.#view.getUint32(member + 8, true);
      const bit = base + (bitFields ? word & 0xffffff : word);
      const nameAt = this.#view.getUint32(member, true);
      if (nameAt === 0) {
        const inner = this.#unwrap(this.#view.getUint32(member + 4, true));
        const found = inner === 0 ? undefined : this.#memberIn(inner, name, bit);
        if (found) return found;
      } else if (this.#text(nameAt) === name) {
        return { byte: bit >>> 3, bit: bit & 7, bits: bitFields ? word >>> 24 : 0 };
      }
    }
    return undefined;
  }

  /** The structure or union behind typedefs and qualifiers, 0 for anything else. */
  #unwrap(type: number): number {
    let id = type;
    for (let depth = 0; depth < 16; depth++) {
      const at = this.#types[id];
      if (!at) return 0;
      const kind = (this.#view.getUint32(at + 4, true) >>> 24) & 0x1f;
      if (kind === KIND_STRUCT || kind === KIND_UNION) return id;
      if (!WRAPPERS.has(kind) || kind === KIND_INT || kind === KIND_ARRAY) return 0;
      id = this.#view.getUint32(at + 8, true);
    }
    return 0;
  }

  #text(offset: number): string {
    const from = this.#strings + offset;
    return new TextDecoder("latin1").decode(this.#bytes.subarray(from, this.#bytes.indexOf(0, from)));
  }
}

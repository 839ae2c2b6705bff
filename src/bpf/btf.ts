import { WireError } from "#util/errors.js";
import { decodeBtfType } from "./btf-decode.js";
import { type BtfEnumerator, type BtfId, type BtfType, btfKind, btfTails } from "./btf-type.js";

/** Where a member lies in its structure: `byte` and `bit` from the start; `bits` is its width where it is a bit-field, else 0. */
export interface MemberPlace {
  readonly byte: number;
  readonly bit: number;
  readonly bits: number;
}

/** A function's result and parameters. */
export type BtfPrototype = Extract<BtfType, { readonly kind: "prototype" }>;

const HEAD = 24;
const POINTER = 8;
/** Deeper than any compiler nests types; only a hostile file has more. */
const DEEPEST = 64;

/**
 * The kernel's type information (BTF, Documentation/bpf/btf.rst): ids of functions and variables, types, places of structure members. Made for
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
    if (bytes.length < HEAD || this.#view.getUint16(0, true) !== 0xeb9f) throw new WireError("not BTF");
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
    let at = from;
    for (; at + 12 <= end; count++) {
      places[count] = at;
      const info = this.#view.getUint32(at + 4, true);
      const tail = btfTails[(info >>> 24) & 0x1f];
      if (!tail) throw new WireError(`BTF type kind ${(info >>> 24) & 0x1f} is not known`);
      at += 12 + tail[0] + tail[1] * (info & 0xffff);
    }
    if (at !== end) throw new WireError("BTF is cut short");
    return places.subarray(0, count);
  }

  /** Number of types; ids are below it. */
  get size(): number {
    return this.#types.length;
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

  /** The first type of a kind and name, 0 for none. Structures and unions that say nothing of their members do not count. */
  #find(kind: number, name: string): BtfId {
    const offset = this.#nameOffset(name);
    if (offset < 0) return 0;
    const needsMembers = kind === btfKind.struct || kind === btfKind.union;
    for (let id = 1; id < this.#types.length; id++) {
      const at = this.#types[id]!;
      if (this.#view.getUint32(at, true) !== offset) continue;
      const info = this.#view.getUint32(at + 4, true);
      if (((info >>> 24) & 0x1f) === kind && (!needsMembers || (info & 0xffff) > 0)) return id;
    }
    return 0;
  }

  /** The id of the first type of a kind and name, undefined for none: `find("struct", "sk_buff")`. */
  find(kind: keyof typeof btfKind, name: string): BtfId | undefined {
    return this.#find(btfKind[kind], name) || undefined;
  }

  /** A type by its id. Throws `WireError` for one that is not there. */
  type(id: BtfId): BtfType {
    if (id === 0) return { kind: "void" };
    const at = this.#types[id];
    if (at === undefined) throw new WireError(`BTF has no type ${id}`);
    return decodeBtfType({ view: this.#view, text: (offset) => this.#text(offset) }, at);
  }

  /**
   * The type behind typedefs and qualifiers, and behind an announcement of a structure or union that is described elsewhere. Throws `WireError`.
   */
  resolve(id: BtfId): BtfType {
    let type = this.type(id);
    for (let depth = 0; depth < DEEPEST; depth++) {
      switch (type.kind) {
        case "typedef":
        case "volatile":
        case "const":
        case "restrict":
        case "type_tag":
          type = this.type(type.type);
          break;
        case "forward": {
          const found = this.find(type.isUnion ? "union" : "struct", type.name);
          return found === undefined ? type : this.type(found);
        }
        default:
          return type;
      }
    }
    throw new WireError(`BTF type ${id} has no end`);
  }

  /** Bytes that a value of a type takes; undefined for what has no values (void, functions, what is only announced). Throws `WireError`. */
  sizeOf(id: BtfId, depth = 0): number | undefined {
    if (depth > DEEPEST) throw new WireError(`BTF type ${id} has no end`);
    const type = this.resolve(id);
    if (type.kind === "pointer") return POINTER;
    if (type.kind === "variable") return this.sizeOf(type.type, depth + 1);
    if (type.kind !== "array") return "size" in type ? type.size : undefined;
    const element = this.sizeOf(type.type, depth + 1);
    return element === undefined ? undefined : element * type.count;
  }

  /** The type id of a kernel function, undefined where there is none of that name. */
  functionId(name: string): BtfId | undefined {
    return this.find("function", name);
  }

  /** A function's result and parameters, undefined where there is none of that name. Throws `WireError`. */
  prototype(name: string): BtfPrototype | undefined {
    const id = this.functionId(name);
    const type = id === undefined ? undefined : this.type(id);
    const prototype = type?.kind === "function" ? this.type(type.prototype) : undefined;
    return prototype?.kind === "prototype" ? prototype : undefined;
  }

  /** What an enumeration's names stand for, undefined where there is none of that name. Throws `WireError`. */
  enumerators(name: string): readonly BtfEnumerator[] | undefined {
    const id = this.find("enum", name) ?? this.find("enum64", name);
    const type = id === undefined ? undefined : this.type(id);
    return type?.kind === "enum" ? type.values : undefined;
  }

  /** The place of a structure's or union's member, also inside unnamed ones; undefined where it is missing. Throws `WireError`. */
  member(structure: string, name: string): MemberPlace | undefined {
    const id = this.find("struct", structure) ?? this.find("union", structure);
    return id === undefined ? undefined : this.#memberIn(id, name, 0, new Set());
  }

  /** Reads no more than it needs: a structure of the kernel has hundreds of members. */
  #memberIn(id: BtfId, name: string, base: number, seen: Set<BtfId>): MemberPlace | undefined {
    // What one of them lacks it lacks in every place.
    if (seen.has(id)) return undefined;
    seen.add(id);
    const at = this.#types[id]!;
    const info = this.#view.getUint32(at + 4, true);
    const bitFields = info >>> 31 === 1;
    for (let i = 0; i < (info & 0xffff); i++) {
      const member = at + 12 + 12 * i;
      const word = this.#view.getUint32(member + 8, true);
      const bit = base + (bitFields ? word & 0xffffff : word);
      const nameAt = this.#view.getUint32(member, true);
      if (nameAt === 0) {
        const inner = this.#structureBehind(this.#view.getUint32(member + 4, true));
        const found = inner === 0 ? undefined : this.#memberIn(inner, name, bit, seen);
        if (found) return found;
      } else if (this.#text(nameAt) === name) {
        return { byte: bit >>> 3, bit: bit & 7, bits: bitFields ? word >>> 24 : 0 };
      }
    }
    return undefined;
  }

  /** The id of the structure or union behind typedefs and qualifiers, 0 for anything else. */
  #structureBehind(type: BtfId): BtfId {
    let id = type;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const at = this.#types[id];
      if (!at) return 0;
      const kind = (this.#view.getUint32(at + 4, true) >>> 24) & 0x1f;
      if (kind === btfKind.struct || kind === btfKind.union) return id;
      const wraps = (kind >= btfKind.typedef && kind <= btfKind.restrict) || kind === btfKind.typeTag;
      if (!wraps) return 0;
      id = this.#view.getUint32(at + 8, true);
    }
    return 0;
  }

  #text(offset: number): string {
    const from = this.#strings + offset;
    if (from >= this.#stringsEnd) throw new WireError(`BTF has no name at ${offset}`);
    const end = this.#bytes.subarray(0, this.#stringsEnd).indexOf(0, from);
    return new TextDecoder("latin1").decode(this.#bytes.subarray(from, end < 0 ? this.#stringsEnd : end));
  }
}

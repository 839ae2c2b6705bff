import type { Bits } from "./access.js";
import type { Field } from "./fields/field.js";
import { field } from "./fields/table.js";
import { W } from "./layout.js";

/** Number of tun_metadata fields. */
export const TLV_FIELDS = 64;
/** Bytes that all of a map's options have together. */
export const TLV_SPACE = 256;
/** The longest option. */
export const LONGEST_TLV = 124;

/** A Geneve option and the tun_metadata field that shows it. */
export interface TlvMapping {
  /** 16 bits. */
  readonly class: number;
  /** 8 bits. */
  readonly type: number;
  /** Bytes of the value: a multiple of 4, up to 124. */
  readonly length: number;
  /** The field's number: 0 … 63. */
  readonly index: number;
}

/** Why a mapping cannot be added: the length is no option's, the number no field's, the field or the option is taken, there is no room. */
export type TlvMapFault = "badLength" | "badIndex" | "alreadyMapped" | "duplicate" | "full";

const WORDS = TLV_SPACE / 4;

/** A mapping with its place in the key. */
interface Placed extends TlvMapping {
  /** Of a field that no option is known of: it was given with a mask. */
  readonly masked?: boolean;
  /** First word, from `W.tunMetadata`; `words` of them. */
  readonly at: number;
  readonly words: number;
  readonly field: Field;
}

/** The bit of a key that says that tun_metadata<index> is there; of a mask, that it matters. */
export function presenceBit(index: number): Bits {
  return { bits: 1, word: W.tunMetadataPresent + (index < 32 ? 1 : 0), words: 1, shift: index % 32 };
}

/**
 * Which Geneve options are which tun_metadata fields, and where in the key their values are. A value: adding and removing give another map,
 * in which what stayed has its place. A bridge has one; a match that was read without one has its own, of the fields it names.
 */
export class TlvMap {
  static readonly empty: TlvMap = new TlvMap([]);
  readonly #placed: readonly Placed[];
  readonly #byIndex: readonly (Placed | undefined)[];

  private constructor(placed: readonly Placed[]) {
    this.#placed = [...placed].sort((a, b) => a.index - b.index);
    const byIndex: (Placed | undefined)[] = new Array(TLV_FIELDS).fill(undefined);
    for (const p of placed) byIndex[p.index] = p;
    this.#byIndex = byIndex;
  }

  /** By field. */
  get mappings(): readonly TlvMapping[] {
    return this.#placed;
  }

  /** Bytes of all options. */
  get used(): number {
    return this.#placed.reduce((sum, p) => sum + p.length, 0);
  }

  /** tun_metadata<index>, as wide as its option is and with its place in the key; undefined where it is not mapped. */
  field(index: number): Field | undefined {
    return this.#byIndex[index]?.field;
  }

  /** The mapping of an option. */
  option(cls: number, type: number): TlvMapping | undefined {
    return this.#placed.find((p) => p.class === cls && p.type === type);
  }

  /** With these options too; or what is wrong with the first that cannot be added. */
  add(more: readonly TlvMapping[]): TlvMap | TlvMapFault {
    let map: TlvMap = this;
    for (const mapping of more) {
      const { length, index } = mapping;
      if (length % 4 !== 0 || length < 0 || length > LONGEST_TLV) return "badLength";
      if (!Number.isInteger(index) || index < 0 || index >= TLV_FIELDS) return "badIndex";
      if (map.#byIndex[index] !== undefined) return "alreadyMapped";
      if (map.option(mapping.class, mapping.type) !== undefined) return "duplicate";
      const next = map.#with(mapping);
      if (next === undefined) return "full";
      map = next;
    }
    return map;
  }

  /** Without these fields; those that are not mapped are passed over. */
  remove(indexes: readonly number[]): TlvMap {
    return new TlvMap(this.#placed.filter((p) => !indexes.includes(p.index)));
  }

  /**
   * With a field of `length` bytes, any number up to 124, of which no option is known: for a match that is read without a map. Undefined
   * where there is no room. The field must not be there yet. `masked`: it was given with a mask, and is written with one.
   */
  withUnmapped(index: number, length: number, masked: boolean): TlvMap | undefined {
    return this.#with({ class: -1, type: 0, length, index, masked });
  }

  /** Whether a field of no known option was given with a mask; undefined where its option is known. */
  wasMasked(index: number): boolean | undefined {
    return this.#byIndex[index]?.masked;
  }

  #with(mapping: TlvMapping & { readonly masked?: boolean }): TlvMap | undefined {
    const words = Math.ceil(mapping.length / 4);
    const at = this.#hole(words);
    if (at === undefined) return undefined;
    return new TlvMap([...this.#placed, { ...mapping, at, words, field: placedField(mapping, at, words) }]);
  }

  /** The first of so many words that nothing has. */
  #hole(words: number): number | undefined {
    let at = 0;
    for (const p of [...this.#placed].sort((a, b) => a.at - b.at)) {
      if (p.words === 0) continue;
      if (p.at - at >= words) break;
      at = p.at + p.words;
    }
    return at + words <= WORDS ? at : undefined;
  }
}

function placedField({ index, length }: TlvMapping, at: number, words: number): Field {
  return { ...field(`tun_metadata${index}`), bits: 8 * length, word: W.tunMetadata + at, words, shift: 0 };
}

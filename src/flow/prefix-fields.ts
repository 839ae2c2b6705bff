import { BugError } from "#util/errors.js";
import { isFieldZero } from "./access.js";
import type { Field } from "./fields/field.js";
import { fieldByName } from "./fields/table.js";
import type { FlowKey, FlowMask } from "./key.js";
import { PrefixTrie } from "./prefix-trie.js";

interface Tracked {
  readonly field: Field;
  readonly trie: PrefixTrie;
  /** Whether the trie was asked in this lookup. */
  asked: boolean;
}

/**
 * Prefix tracking: for some address fields, which prefixes rules match on. It lets a lookup leave out subtables whose prefix length no rule
 * of this address has, having looked at a few leading bits instead of the whole mask.
 */
export class PrefixFields {
  readonly #tracked: readonly Tracked[];
  /** Prefixes that the tries hold. */
  #count = 0;

  constructor(names: readonly string[]) {
    this.#tracked = names.map((name) => {
      const field = fieldByName(name);
      if (field === undefined || field.shift !== 0 || field.bits !== 32 * field.words) {
        throw new BugError(`prefixes of ${name} cannot be tracked`);
      }
      return { field, trie: new PrefixTrie(field.words), asked: false };
    });
  }

  insert(key: FlowKey, mask: FlowMask): void {
    for (const t of this.#tracked) {
      const length = prefixOf(mask, t.field);
      if (length === 0) continue;
      t.trie.insert(key, t.field.word, length);
      this.#count++;
    }
  }

  remove(key: FlowKey, mask: FlowMask): void {
    for (const t of this.#tracked) {
      const length = prefixOf(mask, t.field);
      if (length === 0) continue;
      t.trie.remove(key, t.field.word, length);
      this.#count--;
    }
  }

  /** Forgets what the tries said about the last key. */
  start(): void {
    for (const t of this.#tracked) t.asked = false;
  }

  /** True where no rule of a subtable with this mask can match a key; adds the bits that show it. */
  excludes(key: FlowKey, mask: FlowMask, looked: FlowMask): boolean {
    if (this.#count === 0) return false;
    for (const t of this.#tracked) {
      if (isFieldZero(mask, t.field)) continue;
      const length = prefixOf(mask, t.field);
      if (length === 0) continue;
      if (!t.asked) {
        t.asked = true;
        t.trie.lookup(key, t.field.word);
      }
      if (t.trie.has(length)) continue;
      addPrefix(looked, t.field, Math.min(length, t.trie.examined));
      return true;
    }
    return false;
  }
}

/** How many of a field's leading bits a mask has without a gap. */
function prefixOf(mask: FlowMask, field: Field): number {
  let length = 0;
  for (let i = 0; i < field.words; i++) {
    const ones = Math.clz32(~mask[field.word + i]!);
    length += ones;
    if (ones < 32) break;
  }
  return length;
}

function addPrefix(looked: FlowMask, field: Field, length: number): void {
  for (let i = 0, rest = length; rest > 0; i++, rest -= 32) {
    const bits = rest >= 32 ? 0xffffffff : ~(0xffffffff >>> rest);
    looked[field.word + i] = looked[field.word + i]! | bits;
  }
}

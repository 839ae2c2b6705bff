import type { Clause } from "./conjunctions.js";
import type { Match } from "./match.js";
import { maskCovers } from "./match.js";
import { type CompactValues, expand, type MaskShape } from "./shape.js";

/** A version of the tables; later ones are greater. */
export type Version = number;

/** As the version in which an entry is removed: it is not. */
export const NEVER: Version = 0;

/** What a classifier holds of a rule. */
export interface EntryInit<R> {
  readonly rule: R;
  /** 0 … 65535 from OpenFlow; higher and negative ones are the switch's own. */
  readonly priority: number;
  readonly shape: MaskShape;
  /** Compact values under `shape`. */
  readonly values: CompactValues;
  /** Where the rule is no more than a part of conjunctions. */
  readonly clauses?: readonly Clause[] | undefined;
}

/** A rule in a classifier. Visible to lookups at versions v with added ≤ v < removed, or added ≤ v where `removed` is `NEVER`. */
export class Entry<R> implements EntryInit<R> {
  readonly rule: R;
  readonly priority: number;
  readonly shape: MaskShape;
  readonly values: CompactValues;
  readonly clauses: readonly Clause[] | undefined;
  readonly added: Version;
  removed: Version = NEVER;
  /** The next of those with the same mask and hash; this and what follows is the classifier's own. */
  next: Entry<R> | undefined = undefined;
  /** Those of the same mask that were inserted before and after it. */
  earlier: Entry<R> | undefined = undefined;
  later: Entry<R> | undefined = undefined;

  constructor({ rule, priority, shape, values, clauses }: EntryInit<R>, added: Version) {
    this.rule = rule;
    this.priority = priority;
    this.shape = shape;
    this.values = values;
    this.clauses = clauses;
    this.added = added;
  }
}

/** The match of an entry, as new keys. */
export function entryMatch<R>(entry: Entry<R>): Match {
  return { key: expand(entry.shape, entry.values), mask: entry.shape.mask };
}

/** True where a lookup at this version sees the entry. */
export function isVisible<R>(entry: Entry<R>, version: Version): boolean {
  return entry.added <= version && (entry.removed === NEVER || version < entry.removed);
}

/** True where some packet is of both. */
export function entryOverlaps<R>(entry: Entry<R>, match: Match): boolean {
  const { words, mask } = entry.shape;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    if (((entry.values[i]! ^ match.key[w]!) & mask[w]! & match.mask[w]!) !== 0) return false;
  }
  return true;
}

/** True where every packet that the entry matches is one of the given match. */
export function entryWithin<R>(entry: Entry<R>, match: Match): boolean {
  return maskCovers(entry.shape.mask, match.mask) && agrees(entry, match);
}

/** As above, where the entry's mask is known to have all bits of the match's. */
export function agrees<R>(entry: Entry<R>, match: Match): boolean {
  const { words } = entry.shape;
  for (let i = 0; i < words.length; i++) {
    const w = words[i]!;
    if (((entry.values[i]! ^ match.key[w]!) & match.mask[w]!) !== 0) return false;
  }
  return true;
}

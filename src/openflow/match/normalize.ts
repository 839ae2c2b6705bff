import { clearField, wordMask } from "#flow/access.js";
import type { Prerequisite } from "#flow/fields/field.js";
import { field, fields } from "#flow/fields/table.js";
import type { FlowMask } from "#flow/key.js";
import { type Match, makeMatch } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { formatMatch, type MatchTextOptions } from "../match-text.js";

/** Prerequisites that normalising leaves alone. */
const kept: ReadonlySet<Prerequisite> = new Set(["none", "ethernet", "vlanVid", "ct", "nsh"]);

/** Bits of a word that only packets of some kind have. */
interface Conditional {
  readonly need: Prerequisite;
  readonly bits: number;
}

/** By word, what it has of each kind of packet. */
const conditional: readonly (readonly [word: number, parts: readonly Conditional[]])[] = conditionalWords();

function conditionalWords(): [number, Conditional[]][] {
  const words = new Map<number, Map<Prerequisite, number>>();
  for (const f of fields.filter((one) => !kept.has(one.prerequisite))) {
    for (let i = 0; i < f.words; i++) {
      const parts = words.get(f.word + i) ?? new Map<Prerequisite, number>();
      words.set(f.word + i, parts);
      parts.set(f.prerequisite, (parts.get(f.prerequisite) ?? 0) | wordMask(f, i));
    }
  }
  return [...words].map(([word, parts]) => [word, [...parts].map(([need, bits]) => ({ need, bits }))]);
}

/** Bits of a match's word that no packet of it can have. */
function impossible(bits: number, parts: readonly Conditional[], match: Match): number {
  let left = 0;
  let allowed = 0;
  for (const { need, bits: some } of parts) {
    if ((bits & some) === 0) continue;
    left |= bits & some;
    if (prerequisiteHolds(need, match.key)) allowed |= some;
  }
  return left & ~allowed;
}

/** A match without what no packet of it can have, e.g. a port of TCP where the protocol is not matched. The same object where all is well. */
export function normalizeMatch(match: Match): Match {
  let mask: FlowMask | undefined;
  for (let i = 0; i < conditional.length; i++) {
    const [word, parts] = conditional[i]!;
    if (match.mask[word] === 0) continue;
    const dropped = impossible(match.mask[word]!, parts, match);
    if (dropped === 0) continue;
    mask ??= match.mask.slice();
    mask[word] = mask[word]! & ~dropped;
  }
  if (mask === undefined) return match;
  const { key } = makeMatch(match.key, mask);
  return match.tlvs === undefined ? { key, mask } : { key, mask, tlvs: match.tlvs };
}

/** Fields that are dropped without a word. */
const unmentioned = ["ip_frag", "tcp_flags", "nd_reserved", "nd_options_type"].map(field);

function isMentioned(before: Match, after: Match): boolean {
  const dropped = before.mask.map((bits, word) => bits & ~after.mask[word]!);
  for (const f of unmentioned) clearField(dropped, f);
  return dropped.some((bits) => bits !== 0);
}

/** What the log says where normalising changed a match, line by line; nothing where what was dropped is not worth a word. */
export function normalizationWarning(before: Match, after: Match, options: MatchTextOptions = {}): string[] {
  if (!isMentioned(before, after)) return [];
  return [
    "normalization changed ofp_match, details:",
    ` pre: ${formatMatch(before, options)}`,
    `post: ${formatMatch(after, options)}`,
  ];
}

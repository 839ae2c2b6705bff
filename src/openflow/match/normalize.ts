import { unwildcard } from "#flow/access.js";
import type { Prerequisite } from "#flow/fields/field.js";
import { fields } from "#flow/fields/table.js";
import { type FlowMask, newKey } from "#flow/key.js";
import { type Match, makeMatch, maskCovers } from "#flow/match.js";
import { prerequisiteHolds } from "#flow/prerequisites.js";
import { formatMatch, type MatchTextOptions } from "../match-text.js";

/** Prerequisites that normalising leaves alone. */
const kept: ReadonlySet<Prerequisite> = new Set(["none", "ethernet", "vlanVid", "ct", "nsh"]);
const conditional = fields.filter((f) => !kept.has(f.prerequisite));

/** Bits that only packets of some kind have. */
const conditionalBits: FlowMask = newKey();
for (const f of conditional) unwildcard(conditionalBits, f);

/** A match without what no packet of it can have, e.g. a port of TCP where the protocol is not matched. The same object where all is well. */
export function normalizeMatch(match: Match): Match {
  const allowed = newKey();
  for (const f of conditional) if (prerequisiteHolds(f.prerequisite, match.key)) unwildcard(allowed, f);
  const mask = match.mask.map((bits, i) => bits & (~conditionalBits[i]! | allowed[i]!));
  return maskCovers(mask, match.mask) ? match : makeMatch(match.key, mask);
}

/** What the log says where normalising changed a match, line by line. */
export function normalizationWarning(before: Match, after: Match, options: MatchTextOptions = {}): string[] {
  return [
    "normalization changed ofp_match, details:",
    ` pre: ${formatMatch(before, options)}`,
    `post: ${formatMatch(after, options)}`,
  ];
}

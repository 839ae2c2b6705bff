import type { Entry } from "./classifier-entry.js";

/** That a rule is one of those that make up one clause of a conjunctive match. */
export interface Clause {
  readonly id: number;
  /** From 0. */
  readonly clause: number;
  /** 2 to 64. */
  readonly clauses: number;
}

/** How far a conjunction of one priority is fulfilled: a bit for each clause, in two words. */
interface Progress {
  readonly id: number;
  readonly clauses: number;
  low: number;
  high: number;
}

/**
 * The numbers of conjunctions that these rules, all of one packet, fulfil: those of greater priority first. Rules of one number but different
 * priorities, or with different counts of clauses, are of different conjunctions.
 */
export function fulfilled<R>(parts: readonly Entry<R>[]): number[] {
  const ids: number[] = [];
  const sorted = [...parts].sort((a, b) => b.priority - a.priority);
  for (let from = 0; from < sorted.length; ) {
    const { priority } = sorted[from]!;
    let to = from;
    while (sorted[to]?.priority === priority) to++;
    for (const id of fulfilledAlike(sorted.slice(from, to))) ids.push(id);
    from = to;
  }
  return ids;
}

function fulfilledAlike<R>(parts: readonly Entry<R>[]): number[] {
  const known: Progress[] = [];
  for (const part of parts) {
    for (const { id, clause, clauses } of part.clauses!) {
      let progress = known.find((p) => p.id === id && p.clauses === clauses);
      if (progress === undefined) known.push((progress = { id, clauses, low: 0, high: 0 }));
      if (clause < 32) progress.low |= 1 << clause;
      else progress.high |= 1 << (clause - 32);
    }
  }
  return known.filter((p) => p.low === ones(p.clauses) && p.high === ones(p.clauses - 32)).map((p) => p.id);
}

/** So many of the lowest bits, of 32. */
const ones = (count: number): number => (count >= 32 ? -1 : count <= 0 ? 0 : (1 << count) - 1);

import type { Rule } from "./rule.js";
import { RuleHeap } from "./rule-heap.js";

const SECOND = 1000;

/** When a flow runs out, in clock milliseconds; infinity where it does not. */
export function expiresAt({ idleTimeout, hardTimeout, used, modified }: Rule): number {
  const hard = hardTimeout === 0 ? Number.POSITIVE_INFINITY : modified + hardTimeout * SECOND;
  const idle = idleTimeout === 0 ? Number.POSITIVE_INFINITY : used + idleTimeout * SECOND;
  return Math.min(hard, idle);
}

/** A flow that has run out, and by which of its timeouts. */
export interface Expired {
  readonly rule: Rule;
  readonly reason: "idle_timeout" | "hard_timeout";
}

/** Flows with timeouts, by when they run out: nothing looks at those whose time is not near. */
export class Expiry {
  readonly #heap = new RuleHeap(expiresAt);

  /** Entries, those of flows that are gone among them. */
  get size(): number {
    return this.#heap.size;
  }

  /** A flow is there, or its timeouts have been lowered. */
  add(rule: Rule): void {
    if (rule.mayExpire) this.#heap.push(rule);
  }

  /** A flow is gone. */
  remove(rule: Rule): void {
    if (rule.mayExpire) this.#heap.forget();
  }

  /** When to look again, in clock milliseconds; undefined where nothing runs out. */
  nextWake(): number | undefined {
    const rule = this.#heap.first();
    return rule === undefined ? undefined : expiresAt(rule);
  }

  /** Flows whose time is over at `now`; they stay until they are taken out of their tables. */
  due(now: number): Expired[] {
    const found = new Map<Rule, Expired>();
    for (let rule = this.#heap.first(); rule !== undefined && expiresAt(rule) < now; rule = this.#heap.first()) {
      const isHard = rule.hardTimeout !== 0 && rule.modified + rule.hardTimeout * SECOND < now;
      found.set(rule, { rule, reason: isHard ? "hard_timeout" : "idle_timeout" });
      this.#heap.shift();
    }
    return [...found.values()];
  }
}

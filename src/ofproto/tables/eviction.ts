import { getFieldBig, subfield } from "#flow/access.js";
import type { Subfield } from "#openflow/subfield.js";
import { expiresAt } from "./expiry.js";
import type { Rule } from "./rule.js";
import { RuleHeap } from "./rule-heap.js";

/** Later than any clock says, so that importance comes before it. */
const END_OF_TIME = 2 ** 36;

/** Who goes first has the least: of the least importance, and of these who expires soonest. */
const evictionOrder = (rule: Rule): number =>
  rule.importance * END_OF_TIME + Math.min(Math.round(expiresAt(rule)), END_OF_TIME - 1);

interface Group {
  readonly rules: RuleHeap;
  size: number;
}

/**
 * Which flow of a full table makes room: one of the largest group of flows that have the same values in some fields, ovs-vswitchd.conf.db(5), "Eviction
 * Policy". Flows without timeouts never go.
 */
export class Eviction {
  readonly #fields: readonly Subfield[];
  readonly #groups = new Map<string, Group>();
  /** Groups by how many flows they have. */
  readonly #bySize = new Map<number, Set<Group>>();
  #largest = 0;

  constructor(fields: readonly Subfield[]) {
    this.#fields = fields;
  }

  add(rule: Rule): void {
    if (!rule.mayExpire) return;
    const key = this.#keyOf(rule);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = { rules: new RuleHeap(evictionOrder), size: 0 }));
    group.rules.push(rule);
    this.#resize(group, group.size + 1);
  }

  remove(rule: Rule): void {
    if (!rule.mayExpire) return;
    const key = this.#keyOf(rule);
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.rules.forget();
    this.#resize(group, group.size - 1);
    if (group.size === 0) this.#groups.delete(key);
  }

  /** The flow to take out; undefined where none may go. */
  choose(): Rule | undefined {
    let best: Rule | undefined;
    for (const group of this.#bySize.get(this.#largest) ?? []) {
      const rule = group.rules.first();
      if (rule !== undefined && (best === undefined || evictionOrder(rule) < evictionOrder(best))) best = rule;
    }
    return best;
  }

  #keyOf(rule: Rule): string {
    if (this.#fields.length === 0) return "";
    const { key } = rule.match;
    return this.#fields.map(({ field, start, bits }) => getFieldBig(key, subfield(field, start, bits))).join();
  }

  #resize(group: Group, size: number): void {
    const before = this.#bySize.get(group.size);
    before?.delete(group);
    if (before?.size === 0) this.#bySize.delete(group.size);
    group.size = size;
    if (size > 0) {
      const now = this.#bySize.get(size);
      if (now === undefined) this.#bySize.set(size, new Set([group]));
      else now.add(group);
    }
    if (size > this.#largest) this.#largest = size;
    while (this.#largest > 0 && !this.#bySize.has(this.#largest)) this.#largest--;
  }
}

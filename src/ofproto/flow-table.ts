import { Classifier, type Entry, type Version } from "#flow/classifier.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import type { Rule } from "./rule.js";

/** Table of rules the switch keeps for itself. */
export const INTERNAL_TABLE = 254;

/** An OpenFlow flow table at its current version. */
export class FlowTable {
  readonly id: number;
  readonly #classifier = new Classifier<Rule>();
  #version: Version = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** The rule for a packet; the bits it depends on are added to `mask`. */
  lookup(key: FlowKey, mask: FlowMask): Rule | undefined {
    return this.#classifier.lookup(this.#version, key, mask)?.rule;
  }

  /** Adds a rule, in the place of one with the same match and priority. */
  add(rule: Rule): void {
    const old = this.#classifier.findExact(rule.match, rule.priority, this.#version);
    if (old) this.#classifier.remove(old);
    this.#classifier.insert(rule.match, rule.priority, rule, this.#version);
  }

  remove(rule: Rule): boolean {
    const entry = this.#classifier.findExact(rule.match, rule.priority, this.#version);
    return entry?.rule === rule && this.#classifier.remove(entry);
  }

  clear(): void {
    for (const entry of [...this.#classifier.entries()]) this.#classifier.remove(entry);
  }

  /** Rules, of higher priority first. */
  rules(): Rule[] {
    const entries: Entry<Rule>[] = [...this.#classifier.entries()];
    return entries.map((e) => e.rule).sort((a, b) => b.priority - a.priority);
  }

  get size(): number {
    return this.#classifier.size;
  }
}

import { Classifier, type Entry, type Version } from "#flow/classifier.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import type { Rule } from "./rule.js";

/** One of a bridge's flow tables: rules by match and priority, visible by version. `FlowTables` says which version is now. */
export class FlowTable {
  readonly id: number;
  readonly classifier: Classifier<Rule>;

  constructor(id: number) {
    this.id = id;
    this.classifier = new Classifier<Rule>();
  }

  /** The rule for a packet at a version; the bits it depends on are added to `mask`. */
  lookup(version: Version, key: FlowKey, mask: FlowMask): Rule | undefined {
    return this.classifier.lookup(version, key, mask)?.rule;
  }

  /** Adds a rule, in the place of one with the same match and priority, at once: for the switch's own tables. */
  add(rule: Rule, version: Version = 0): void {
    const old = this.classifier.findExact(rule.match, rule.priority, version);
    if (old) this.classifier.remove(old);
    this.classifier.insert(rule.match, rule.priority, rule, version);
  }

  clear(): void {
    for (const entry of [...this.classifier.entries()]) this.classifier.remove(entry);
  }

  /** Rules that lookups at a version see, of higher priority first. */
  rules(version: Version): Rule[] {
    const entries: Entry<Rule>[] = [...this.classifier.entries()];
    return entries
      .filter((e) => e.added <= version && version < e.removed)
      .map((e) => e.rule)
      .sort((a, b) => b.priority - a.priority);
  }

  get size(): number {
    return this.classifier.size;
  }
}

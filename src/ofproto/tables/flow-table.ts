import { Classifier, NEVER, type Version } from "#flow/classifier.js";
import type { FlowKey, FlowMask } from "#flow/key.js";
import type { Rule } from "./rule.js";

/** One of a bridge's flow tables: rules by match and priority, visible by version. `FlowTables` says which version is now. */
export class FlowTable {
  readonly id: number;
  readonly classifier: Classifier<Rule>;
  /** Rules that have not been taken out, those that are not published yet among them. */
  count = 0;

  constructor(id: number) {
    this.id = id;
    this.classifier = new Classifier<Rule>();
  }

  /** The rule for a packet at a version; the bits it depends on are added to `mask`. */
  lookup(version: Version, key: FlowKey, mask: FlowMask): Rule | undefined {
    return this.classifier.lookup(version, key, mask)?.rule;
  }

  /** Adds a rule, in the place of one with the same match and priority, at once: for the switch's own rules. */
  add(rule: Rule, version: Version = 0): void {
    const old = this.classifier.findExact(rule.match, rule.priority, version);
    if (old) this.delete(old.rule);
    this.insert(rule, version);
  }

  /** Takes a rule out at once, whatever the version. */
  delete(rule: Rule): void {
    this.hide(rule, 0);
    this.purge(rule);
  }

  /** Takes all rules out at once. */
  clear(): void {
    for (const { rule } of [...this.classifier.entries()]) if (rule.isLive) this.delete(rule);
  }

  /** Makes a rule visible from a version on. */
  insert(rule: Rule, version: Version): void {
    const { priority, shape, values, clauses } = rule;
    rule.entry = this.classifier.insertEntry({ rule, priority, shape, values, clauses }, version);
    this.count++;
  }

  /** Makes a live rule invisible from a version on. */
  hide(rule: Rule, version: Version): void {
    rule.entry!.removed = version;
    this.count--;
  }

  /** Takes `hide` back. */
  unhide(rule: Rule): void {
    rule.entry!.removed = NEVER;
    this.count++;
  }

  /** Forgets a rule that was hidden. */
  purge(rule: Rule): void {
    this.classifier.remove(rule.entry!);
  }

  /** Rules that lookups at a version see, of higher priority first. */
  rules(version: Version): Rule[] {
    return [...this.classifier.entries()]
      .map((e) => e.rule)
      .filter((rule) => rule.isVisible(version))
      .sort((a, b) => b.priority - a.priority);
  }

  get size(): number {
    return this.classifier.size;
  }
}

import type { Rule } from "./rule.js";

/** Rebuilt when more than half of it, and more than this, is of rules that are gone. */
const FEW = 64;

/**
 * Live rules by a number that is theirs, least first. The number may rise unnoticed (a packet puts off an idle timeout): it is looked at again
 * when the rule comes first. Where it falls the rule is to be pushed again. Rules that are not live any more drop out by themselves.
 */
export class RuleHeap {
  readonly #keyOf: (rule: Rule) => number;
  #rules: Rule[] = [];
  #keys: number[] = [];
  #gone = 0;

  constructor(keyOf: (rule: Rule) => number) {
    this.#keyOf = keyOf;
  }

  /** Entries, those of rules that are gone among them. */
  get size(): number {
    return this.#rules.length;
  }

  push(rule: Rule): void {
    this.#rules.push(rule);
    this.#keys.push(this.#keyOf(rule));
    this.#up(this.#rules.length - 1);
  }

  /** A rule that is here is not live any more. */
  forget(): void {
    this.#gone++;
    if (this.#gone > FEW && this.#gone * 2 > this.#rules.length) this.#rebuild();
  }

  /** The live rule whose number is least. */
  first(): Rule | undefined {
    while (this.#rules.length > 0) {
      const rule = this.#rules[0]!;
      if (!rule.isLive) {
        this.#dropFirst();
        continue;
      }
      const key = this.#keyOf(rule);
      if (key <= this.#keys[0]!) return rule;
      this.#keys[0] = key;
      this.#down(0);
    }
    return undefined;
  }

  /** Takes out what `first` gave. */
  shift(): void {
    this.#dropFirst();
  }

  #rebuild(): void {
    const rules = [...new Set(this.#rules)].filter((rule) => rule.isLive);
    this.#rules = [];
    this.#keys = [];
    this.#gone = 0;
    for (const rule of rules) this.push(rule);
  }

  #dropFirst(): void {
    const [rule, key] = [this.#rules.pop()!, this.#keys.pop()!];
    if (this.#gone > 0) this.#gone--;
    if (this.#rules.length === 0) return;
    this.#rules[0] = rule;
    this.#keys[0] = key;
    this.#down(0);
  }

  #up(from: number): void {
    const [rules, keys] = [this.#rules, this.#keys];
    const [rule, key] = [rules[from]!, keys[from]!];
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      rules[at] = rules[parent]!;
      keys[at] = keys[parent]!;
      at = parent;
    }
    rules[at] = rule;
    keys[at] = key;
  }

  #down(from: number): void {
    const [rules, keys] = [this.#rules, this.#keys];
    const [rule, key] = [rules[from]!, keys[from]!];
    const { length } = rules;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      rules[at] = rules[child]!;
      keys[at] = keys[child]!;
      at = child;
    }
    rules[at] = rule;
    keys[at] = key;
  }
}

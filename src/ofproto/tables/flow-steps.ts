import type { RemovalReason, Replacement } from "./flow-changes.js";
import type { FlowTables } from "./flow-tables.js";
import type { Rule } from "./rule.js";

/** Changes in the making: rules put in and taken out of the tables, in order, so that they can be taken back. */
export class FlowSteps {
  readonly #tables: FlowTables;
  readonly #steps: { readonly rule: Rule; readonly isIn: boolean }[] = [];
  /** Whether a flow in another's place goes on counting from where that one was. */
  readonly #keepsCounts: boolean;
  readonly added: Rule[] = [];
  readonly modified: Replacement[] = [];
  readonly removed: { readonly rule: Rule; readonly reason: RemovalReason }[] = [];

  constructor(tables: FlowTables, keepsCounts: boolean) {
    this.#tables = tables;
    this.#keepsCounts = keepsCounts;
  }

  add(rule: Rule): void {
    this.#in(rule);
    this.added.push(rule);
  }

  replace(before: Rule, after: Rule, byAddition: boolean): void {
    after.used = before.used;
    if (this.#keepsCounts) {
      after.packets = before.packets;
      after.bytes = before.bytes;
    }
    this.#out(before);
    this.#in(after);
    this.modified.push({ before, after, byAddition });
  }

  remove(rule: Rule, reason: RemovalReason): void {
    this.#out(rule);
    this.removed.push({ rule, reason });
  }

  #in(rule: Rule): void {
    this.#tables.insert(rule);
    this.#steps.push({ rule, isIn: true });
  }

  #out(rule: Rule): void {
    this.#tables.hide(rule);
    this.#steps.push({ rule, isIn: false });
  }

  /** What was taken out is not seen any more. */
  finish(): void {
    for (const { rule, isIn } of this.#steps) if (!isIn) this.#tables.purge(rule);
    for (const { before, after } of this.modified) before.succeededBy(after, this.#keepsCounts);
  }

  revert(): void {
    for (const { rule, isIn } of this.#steps.splice(0).reverse()) {
      if (isIn) {
        this.#tables.hide(rule);
        this.#tables.purge(rule);
      } else {
        this.#tables.unhide(rule);
      }
    }
    for (const list of [this.added, this.modified, this.removed]) list.length = 0;
  }
}

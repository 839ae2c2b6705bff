import type { Action } from "#openflow/actions/action.js";
import { everyAction } from "./referenced.js";
import type { Rule } from "./rule.js";

/** Which live flows use what, by number: groups or meters. */
class Users {
  readonly #rules = new Map<number, Map<Rule, number>>();

  add(id: number, rule: Rule): void {
    let rules = this.#rules.get(id);
    if (rules === undefined) this.#rules.set(id, (rules = new Map()));
    rules.set(rule, (rules.get(rule) ?? 0) + 1);
  }

  remove(id: number, rule: Rule): void {
    const rules = this.#rules.get(id);
    rules?.delete(rule);
    if (rules?.size === 0) this.#rules.delete(id);
  }

  /** The flows that use it. */
  of(id: number): Rule[] {
    return [...(this.#rules.get(id)?.keys() ?? [])];
  }

  /** How many actions of flows name it. */
  count(id: number): number {
    let sum = 0;
    for (const times of this.#rules.get(id)?.values() ?? []) sum += times;
    return sum;
  }
}

/** Which live flows of a bridge use its groups and meters, kept as flows come and go, so that nothing need be searched when one of those goes. */
export class RuleUsers {
  readonly groups: Users = new Users();
  readonly meters: Users = new Users();

  add(rule: Rule): void {
    if (!rule.isPlain) this.#each(rule.actions, (users, id) => users.add(id, rule));
  }

  remove(rule: Rule): void {
    if (!rule.isPlain) this.#each(rule.actions, (users, id) => users.remove(id, rule));
  }

  #each(actions: readonly Action[], visit: (users: Users, id: number) => void): void {
    if (!actions.some(mayName)) return;
    for (const action of everyAction(actions)) {
      if (action.kind === "group") visit(this.groups, action.groupId);
      else if (action.kind === "meter") visit(this.meters, action.meterId);
    }
  }
}

/** Most actions name nothing and have none within. */
function mayName({ kind }: Action): boolean {
  return kind === "group" || kind === "meter" || kind === "clone" || kind === "write_actions" || kind === "ct";
}

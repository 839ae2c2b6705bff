import type { Learn } from "#openflow/actions/learn.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { newFlowMod } from "#openflow/messages/flow/new-flow-mod.js";
import type { FlowChanges } from "./tables/flow-changes.js";
import { everyAction } from "./tables/referenced.js";
import type { Rule } from "./tables/rule.js";

/** Flows of a cookie in a table. */
interface Learned {
  readonly table: number;
  readonly cookie: bigint;
  /** `learn` actions with `delete_learned` that teach them. */
  learners: number;
}

/** Who has taught which flows (`learn` with `delete_learned`): when nobody is left that does, they go. */
export class Learners {
  readonly #learned = new Map<string, Learned>();
  #abandoned: Learned[] = [];

  /** Flows have come and gone. */
  changed({ added, modified, removed }: FlowChanges): void {
    for (const rule of added) this.#count(rule, 1);
    for (const { after } of modified) this.#count(after, 1);
    for (const { before } of modified) this.#count(before, -1);
    for (const { rule } of removed) this.#count(rule, -1);
  }

  /** What nobody teaches any more, as deletions to be made; each is told once. */
  takeAbandoned(): FlowMod[] {
    if (this.#abandoned.length === 0) return [];
    const found = this.#abandoned.filter(({ learners }) => learners === 0);
    this.#abandoned = [];
    return found.map(deletionOf);
  }

  #count(rule: Rule, by: 1 | -1): void {
    if (rule.isPlain) return;
    for (const action of everyAction(rule.actions)) {
      if (action.kind === "learn" && action.deleteLearned) this.#countOne(action, by);
    }
  }

  #countOne({ table, cookie }: Learn, by: 1 | -1): void {
    const id = `${table} ${cookie}`;
    const learned = this.#learned.get(id) ?? { table, cookie, learners: 0 };
    learned.learners += by;
    if (learned.learners > 0) this.#learned.set(id, learned);
    else {
      this.#learned.delete(id);
      this.#abandoned.push(learned);
    }
  }
}

function deletionOf({ table, cookie }: Learned): FlowMod {
  return newFlowMod({ command: "delete", table, cookie, cookieMask: 0xffffffffffffffffn, newCookie: undefined });
}

import type { DatapathAction } from "#datapath/actions.js";
import { SharedLists } from "#util/shared-lists.js";
import type { Effect } from "./effect.js";
import { sameActions } from "./same-actions.js";

const actionLists = new SharedLists<DatapathAction>(sameDatapathActions);
const effectLists = new SharedLists<Effect>(sameEffects);

/** A list of actions that says the same, the same one for many flows: it is kept, compiled and sent down once. */
export function sharedActions(actions: readonly DatapathAction[]): readonly DatapathAction[] {
  return actionLists.of(actions);
}

/** The same of effects. Those of rules and tables are one object each; what a flow teaches is its own. */
export function sharedEffects(effects: readonly Effect[]): readonly Effect[] {
  return effectLists.of(effects);
}

function sameDatapathActions(a: readonly DatapathAction[], b: readonly DatapathAction[]): boolean {
  const [x, y] = [a[0], b[0]];
  // Most lists are of one output.
  if (a.length === 1 && b.length === 1 && x?.kind === "output" && y?.kind === "output") return x.port === y.port;
  return sameActions(a, b);
}

function sameEffects(a: readonly Effect[], b: readonly Effect[]): boolean {
  if (a.length !== b.length) return false;
  // Pipelines of one switch begin alike.
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

import type { DatapathAction } from "./actions.js";

const none: readonly DatapathAction[] = [];

/** The actions within an action: of a sample, a clone, or either outcome of a check of the packet's length. */
export function nestedActions(action: DatapathAction): readonly DatapathAction[] {
  switch (action.kind) {
    case "sample":
    case "clone":
      return action.actions;
    case "check_pkt_len":
      return [...action.greater, ...action.lessEqual];
    default:
      return none;
  }
}

/** True where `test` is of some action, however deep. */
export function someAction(actions: readonly DatapathAction[], test: (action: DatapathAction) => boolean): boolean {
  for (const action of actions) if (test(action) || someAction(nestedActions(action), test)) return true;
  return false;
}

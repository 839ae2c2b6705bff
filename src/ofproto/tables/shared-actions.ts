import type { Action } from "#openflow/actions/action.js";

/** The most lists that are kept for sharing. */
const MOST = 4096;

const none: readonly Action[] = [];
const shared = new Map<string, readonly Action[]>();

/** What a list of one plain action is known by; undefined for others. */
function keyOf(action: Action): string | undefined {
  switch (action.kind) {
    case "output":
      return `o${action.port},${action.maxLength}`;
    case "goto_table":
      return `g${action.table}`;
    case "group":
      return `G${action.groupId}`;
    default:
      return undefined;
  }
}

/** The same actions in a list that flows have together, where they are such as many flows have. */
export function sharedActions(actions: readonly Action[]): readonly Action[] {
  if (actions.length === 0) return none;
  const key = actions.length === 1 ? keyOf(actions[0]!) : undefined;
  if (key === undefined) return actions;
  const known = shared.get(key);
  if (known !== undefined) return known;
  if (shared.size < MOST) shared.set(key, actions);
  return actions;
}

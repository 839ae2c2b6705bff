import type { Action } from "#openflow/actions/action.js";
import { OFPP } from "#openflow/port-number.js";

/** Actions within an action that are done on the same switch, whatever they are called. */
function nested(action: Action): readonly Action[] {
  switch (action.kind) {
    case "clone":
    case "write_actions":
    case "ct":
      return action.actions;
    default:
      return [];
  }
}

/** True where actions send to a port as `out_port` means it: by `output`, `enqueue` or `controller`, also within others. */
export function outputTo(actions: readonly Action[], port: number): boolean {
  return actions.some(
    (a) =>
      ((a.kind === "output" || a.kind === "enqueue") && a.port === port) ||
      (a.kind === "controller" && port === OFPP.controller) ||
      outputTo(nested(a), port),
  );
}

/** True where actions send to a group, also within others. */
export function sendToGroup(actions: readonly Action[], group: number): boolean {
  return actions.some((a) => (a.kind === "group" && a.groupId === group) || sendToGroup(nested(a), group));
}

/** All actions, those within others too. */
export function* everyAction(actions: readonly Action[]): Generator<Action> {
  for (const action of actions) {
    yield action;
    yield* everyAction(nested(action));
  }
}

import type { DatapathAction } from "#datapath/actions.js";
import { someAction } from "#datapath/nested-actions.js";

/** True where some action, however deep, sends the packet on: to a port, a controller, or around again. Samples for collectors do not. */
export function leaves(actions: readonly DatapathAction[]): boolean {
  return someAction(actions, leavesBy);
}

function leavesBy(action: DatapathAction): boolean {
  switch (action.kind) {
    case "output":
    case "recirc":
      return true;
    case "userspace":
      return action.cookie.kind === "controller" || action.cookie.kind === "slow_path";
    default:
      return false;
  }
}

import type { DatapathAction } from "#datapath/actions.js";

/** True where some action, however deep, sends the packet on: to a port, a controller, or around again. Samples for collectors do not. */
export function leaves(actions: readonly DatapathAction[]): boolean {
  for (const action of actions) if (leavesBy(action)) return true;
  return false;
}

function leavesBy(action: DatapathAction): boolean {
  switch (action.kind) {
    case "output":
    case "recirc":
      return true;
    case "userspace":
      return action.cookie.kind === "controller" || action.cookie.kind === "slow_path";
    case "sample":
    case "clone":
      return leaves(action.actions);
    case "check_pkt_len":
      return leaves(action.greater) || leaves(action.lessEqual);
    default:
      return false;
  }
}

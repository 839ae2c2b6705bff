import { UserError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import type { OfprotoSwitches } from "../switches.js";

/** The bridge of a name, or upstream's complaint. */
export function findBridge(switches: OfprotoSwitches, name: string | undefined): Bridge {
  const bridge = name === undefined ? undefined : switches.bridges.get(name);
  if (!bridge) throw new UserError("no such bridge");
  return bridge;
}

/** Every bridge, by name. */
export function sortedBridges(switches: OfprotoSwitches): Bridge[] {
  return [...switches.bridges.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

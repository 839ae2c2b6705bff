import type { Bridge } from "../../bridge.js";
import type { Modification } from "../../modification.js";

/** Makes one change. Throws what it is refused with. */
export function commitOne(bridge: Bridge, modification: Modification): undefined {
  const failure = bridge.commit([modification]);
  if (failure !== undefined) throw failure.error;
  bridge.flowMonitors.flush();
  return undefined;
}

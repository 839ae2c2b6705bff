import { newMatch } from "#flow/match.js";
import { OFPP } from "../../port-number.js";
import { NO_BUFFER } from "../packet/buffer-id.js";
import type { FlowMod } from "./flow-mod.js";
import { ANY_GROUP } from "./flow-parts.js";

/**
 * A flow-mod that is as `said`, and plain otherwise: of every packet, in table 0, with priority 0, cookie 0, no timeouts, flags or actions, and no
 * packet of a buffer. A deletion is of flows with any cookie and output.
 */
export function newFlowMod(said: Partial<FlowMod> & Pick<FlowMod, "command">): FlowMod {
  return {
    kind: "flow_mod",
    match: said.match ?? newMatch(),
    priority: 0,
    table: 0,
    cookie: 0n,
    cookieMask: 0n,
    newCookie: 0n,
    idleTimeout: 0,
    hardTimeout: 0,
    importance: 0,
    bufferId: NO_BUFFER,
    outPort: OFPP.none,
    outGroup: ANY_GROUP,
    flags: 0,
    actions: [],
    ...said,
  };
}

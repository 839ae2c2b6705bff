import type { FlowRemoved } from "#openflow/messages/flow/flow-removed.js";
import { OF14, type Version } from "#openflow/version.js";
import { elapsed } from "../elapsed.js";
import { type RemovalReason, removalReasons } from "../tables/flow-changes.js";
import type { Rule } from "../tables/rule.js";

const DELETE = removalReasons.indexOf("delete");
const METER_DELETE = removalReasons.indexOf("meter_delete");

/** OFPRR_*, for masks. */
export const reasonNumber = (reason: RemovalReason): number => removalReasons.indexOf(reason);

/** What is told of a flow that went at `now`, in clock milliseconds. */
export function flowRemoved(rule: Rule, reason: RemovalReason, version: Version, now: number): FlowRemoved {
  const number = reasonNumber(reason);
  const { seconds, nanoseconds } = elapsed(now - rule.created);
  return {
    kind: "flow_removed",
    match: rule.match,
    priority: rule.priority,
    cookie: rule.cookie,
    reason: number === METER_DELETE && version < OF14 ? DELETE : number,
    table: rule.tableId,
    durationSec: seconds,
    durationNsec: nanoseconds,
    idleTimeout: rule.idleTimeout,
    hardTimeout: rule.hardTimeout,
    packets: BigInt(rule.packets),
    bytes: BigInt(rule.bytes),
  };
}

import type { Match } from "#flow/match.js";
import { matchIncludes } from "#flow/match.js";
import { type FlowMonitor, MonitorFlag } from "#openflow/messages/flow/flow-monitor-request.js";
import { ALL_TABLES, ANY_GROUP } from "#openflow/messages/flow/flow-parts.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import { INTERNAL_TABLE } from "../tables/flow-tables.js";
import { outputTo, sendToGroup } from "../tables/referenced.js";
import type { Rule } from "../tables/rule.js";

/** The monitors of one connection. */
export class MonitorSet {
  readonly #monitors = new Map<number, FlowMonitor>();

  get size(): number {
    return this.#monitors.size;
  }

  /**
   * Adds, changes and ends monitors, all or none. Throws OFPMOFC_MONITOR_EXISTS and OFPMOFC_UNKNOWN_MONITOR. Gives those that now are new or
   * changed.
   */
  apply(wanted: readonly FlowMonitor[]): readonly FlowMonitor[] {
    const before = new Map(this.#monitors);
    try {
      for (const monitor of wanted) this.#applyOne(monitor);
    } catch (error) {
      this.#monitors.clear();
      for (const [id, monitor] of before) this.#monitors.set(id, monitor);
      throw error;
    }
    return wanted.filter((m) => m.command !== "delete");
  }

  /** Ends a monitor. Throws OFPMOFC_UNKNOWN_MONITOR. */
  cancel(id: number): void {
    if (!this.#monitors.delete(id)) throw new OfpError("OFPMOFC_UNKNOWN_MONITOR");
  }

  /** What the monitors together want to be told of a flow, before and after a change of it: flags of all that watch either and `event`. */
  flagsFor(event: number, rule: Rule, before?: Rule): number {
    return flagsOf(this.#monitors.values(), event, rule, before);
  }

  #applyOne(monitor: FlowMonitor): void {
    const { id, command } = monitor;
    if (command === "add" && this.#monitors.has(id)) throw new OfpError("OFPMOFC_MONITOR_EXISTS");
    if (command === "modify" && !this.#monitors.has(id)) throw new OfpError("OFPMOFC_UNKNOWN_MONITOR");
    if (command === "delete") this.cancel(id);
    else this.#monitors.set(id, monitor);
  }
}

/** Flags of all monitors that want to be told of `event` (a `MonitorFlag`) and watch the flow. */
export function flagsOf(monitors: Iterable<FlowMonitor>, event: number, rule: Rule, before?: Rule): number {
  let flags = 0;
  let match: Match | undefined;
  for (const monitor of monitors) {
    if ((monitor.flags & event) === 0 || !isOfTable(monitor, rule) || !leadsThere(monitor, rule, before)) continue;
    match ??= rule.match;
    if (matchIncludes(monitor.match, match)) flags |= monitor.flags;
  }
  return flags;
}

function isOfTable({ table }: FlowMonitor, { tableId }: Rule): boolean {
  return table === tableId || (table === ALL_TABLES && tableId !== INTERNAL_TABLE);
}

/** True where the flow, before or after the change, outputs to what the monitor is about. */
function leadsThere({ outPort, outGroup }: FlowMonitor, rule: Rule, before: Rule | undefined): boolean {
  const either = (test: (rule: Rule) => boolean): boolean => test(rule) || (before !== undefined && test(before));
  return (
    (outPort === OFPP.none || either((r) => outputTo(r.actions, outPort))) &&
    (outGroup === ANY_GROUP || either((r) => sendToGroup(r.actions, outGroup)))
  );
}

/** True where one of these flags is set. */
export const has = (flags: number, flag: keyof typeof MonitorFlag): boolean => (flags & MonitorFlag[flag]) !== 0;

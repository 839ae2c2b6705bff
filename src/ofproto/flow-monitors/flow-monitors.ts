import type { FlowUpdate } from "#openflow/messages/flow/flow-monitor-reply.js";
import type { FlowMonitor } from "#openflow/messages/flow/flow-monitor-request.js";
import { MonitorFlag } from "#openflow/messages/flow/flow-monitor-request.js";
import type { Connection } from "../connections/connection.js";
import type { FlowChanges, Origin } from "../tables/flow-changes.js";
import type { FlowTables } from "../tables/flow-tables.js";
import type { Rule } from "../tables/rule.js";
import { selectFlows } from "../tables/select-flows.js";
import { ConnectionMonitors } from "./connection-monitors.js";
import { flagsOf } from "./monitor-set.js";

/** Who of a bridge's controllers watches which flows (NXST_FLOW_MONITOR, OFPMP_FLOW_MONITOR). */
export class FlowMonitors {
  readonly #tables: FlowTables;
  readonly #connections = new Map<Connection, ConnectionMonitors>();
  #isFlushing = false;

  constructor(tables: FlowTables) {
    this.#tables = tables;
  }

  /** Begins, changes or ends monitors; gives the flows that those which want it are told at once. Throws `OfpError`, having done nothing. */
  request(connection: Connection, wanted: readonly FlowMonitor[]): readonly FlowUpdate[] {
    this.flush();
    const of = this.#of(connection);
    const begun = of.monitors.apply(wanted);
    return of.initial(this.#watched(begun.filter((m) => (m.flags & MonitorFlag.initial) !== 0)));
  }

  /** Ends a monitor. Throws OFPMOFC_UNKNOWN_MONITOR. */
  cancel(connection: Connection, id: number): void {
    this.#of(connection).monitors.cancel(id);
  }

  /** Flows were changed. It is told at the latest when the present event is over. */
  changed(changes: FlowChanges, origin: Origin): void {
    if (this.#connections.size === 0) return;
    for (const of of this.#connections.values()) if (of.monitors.size > 0) of.changed(changes, origin);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.flush());
  }

  /** Tells now what has changed: before the answer to the request that did it. */
  flush(): void {
    this.#isFlushing = false;
    for (const of of this.#connections.values()) of.flush();
  }

  #of(connection: Connection): ConnectionMonitors {
    const known = this.#connections.get(connection);
    if (known !== undefined) return known;
    const made = new ConnectionMonitors(connection);
    this.#connections.set(connection, made);
    connection.onClosed(() => this.#connections.delete(connection));
    return made;
  }

  /** Flows that some of these monitors watch, and what all that watch one want to know of it. */
  #watched(monitors: readonly FlowMonitor[]): Map<Rule, number> {
    const found = new Map<Rule, number>();
    for (const { table, outPort, outGroup, match } of monitors) {
      const selection = { table, outPort, outGroup, match, cookie: 0n, cookieMask: 0n };
      for (const rule of selectFlows(this.#tables, selection)) {
        if (!found.has(rule)) found.set(rule, flagsOf(monitors, MonitorFlag.initial, rule));
      }
    }
    return found;
  }
}

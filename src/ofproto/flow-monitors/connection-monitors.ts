import type { FlowUpdate } from "#openflow/messages/flow/flow-monitor-reply.js";
import { MonitorFlag } from "#openflow/messages/flow/flow-monitor-request.js";
import { OF14 } from "#openflow/version.js";
import type { Connection } from "../connections/connection.js";
import { sameActions } from "../same-actions.js";
import type { FlowChanges, Origin, RemovalReason } from "../tables/flow-changes.js";
import { removalReasons } from "../tables/flow-changes.js";
import type { Rule } from "../tables/rule.js";
import { has, MonitorSet } from "./monitor-set.js";

/** Bytes that wait for a peer from which on it is told nothing but deletions, until it has caught up. */
const PAUSE_AT = 128 * 1024;

type Event = "added" | "modified" | "deleted";

/**
 * What one connection is told of changes of flows. Its own changes are abbreviated to their transaction where no monitor asks for them in
 * full. A peer that does not keep up is told so and hears of deletions only, of flows that it knows; once it has caught up, of what is new since.
 */
export class ConnectionMonitors {
  readonly monitors: MonitorSet = new MonitorSet();
  readonly #connection: Connection;
  #updates: FlowUpdate[] = [];
  /** Since the last `flush`, changes of the connection's own were told by their number. */
  #isAbbreviated = false;
  /** While the peer does not keep up: flows that are new or changed since. */
  #missed: Map<Rule, "added" | "modified"> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Flows were changed; what is to be told waits for `flush`. */
  changed({ removed, modified, added }: FlowChanges, origin: Origin): void {
    for (const { rule, reason } of removed) this.#note("deleted", rule, undefined, origin, reason);
    for (const { before, after, byAddition } of modified) {
      if (byAddition) this.#note("added", after, before, origin);
      else if (!isSame(before, after)) this.#note("modified", after, before, origin);
      else this.#renamed(before, after);
    }
    for (const rule of added) this.#note("added", rule, undefined, origin);
  }

  /** Sends what has been noted. */
  flush(): void {
    this.#isAbbreviated = false;
    if (this.#updates.length === 0) return;
    const updates = this.#updates;
    this.#updates = [];
    this.#connection.send({ kind: "flow_monitor_reply", updates }, 0);
    if (this.#missed === undefined && this.#connection.backlog() > PAUSE_AT) this.#pause();
  }

  /** Flows as they are when a monitor begins. */
  initial(rules: Iterable<readonly [rule: Rule, flags: number]>): readonly FlowUpdate[] {
    const event = this.#connection.version >= OF14 ? "initial" : "added";
    return [...rules].map(([rule, flags]) => update(event, rule, flags));
  }

  #note(event: Event, rule: Rule, before: Rule | undefined, origin: Origin, reason?: RemovalReason): void {
    if (rule.isHidden || (this.#missed !== undefined && !this.#passes(event, rule, before))) return;
    const flags = this.monitors.flagsFor(MonitorFlag[event], rule, before);
    if (flags === 0) return;
    if (origin.connection !== this.#connection || has(flags, "own")) {
      this.#updates.push(update(event, rule, flags, reason));
    } else if (!this.#isAbbreviated) {
      this.#isAbbreviated = true;
      this.#updates.push({ event: "abbrev", xid: origin.xid });
    }
  }

  /** Of a peer that does not keep up: remembers what it misses, and says whether it is told at once. */
  #passes(event: Event, rule: Rule, before: Rule | undefined): boolean {
    const missed = this.#missed!;
    if (event === "deleted") {
      const was = missed.get(rule);
      missed.delete(rule);
      return was !== "added";
    }
    const was = before === undefined ? undefined : missed.get(before);
    if (before !== undefined) missed.delete(before);
    missed.set(rule, was ?? event);
    return false;
  }

  /** A flow is another object now, and no different. */
  #renamed(before: Rule, after: Rule): void {
    const was = this.#missed?.get(before);
    if (was === undefined) return;
    this.#missed!.delete(before);
    this.#missed!.set(after, was);
  }

  #pause(): void {
    const { version } = this.#connection;
    this.#missed = new Map();
    if (version >= OF14) this.#connection.send({ kind: "flow_monitor_reply", updates: [{ event: "paused" }] }, 0);
    else this.#connection.send({ kind: "flow_monitor_paused" }, 0);
    void this.#connection.drained().then(() => this.#resume());
  }

  #resume(): void {
    const missed = this.#missed;
    if (missed === undefined || !this.#connection.isConnected) return;
    this.#missed = undefined;
    const updates: FlowUpdate[] = [];
    for (const [rule, event] of missed) {
      const flags = this.monitors.flagsFor(MonitorFlag[event], rule);
      if (flags !== 0) updates.push(update(event, rule, flags));
    }
    const isOne = this.#connection.version >= OF14;
    if (isOne) updates.push({ event: "resumed" });
    if (updates.length > 0) this.#connection.send({ kind: "flow_monitor_reply", updates }, 0);
    if (!isOne) this.#connection.send({ kind: "flow_monitor_resumed" }, 0);
  }
}

/** True where a modification has changed nothing that monitors tell. */
function isSame(before: Rule, after: Rule): boolean {
  return before.cookie === after.cookie && sameActions(before.actions, after.actions);
}

function update(event: Event | "initial", rule: Rule, flags: number, reason?: RemovalReason): FlowUpdate {
  return {
    event,
    reason: reason === undefined ? 0 : removalReasons.indexOf(reason),
    table: rule.tableId,
    priority: rule.priority,
    idleTimeout: rule.idleTimeout,
    hardTimeout: rule.hardTimeout,
    cookie: rule.cookie,
    match: rule.match,
    actions: has(flags, "actions") ? rule.actions : [],
  };
}

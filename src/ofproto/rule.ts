import type { Match } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";

/** An OpenFlow flow entry. Counters grow as datapath flows are credited. */
export class Rule {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly actions: readonly Action[];
  readonly cookie: bigint;
  /** Clock milliseconds. */
  readonly created: number;
  used: number;
  packets = 0;
  bytes = 0;

  constructor(init: {
    tableId: number;
    priority: number;
    match: Match;
    actions: readonly Action[];
    cookie?: bigint;
    now: number;
  }) {
    this.tableId = init.tableId;
    this.priority = init.priority;
    this.match = init.match;
    this.actions = init.actions;
    this.cookie = init.cookie ?? 0n;
    this.created = init.now;
    this.used = init.now;
  }
}

import type { Match } from "#flow/match.js";
import type { Action } from "#openflow/actions/action.js";

/** Rules of greater priority are the switch's own, hidden from controllers. */
const HIGHEST_PRIORITY = 65535;

/** What a flow entry is made of. Times in clock milliseconds. */
export interface RuleInit {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly actions: readonly Action[];
  readonly cookie?: bigint;
  /** Seconds; 0 for never. */
  readonly idleTimeout?: number;
  readonly hardTimeout?: number;
  readonly importance?: number;
  /** Bits of `FlowFlag`. */
  readonly flags?: number;
  readonly now: number;
}

/**
 * An OpenFlow flow entry. Its match, priority, actions and cookie never change: a modification makes another rule, which begins with what
 * this one counted. Counters grow as datapath flows are credited.
 */
export class Rule {
  readonly tableId: number;
  readonly priority: number;
  readonly match: Match;
  readonly actions: readonly Action[];
  readonly cookie: bigint;
  /** Seconds; 0 for never. `fin_timeout` lowers them. */
  idleTimeout: number;
  hardTimeout: number;
  readonly importance: number;
  readonly flags: number;
  /** Clock milliseconds: when the flow was added, was last changed (its hard timeout begins there), and last had a packet. */
  created: number;
  modified: number;
  used: number;
  packets = 0;
  bytes = 0;

  constructor(init: RuleInit) {
    this.tableId = init.tableId;
    this.priority = init.priority;
    this.match = init.match;
    this.actions = init.actions;
    this.cookie = init.cookie ?? 0n;
    this.idleTimeout = init.idleTimeout ?? 0;
    this.hardTimeout = init.hardTimeout ?? 0;
    this.importance = init.importance ?? 0;
    this.flags = init.flags ?? 0;
    this.created = init.now;
    this.modified = init.now;
    this.used = init.now;
  }

  /** The switch's own; controllers neither see nor change it. */
  get isHidden(): boolean {
    return this.priority > HIGHEST_PRIORITY;
  }
}

import type { Rule } from "./rule.js";

/** Why a flow went, as flow-removed messages and monitors tell it (OFPRR_*, in the order of its numbers). */
export const removalReasons = [
  "idle_timeout",
  "hard_timeout",
  "delete",
  "group_delete",
  "meter_delete",
  "eviction",
] as const;
export type RemovalReason = (typeof removalReasons)[number];

/** Who asked for a change: flow monitors abbreviate what their own connection did, and name the request. */
export interface Origin {
  /** The connection's identity; undefined for the switch itself (timeouts, `learn`). */
  readonly connection: object | undefined;
  readonly xid: number;
}

export const ownOrigin: Origin = { connection: undefined, xid: 0 };

/** A flow in the place of another. */
export interface Replacement {
  readonly before: Rule;
  readonly after: Rule;
  readonly byAddition: boolean;
}

/** What one flow-mod, timeout or eviction did to the tables, in order. */
export interface FlowChanges {
  readonly added: readonly Rule[];
  /** Flows in the place of others: by a modification, or by an addition of the same match and priority. */
  readonly modified: readonly Replacement[];
  readonly removed: readonly { readonly rule: Rule; readonly reason: RemovalReason }[];
}

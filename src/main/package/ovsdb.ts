// The face of `weft-switch/ovsdb`: a typed replica of any OVSDB database, for programs outside this repository.
import { createNodeHost } from "#host/node/host.js";
import type { SchemaDeclaration } from "#ovsdb/declaration.js";
import type { Follow, OnlyTablesOf } from "#ovsdb/replica/follow.js";
import { ReplicaSession, type ReplicaSessionSettings } from "#runtime/replica-session.js";
import { type LogLine, logTo } from "../support/log-line.js";

export type { Uuid } from "#ovsdb/atom.js";
export type { RowOf, RowsOf, SchemaDeclaration } from "#ovsdb/declaration.js";
export type { Changes, ChangeTracker } from "#ovsdb/replica/change-tracker.js";
export type { RowCondition, RowConditions } from "#ovsdb/replica/conditions.js";
export type { Follow, FollowedRow } from "#ovsdb/replica/follow.js";
export type { LockState } from "#ovsdb/replica/lock-state.js";
export type { NewRow } from "#ovsdb/replica/new-row.js";
export type { RowIndex, TableView } from "#ovsdb/replica/table-view.js";
export type { TransactionOutcome } from "#ovsdb/replica/transaction-outcome.js";
export type { WriteTransaction } from "#ovsdb/replica/write-transaction.js";
export { hardwareVtepDeclaration } from "#ovsdb/schemas/hardware-vtep.js";
export { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
export type { ReplicaSession, ReplicaSessionSettings } from "#runtime/replica-session.js";
export type { LogLine } from "../support/log-line.js";

/** Settings of a replica, and where its log goes; nowhere unless said otherwise. */
export interface OpenSettings<S extends SchemaDeclaration, F extends Follow<S>> extends ReplicaSessionSettings<S, F> {
  readonly log?: LogLine;
}

/**
 * Opens a replica of the database that `declaration` describes.
 *
 * `remotes` are servers of one database, as `ovsdb-server --remote` names them (`unix:/run/openvswitch/db.sock`, `tcp:HOST:PORT`,
 * `ssl:HOST:PORT`, or passive ones). `follow` names tables with `"all"` or a list of columns.
 */
export function openReplica<const S extends SchemaDeclaration, const F extends Follow<S>>(
  remotes: readonly string[],
  declaration: S,
  follow: F & OnlyTablesOf<S, F>,
  settings: OpenSettings<S, F> = {},
): ReplicaSession<S, F> {
  return ReplicaSession.open<S, F>(createNodeHost(), logTo(settings.log), remotes, declaration, follow, settings);
}

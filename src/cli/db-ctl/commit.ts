import type { Log } from "#runtime/logger.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { CtlRow } from "./row.js";
import type { DatabaseSession } from "./session.js";
import type { Transaction } from "./transaction.js";

type JsonObject = { readonly [name: string]: Json };

/** The counter by which a daemon tells that it has taken up a change: columns of the root table's one row. */
export interface ConfigurationCounter {
  readonly table: string;
  readonly next: string;
  readonly current: string;
}

export interface CommitSettings {
  /** Written to the database's log; asked for only if there is something to send. */
  readonly comment: () => string;
  readonly dryRun: boolean;
  /** The row whose counter goes up, if someone is going to wait for it. */
  readonly counter: { readonly row: CtlRow; readonly columns: ConfigurationCounter } | undefined;
}

/** A transaction's outcome; `finalUuid` translates UUIDs of new rows in text. */
export interface Committed {
  readonly finalUuid: (text: string) => string;
  /** What the counter has to reach. */
  readonly next: number | undefined;
}

const same = (text: string): string => text;

/**
 * Sends a transaction. `undefined` where the database has changed under it and all has to be done again from fresh data. Throws
 * `UserError` where the server refuses it.
 */
export async function commit(
  session: DatabaseSession,
  txn: Transaction,
  settings: CommitSettings,
  log: Log,
): Promise<Committed | undefined> {
  if (!txn.changed) return { finalUuid: same, next: undefined };
  const version = session.snapshot.version;
  const operations = txn.operations();
  const counterAt = operations.length + 1;
  if (settings.counter !== undefined) operations.push(...countUp(txn, settings.counter.row, settings.counter.columns));
  operations.push({ op: "comment", comment: settings.comment() });
  if (settings.dryRun) operations.push({ op: "abort" });
  const results = await session.transact(operations);
  const failed = results.find((result) => errorName(result) !== undefined);
  if (failed !== undefined) {
    const name = errorName(failed);
    if (name === "aborted" && settings.dryRun) return { finalUuid: same, next: undefined };
    // A wait that fails says "timed out". An index or a reference may also be broken by someone else's change.
    if (name === "timed out" || (session.snapshot.version > version && isViolation(name))) return undefined;
    const text = `transaction error: ${formatJson(failed, { sorted: true })}`;
    log.module("ovsdb_idl").warn(text);
    throw new UserError(text);
  }
  const uuids = new Map([...txn.insertionPlaces()].map(([uuid, at]) => [uuid, insertedUuid(results[at]) ?? uuid]));
  return {
    finalUuid: (text) => (uuids.size === 0 ? text : text.replace(uuidPattern, (uuid) => uuids.get(uuid) ?? uuid)),
    next: settings.counter === undefined ? undefined : counterValue(results[counterAt], settings.counter.columns.next),
  };
}

const uuidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function countUp(txn: Transaction, row: CtlRow, { table, next }: ConfigurationCounter): Json[] {
  const where = txn.where(row);
  return [
    { op: "mutate", table, where, mutations: [[next, "+=", 1]] },
    { op: "select", table, where, columns: [next] },
  ];
}

function errorName(result: Json): string | undefined {
  const error = (result as JsonObject | null)?.["error"];
  return typeof error === "string" ? error : undefined;
}

function isViolation(name: string | undefined): boolean {
  return name === "constraint violation" || name === "referential integrity violation";
}

function insertedUuid(result: Json | undefined): string | undefined {
  return ((result as JsonObject | null | undefined)?.["uuid"] as readonly string[] | undefined)?.[1];
}

function counterValue(result: Json | undefined, column: string): number {
  const rows = (result as JsonObject)["rows"] as readonly JsonObject[];
  return Number(rows[0]?.[column] ?? 0);
}

import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { type Atom, parseUuid, type Uuid } from "../atom.js";
import { isJsonObject } from "../json-members.js";
import type { NewRow } from "./new-row.js";

/** How a transaction ended. */
export type TransactionOutcome =
  /** Nothing was sent: the database has what was to be written, as far as the replica knows. */
  | { readonly status: "unchanged" }
  | TransactionSuccess
  /**
   * The database was not as the replica had it, or the connection was lost. Look again and write anew. `uncertain` where the request was
   * on its way when the connection was lost, so that it may have been carried out.
   */
  | { readonly status: "tryAgain"; readonly uncertain: boolean }
  /** The lock that writing needs is not held. */
  | { readonly status: "notLocked" }
  /** The server refused it. `error` is its tag, such as `constraint violation`. */
  | { readonly status: "error"; readonly error: string; readonly details: string }
  /** Given up, or a dry run that the server would have carried out. Nothing was written. */
  | { readonly status: "aborted" };

/** It was carried out; the replica shows what it follows of it. */
interface TransactionSuccess {
  readonly status: "success";
  /** What the incremented column has now, by the transaction's own doing. */
  readonly incremented: number | bigint | undefined;
  /** The UUID of a row that the transaction inserted. */
  uuidOf(row: NewRow): Uuid;
  /** Columns (`Table.column`) and tables that the server lacks, so that values for them were not written. */
  readonly omitted: readonly string[];
}

/** What each operation of a request is for, so that its result can be read. */
export type OperationRole =
  | { readonly kind: "lock" }
  | { readonly kind: "verify" }
  | { readonly kind: "insert"; readonly row: NewRow }
  | { readonly kind: "incremented"; readonly column: string }
  | { readonly kind: "abort" }
  | { readonly kind: "write" };

/** Reads the `result` of a transact request. */
export function outcomeOf(roles: readonly OperationRole[], omitted: readonly string[], json: Json): TransactionOutcome {
  if (!Array.isArray(json)) return { status: "error", error: "syntax error", details: formatJson(json) };
  const results = json as readonly Json[];
  const failed = results.findIndex((result) => isJsonObject(result) && result["error"] !== undefined);
  if (failed >= 0) return failure(roles[failed], results[failed]!);
  if (results.length < roles.length) {
    return {
      status: "error",
      error: "syntax error",
      details: "the reply has fewer results than the request operations",
    };
  }
  const uuids = new Map<NewRow, Uuid>();
  let incremented: number | bigint | undefined;
  for (const [i, role] of roles.entries()) {
    const result = results[i];
    if (role.kind === "insert") {
      const uuid = insertedUuid(result);
      if (!uuid) return { status: "error", error: "syntax error", details: "the reply lacks the UUID of a new row" };
      uuids.set(role.row, uuid);
    } else if (role.kind === "incremented") incremented = selected(result, role.column);
  }
  return { status: "success", incremented, omitted, uuidOf: (row) => known(uuids.get(row)) };
}

function failure(role: OperationRole | undefined, result: Json): TransactionOutcome {
  const { error, details } = result as { readonly error: Json; readonly details?: Json };
  if (role?.kind === "abort" && error === "aborted") return { status: "aborted" };
  if (role?.kind === "verify" && error === "timed out") return { status: "tryAgain", uncertain: false };
  if (role?.kind === "lock" && error === "not owner") return { status: "notLocked" };
  return { status: "error", error: String(error), details: typeof details === "string" ? details : "" };
}

function insertedUuid(result: Json | undefined): Uuid | undefined {
  const uuid = isJsonObject(result) ? result["uuid"] : undefined;
  return Array.isArray(uuid) && typeof uuid[1] === "string" ? parseUuid(uuid[1]) : undefined;
}

function selected(result: Json | undefined, column: string): number | bigint | undefined {
  const rows = isJsonObject(result) ? result["rows"] : undefined;
  const row = Array.isArray(rows) ? (rows[0] as Json) : undefined;
  const value = isJsonObject(row) ? (row[column] as Atom | undefined) : undefined;
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}

function known(uuid: Uuid | undefined): Uuid {
  if (uuid === undefined) throw new TypeError("no row of this transaction");
  return uuid;
}

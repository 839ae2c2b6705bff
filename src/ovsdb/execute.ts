import type { Json } from "#util/json.js";
import type { ChangeSet } from "./change-set.js";
import type { Database, Table } from "./database.js";
import { Draft } from "./draft.js";
import { OvsdbError, syntaxError } from "./error.js";
import { JsonMembers } from "./json-members.js";
import { type Operation, operations } from "./operations.js";
import { settle } from "./settle.js";
import { SymbolTable } from "./symbols.js";
import { Blocked, type Transaction, type TransactionContext } from "./transaction.js";

/** What to do after a transaction was carried out. */
export type Outcome =
  /** Log `changes` (synchronously if `durable`), apply them, then answer. */
  | { readonly kind: "commit"; readonly changes: ChangeSet; readonly durable: boolean; readonly comment: string }
  /** Answer; nothing has changed. */
  | { readonly kind: "failed" }
  /** A `wait` has not come true: try again when the database changes, and when `timeout` milliseconds have passed in all. */
  | { readonly kind: "blocked"; readonly timeout: number | undefined };

export interface Execution {
  /** The `result` member of the reply: one per operation, `null` for those not reached, and an error more if the commit failed. */
  readonly results: readonly Json[];
  readonly outcome: Outcome;
}

/**
 * Carries out the operations of a `transact` request (RFC 7047 section 4.1.3) on a draft, and checks the result. The
 * database itself does not change; `database.apply(outcome.changes)` changes it. Never throws for a client's fault.
 */
export function execute(database: Database, requests: readonly Json[], context: TransactionContext): Execution {
  const transaction: Transaction = {
    draft: new Draft(database, context.newUuid),
    symbols: new SymbolTable(context.newUuid),
    context,
    durable: false,
    comments: [],
  };
  const results: Json[] = [];
  for (const [i, request] of requests.entries()) {
    try {
      results.push(runOperation(transaction, request, `ovsdb operation ${i + 1} of ${requests.length}`));
    } catch (error) {
      if (error instanceof Blocked) return { results: [], outcome: { kind: "blocked", timeout: error.timeout } };
      if (!(error instanceof OvsdbError)) throw error;
      results.push(error.toJson());
      while (results.length < requests.length) results.push(null);
      return { results, outcome: { kind: "failed" } };
    }
  }
  try {
    const changes = settle(transaction.draft);
    const { durable, comments } = transaction;
    return { results, outcome: { kind: "commit", changes, durable, comment: comments.join("\n") } };
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    return { results: [...results, error.toJson()], outcome: { kind: "failed" } };
  }
}

function runOperation(transaction: Transaction, request: Json, what: string): Json {
  const members = new JsonMembers(request, what);
  const name = members.need("op", "id") as string;
  const operation: Operation | undefined = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!operation) throw syntaxError(`Parsing ${what} failed: No operation "${name}"`, request);
  const table = operation.onTable ? findTable(transaction, members, request, what) : undefined;
  const args: { [member: string]: Json | undefined } = {};
  for (const [spec, kind] of Object.entries(operation.members)) {
    const member = spec.replace("?", "");
    args[member] = member === spec ? members.need(member, kind) : members.take(member, kind);
  }
  members.finish();
  const result = operation.run(transaction, args, table!, request);
  if (operation.writes && transaction.context.readOnly) {
    throw new OvsdbError("not allowed", `${name} operation not allowed when database server is in read only mode`);
  }
  return result;
}

function findTable(transaction: Transaction, members: JsonMembers, request: Json, what: string): Table {
  const name = members.need("table", "id") as string;
  const table = transaction.draft.database.tables.get(name);
  if (!table) throw syntaxError(`Parsing ${what} failed: No table named ${name}.`, request);
  return table;
}

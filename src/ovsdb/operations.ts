import type { Json } from "#util/json.js";
import { parseUuid } from "./atom.js";
import { checkAtoms } from "./column-type.js";
import { type Clause, conditionFromJson } from "./condition.js";
import { type Table, uniqueKey } from "./database.js";
import type { Datum } from "./datum.js";
import { OvsdbError, syntaxError } from "./error.js";
import type { MemberKind } from "./json-members.js";
import { mutate, mutationsFromJson } from "./mutation.js";
import { defaultData, type Row, rowFromJson, rowToJson } from "./row.js";
import { type ColumnSchema, UUID_COLUMN } from "./schema.js";
import { columnSetFromJson } from "./schema-json.js";
import { Blocked, type Transaction } from "./transaction.js";

/** Name and kind of each member, in the order they are looked at; a name that ends in `?` may be left out. */
type Members = { readonly [member: string]: MemberKind };
type Arguments = { readonly [member: string]: Json | undefined };

/** An operation of RFC 7047 section 5.2: the members it has, and what it does. `run` throws `OvsdbError`. */
export interface Operation {
  /** Has a `table` member. */
  readonly onTable: boolean;
  readonly members: Members;
  /** Is refused by a server that is read-only. */
  readonly writes: boolean;
  readonly run: (transaction: Transaction, args: Arguments, table: Table, request: Json) => Json;
}

const insert: Operation = {
  onTable: true,
  members: { "uuid?": "string", "uuid-name?": "id", row: "object" },
  writes: true,
  run({ draft, symbols, context }, args, table) {
    let uuid = args["uuid"] === undefined ? undefined : parseUuid(args["uuid"] as string);
    if (args["uuid"] !== undefined && uuid === undefined) throw syntaxError("bad uuid", args["uuid"]);
    if (uuid !== undefined && !draft.isFree(table, uuid)) {
      const details =
        "This UUID would duplicate a UUID already present within the table or deleted within the same transaction.";
      throw new OvsdbError("duplicate uuid", details, `"${uuid}"`);
    }
    const name = args["uuid-name"] as string | undefined;
    if (name !== undefined) {
      const symbol = symbols.get(name, uuid);
      if (symbol.created) {
        const details = 'This "uuid-name" appeared on an earlier "insert" operation.';
        throw new OvsdbError("duplicate uuid-name", details, `"${name}"`);
      }
      symbol.created = true;
      uuid ??= symbol.uuid;
    }
    const values = rowFromJson(table.schema, args["row"]!, symbols);
    const data = [...defaultData(table.schema)];
    for (const column of table.schema.columnList) {
      const value = values.get(column);
      if (value) data[column.index] = value;
      else checkAtoms(column.type, data[column.index]!);
    }
    context.access?.insert(table.schema, data);
    uuid ??= draft.newUuid();
    draft.insert(table, uuid, data);
    return { uuid: ["uuid", uuid] };
  },
};

const select: Operation = {
  onTable: true,
  members: { where: "array", "columns?": "array" },
  writes: false,
  run({ draft, symbols }, args, table) {
    const condition = where(table, args, symbols);
    const columns = columnSetFromJson(table.schema, args["columns"]);
    const rows = distinctRows(draft.select(table, condition), columns);
    return { rows: rows.map((row) => rowToJson(row.data, columns)) };
  },
};

const update: Operation = {
  onTable: true,
  members: { where: "array", row: "object" },
  writes: true,
  run({ draft, symbols, context }, args, table, request) {
    const values = rowFromJson(table.schema, args["row"]!, symbols);
    for (const { mutable, name } of values.keys()) {
      if (mutable) continue;
      const { syntax } = syntaxError("", request);
      const details = `Cannot update immutable column ${name} in table ${table.schema.name}.`;
      throw new OvsdbError("constraint violation", details, syntax);
    }
    const rows = draft.select(table, where(table, args, symbols));
    const changes = rows.map((before) => ({ before, after: withValues(before.data, values) }));
    context.access?.change("modification of", table.schema, values.keys(), changes);
    for (const { before, after } of changes) draft.modify(table, before, after);
    return { count: rows.length };
  },
};

const mutateRows: Operation = {
  onTable: true,
  members: { where: "array", mutations: "array" },
  writes: true,
  run({ draft, symbols, context }, args, table) {
    const mutations = mutationsFromJson(table.schema, args["mutations"] as readonly Json[], symbols);
    const rows = draft.select(table, where(table, args, symbols));
    const changes = rows.map((before) => {
      const after = [...before.data];
      for (const mutation of mutations) {
        const { index } = mutation.column;
        after[index] = mutate(after[index]!, mutation);
      }
      return { before, after };
    });
    const columns = mutations.map(({ column }) => column);
    context.access?.change("mutate operation on", table.schema, columns, changes);
    for (const { before, after } of changes) draft.modify(table, before, after);
    return { count: rows.length };
  },
};

const remove: Operation = {
  onTable: true,
  members: { where: "array" },
  writes: true,
  run({ draft, symbols, context }, args, table) {
    const rows = draft.select(table, where(table, args, symbols));
    context.access?.delete(table.schema, rows);
    for (const row of rows) draft.delete(table, row.uuid);
    return { count: rows.length };
  },
};

const wait: Operation = {
  onTable: true,
  members: { "timeout?": "integer", where: "array", "columns?": "array", until: "string", rows: "array" },
  writes: false,
  run({ draft, symbols, context }, args, table) {
    const condition = where(table, args, symbols);
    const columns = columnSetFromJson(table.schema, args["columns"]);
    const until = args["until"]!;
    if (until !== "==" && until !== "!=") throw syntaxError('"until" must be "==" or "!="', until);
    const timeout = args["timeout"] === undefined ? undefined : Number(args["timeout"]);
    if (timeout !== undefined && timeout < 0) throw syntaxError("timeout must be nonnegative", args["timeout"]);
    const wanted = (args["rows"] as readonly Json[]).map((row) =>
      withValues(defaultData(table.schema), rowFromJson(table.schema, row, symbols)),
    );
    const found = draft.select(table, condition).map((row) => row.data);
    if (sameRows(found, wanted, columns) === (until === "==")) return {};
    if (timeout === undefined || (timeout > 0 && context.elapsed < timeout)) throw new Blocked(timeout);
    const details =
      timeout === 0 ? '"where" clause test failed' : `"wait" timed out after ${Math.floor(context.elapsed)} ms`;
    throw new OvsdbError("timed out", details);
  },
};

const commit: Operation = {
  onTable: false,
  members: { durable: "boolean" },
  writes: true,
  run(transaction, args) {
    if (args["durable"]) transaction.durable = true;
    return {};
  },
};

const abort: Operation = {
  onTable: false,
  members: {},
  writes: false,
  run() {
    throw new OvsdbError("aborted", "aborted by request");
  },
};

const comment: Operation = {
  onTable: false,
  members: { comment: "string" },
  writes: false,
  run({ comments }, args) {
    comments.push(args["comment"] as string);
    return {};
  },
};

const assert: Operation = {
  onTable: false,
  members: { lock: "id" },
  writes: false,
  run({ context }, args) {
    const lock = args["lock"] as string;
    if (!context.holdsLock(lock)) throw new OvsdbError("not owner", `Asserted lock ${lock} not held.`);
    return {};
  },
};

/** The operations by name. */
export const operations: { readonly [name: string]: Operation } = {
  insert,
  select,
  update,
  mutate: mutateRows,
  delete: remove,
  wait,
  commit,
  abort,
  comment,
  assert,
};

function where(table: Table, args: Arguments, symbols: Transaction["symbols"]): Clause[] {
  return conditionFromJson(table.schema, args["where"] as readonly Json[], symbols);
}

function withValues(data: readonly Datum[], values: ReadonlyMap<ColumnSchema, Datum>): readonly Datum[] {
  const result = [...data];
  for (const [column, datum] of values) result[column.index] = datum;
  return result;
}

/** One of each kind of row, looking at some columns only. */
function distinctRows(rows: readonly Row[], columns: readonly ColumnSchema[]): readonly Row[] {
  if (columns.some(({ index }) => index === UUID_COLUMN)) return rows;
  return [...new Map(rows.map((row) => [uniqueKey(row.data, columns), row])).values()];
}

/** Whether two lists of rows are the same set, looking at some columns. */
function sameRows(
  a: readonly (readonly Datum[])[],
  b: readonly (readonly Datum[])[],
  columns: readonly ColumnSchema[],
): boolean {
  const left = new Set(a.map((data) => uniqueKey(data, columns)));
  const right = new Set(b.map((data) => uniqueKey(data, columns)));
  return left.size === right.size && [...left].every((key) => right.has(key));
}

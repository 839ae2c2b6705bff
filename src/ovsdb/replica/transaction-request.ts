import type { Json } from "#util/json.js";
import type { Uuid } from "../atom.js";
import { type Datum, equalDatums } from "../datum.js";
import { datumToJson, type UuidWriter } from "../datum-json.js";
import type { DatabaseSchema } from "../schema.js";
import { mutationsOf, written } from "./pending-write.js";
import type { ReplicaStore } from "./store.js";
import type { OperationRole } from "./transaction-outcome.js";
import type { RowWrites, TransactionPlan } from "./write-transaction.js";

/** A transaction as operations of RFC 7047 section 5.2, and what each is for. */
export interface TransactionRequest {
  readonly operations: readonly Json[];
  readonly roles: readonly OperationRole[];
  /** Columns (`Table.column`) and tables that are not written, because the server lacks them. */
  readonly omitted: readonly string[];
}

export interface RequestContext {
  /** The schema that the program knows. */
  readonly schema: DatabaseSchema;
  /** The schema that the server has. */
  readonly server: DatabaseSchema;
  readonly store: ReplicaStore;
  /** The lock to be asserted. */
  readonly lock: string | undefined;
  /** The server has told of all that this client has written, so that the replica can say what a write would change. */
  readonly settled: boolean;
  readonly dryRun: boolean;
}

/**
 * Puts a transaction into operations; undefined if it would change nothing.
 *
 * Rows that are written to are waited for, so that nothing is written to a row that is gone; a value that is as the replica has it
 * is verified instead of written.
 */
export function transactionRequest(plan: TransactionPlan, context: RequestContext): TransactionRequest | undefined {
  return new RequestWriter(plan, context).request();
}

const byUuid = (uuid: Uuid): Json => [["_uuid", "==", ["uuid", uuid]]];

class RequestWriter {
  readonly #plan: TransactionPlan;
  readonly #context: RequestContext;
  readonly #waits: Json[] = [];
  readonly #writes: { readonly operation: Json; readonly role: OperationRole }[] = [];
  readonly #omitted = new Set<string>();
  readonly #writeUuid: UuidWriter;

  constructor(plan: TransactionPlan, context: RequestContext) {
    this.#plan = plan;
    this.#context = context;
    const names = new Map(plan.inserted.map(({ row }) => [row.placeholder, row.name]));
    this.#writeUuid = (uuid) => {
      const name = names.get(uuid);
      if (name !== undefined) return ["named-uuid", name];
      if (uuid.startsWith("ffffffff-ffff-ffff-"))
        throw new TypeError("a new row belongs to the transaction that inserts it");
      return ["uuid", uuid];
    };
  }

  request(): TransactionRequest | undefined {
    for (const { row, values } of this.#plan.inserted) this.#insert(row, values);
    for (const writes of this.#plan.writes) this.#rowWrites(writes);
    this.#increment();
    if (this.#writes.length === 0) return undefined;
    const parts = [...this.#before(), ...this.#writes, ...this.#after()];
    return {
      operations: parts.map(({ operation }) => operation),
      roles: parts.map(({ role }) => role),
      omitted: [...this.#omitted],
    };
  }

  #before(): { readonly operation: Json; readonly role: OperationRole }[] {
    const { lock } = this.#context;
    const assert = lock === undefined ? [] : [{ operation: { op: "assert", lock }, role: { kind: "lock" } as const }];
    return [...assert, ...this.#waits.map((operation) => ({ operation, role: { kind: "verify" } as const }))];
  }

  #after(): { readonly operation: Json; readonly role: OperationRole }[] {
    const role = { kind: "write" } as const;
    const { comment, durable } = this.#plan;
    return [
      ...(comment === "" ? [] : [{ operation: { op: "comment", comment }, role }]),
      ...(durable ? [{ operation: { op: "commit", durable }, role }] : []),
      ...(this.#context.dryRun ? [{ operation: { op: "abort" }, role: { kind: "abort" } as const }] : []),
    ];
  }

  /** The column as the program knows it, if the server has it. */
  #column(table: string, name: string): { readonly type: Parameters<typeof datumToJson>[0] } | undefined {
    const served = this.#context.server.tables.get(table);
    if (!served) this.#omitted.add(table);
    else if (!served.columns.has(name)) this.#omitted.add(`${table}.${name}`);
    else return this.#context.schema.tables.get(table)!.columns.get(name);
    return undefined;
  }

  #rowToJson(table: string, values: Iterable<readonly [string, Datum]>): { [column: string]: Json } {
    const json: { [column: string]: Json } = {};
    for (const [name, datum] of values) {
      const column = this.#column(table, name);
      if (column) json[name] = datumToJson(column.type, datum, this.#writeUuid);
    }
    return json;
  }

  #insert(row: TransactionPlan["inserted"][number]["row"], values: ReadonlyMap<string, Datum>): void {
    const { table, name } = row;
    if (!this.#context.server.tables.has(table)) {
      this.#omitted.add(table);
      return;
    }
    const operation = { op: "insert", table, "uuid-name": name, row: this.#rowToJson(table, values) };
    this.#writes.push({ operation, role: { kind: "insert", row } });
  }

  #rowWrites(writes: RowWrites): void {
    const { table, uuid, deleted } = writes;
    if (!this.#context.server.tables.has(table)) {
      this.#omitted.add(table);
      return;
    }
    const verified = new Set([...writes.verified].filter((name) => this.#column(table, name)));
    const count = this.#writes.length;
    if (deleted) this.#push({ op: "delete", table, where: byUuid(uuid) });
    else this.#columnWrites(writes, verified);
    const writesToRow = this.#writes.length > count && !deleted;
    if (verified.size > 0 || writesToRow) this.#wait(table, uuid, [...verified]);
  }

  #columnWrites({ table, uuid, columns }: RowWrites, verified: Set<string>): void {
    const { store, settled } = this.#context;
    const known = store.tables.get(table)?.byName;
    const entry = known && store.entries(table).get(uuid);
    const set: [string, Datum][] = [];
    const mutations: Json[] = [];
    for (const [name, write] of columns) {
      const column = this.#column(table, name);
      if (!column) continue;
      const before = entry?.data[known?.get(name)?.index ?? -1];
      const same = settled && before !== undefined && equalDatums(written(write, before), before);
      if (write.kind === "set") {
        if (same) verified.add(name);
        else set.push([name, write.value]);
      } else if (!same) mutations.push(...mutationsOf(name, column.type, write, this.#writeUuid));
    }
    if (set.length > 0) this.#push({ op: "update", table, where: byUuid(uuid), row: this.#rowToJson(table, set) });
    if (mutations.length > 0) this.#push({ op: "mutate", table, where: byUuid(uuid), mutations });
  }

  #push(operation: Json): void {
    this.#writes.push({ operation, role: { kind: "write" } });
  }

  /** A row must be there, with some columns as the replica has them. */
  #wait(table: string, uuid: Uuid, columns: readonly string[]): void {
    const { store } = this.#context;
    const known = store.tables.get(table)?.byName;
    const entry = known && store.entries(table).get(uuid);
    const seen = entry ? columns.map((name): [string, Datum] => [name, entry.data[known.get(name)!.index]!]) : [];
    const row = { ...this.#rowToJson(table, seen), _uuid: ["uuid", uuid] };
    this.#waits.push({
      op: "wait",
      timeout: 0,
      table,
      where: byUuid(uuid),
      columns: Object.keys(row),
      until: "==",
      rows: [row],
    });
  }

  #increment(): void {
    if (!this.#plan.increment) return;
    const { table, uuid, column, by } = this.#plan.increment;
    if (!this.#column(table, column)) return;
    this.#wait(table, uuid, []);
    this.#push({ op: "mutate", table, where: byUuid(uuid), mutations: [[column, "+=", by]] });
    const operation = { op: "select", table, where: byUuid(uuid), columns: [column] };
    this.#writes.push({ operation, role: { kind: "incremented", column } });
  }
}

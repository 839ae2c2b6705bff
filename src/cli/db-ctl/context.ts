import { parseUuid, type Uuid } from "#ovsdb/atom.js";
import type { NameResolver } from "#ovsdb/parse-text.js";
import type { TableSchema } from "#ovsdb/schema.js";
import type { SymbolTable } from "#ovsdb/symbols.js";
import type { Log } from "#runtime/logger.js";
import { UserError } from "#util/errors.js";
import type { CtlCall } from "./command.js";
import { Output } from "./output.js";
import { findRecord, needRecord, type RecordNames } from "./records.js";
import type { CtlRow } from "./row.js";
import type { CtlSchema } from "./schema.js";
import type { Transaction } from "./transaction.js";

/** What all commands of one command line share. */
export interface CtlShared {
  readonly txn: Transaction;
  readonly names: RecordNames;
  readonly symbols: SymbolTable;
  readonly log: Log;
}

/** What a command works on: its arguments, the transaction, the `@names`, and its output. */
export class CtlContext {
  readonly call: CtlCall;
  readonly output: Output = new Output();
  readonly txn: Transaction;
  readonly names: RecordNames;
  readonly symbols: SymbolTable;
  readonly log: Log;

  constructor(call: CtlCall, shared: CtlShared) {
    this.call = call;
    this.txn = shared.txn;
    this.names = shared.names;
    this.symbols = shared.symbols;
    this.log = shared.log;
  }

  get schema(): CtlSchema {
    return this.txn.schema;
  }

  get args(): readonly string[] {
    return this.call.args;
  }

  /** The argument at `index`; there are as many as the command asks for. */
  arg(index: number): string {
    return this.call.args[index] ?? "";
  }

  has(option: string): boolean {
    return this.call.options.has(option);
  }

  option(option: string): string | undefined {
    return this.call.options.get(option);
  }

  print(line: string): void {
    this.output.print(`${line}\n`);
  }

  /** The table that the first argument names. */
  table(): TableSchema {
    return this.schema.findTable(this.arg(0));
  }

  /** The row that `id` names; with `--if-exists` there may be none. Throws `UserError` otherwise. */
  record(table: TableSchema, id: string): CtlRow | undefined {
    return this.has("if-exists")
      ? findRecord(this.txn, this.names, table, id)
      : needRecord(this.txn, this.names, table, id);
  }

  /** Says that rows of a table, or of any, have changed other than through a program's own view of them, which is made anew then. */
  changed(table?: string): void {
    this.txn.touch(table);
  }

  /** Resolves `@name` in values, and notes that it is referred to. */
  readonly resolve: NameResolver = (name, base) => {
    const symbol = this.symbols.get(name);
    if (base.refTable !== undefined && base.refType === "weak") symbol.weakRef = true;
    else symbol.strongRef = true;
    return symbol.uuid;
  };

  /** The name in `--id=@NAME`, without the `@`. */
  symbolName(id: string): string {
    if (!id.startsWith("@")) throw new UserError(`row id "${id}" does not begin with "@"`);
    return id.slice(1);
  }

  /** The UUID in `--id=UUID`. */
  static uuidOption(id: string): Uuid | undefined {
    return parseUuid(id);
  }
}

/** Checks, after all commands, that every `@name` stands for a row, and warns of new rows that nothing keeps. */
export function checkSymbols(context: { symbols: SymbolTable; txn: Transaction; log: Log; program: string }): void {
  for (const [name, symbol] of context.symbols) {
    if (!symbol.created) {
      throw new UserError(
        `row id "@${name}" is referenced but never created (e.g. with "-- --id=@${name} create ...")`,
      );
    }
    if (symbol.strongRef) continue;
    const missing = symbol.weakRef ? "only a weak reference to it" : "no reference to it";
    context.log
      .module(context.program)
      .warn(
        `row id "@${name}" was created but ${missing} was inserted, so it will not actually appear in the database`,
      );
  }
}

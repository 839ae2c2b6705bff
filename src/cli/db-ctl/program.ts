import { parseUuid, type Uuid } from "#ovsdb/atom.js";
import type { SchemaDeclaration } from "#ovsdb/declaration.js";
import { SymbolTable } from "#ovsdb/symbols.js";
import { exitStatus } from "#runtime/end-reason.js";
import type { Vlog } from "#runtime/vlog.js";
import { createToolLog } from "#runtime/vlog-options.js";
import { UserError } from "#util/errors.js";
import { TablePrinter } from "#util/text-table.js";
import { withAlarm } from "../alarm.js";
import type { ToolIo } from "../io.js";
import type { CtlCall, CtlCommand } from "./command.js";
import { parseCommands, splitCommandLine } from "./command-line.js";
import { type Committed, type ConfigurationCounter, commit } from "./commit.js";
import { connectDatabase, connectionFailed } from "./connection.js";
import { CtlContext, checkSymbols } from "./context.js";
import { ExitNow, TryAgain } from "./control.js";
import { type GlobalSettings, globalOptionRows, listOptions, readGlobalOptions } from "./global-options.js";
import { describeInvocation } from "./invocation.js";
import { Needs } from "./needs.js";
import type { RecordNames } from "./records.js";
import type { CtlRow } from "./row.js";
import { CtlSchema } from "./schema.js";
import { DatabaseSession, SessionEnded } from "./session.js";
import { Transaction } from "./transaction.js";

/** A tool that works on a database by commands, such as `ovs-vsctl`. */
export interface CtlProgram {
  readonly name: string;
  /** The module under which it logs. */
  readonly logModule: string;
  /** Of the database it works on. */
  readonly schema: SchemaDeclaration;
  readonly commands: readonly CtlCommand[];
  readonly names: RecordNames;
  readonly help: (io: ToolIo) => string;
  readonly version: () => string;
  /** Gives the row that every database has, which is made where the database is empty. */
  readonly rootTable: string;
  readonly counter: ConfigurationCounter | undefined;
  /** Tables and columns that `problems` looks at. */
  needProblems?(needs: Needs): void;
  /** What went wrong when the daemon took up the changes: lines for standard error. */
  problems?(txn: Transaction, now: Transaction, io: ToolIo): readonly string[];
}

/** Runs the tool and gives its exit status. */
export async function runCtl(program: CtlProgram, argv: readonly string[], io: ToolIo): Promise<number> {
  const vlog = createToolLog(program.name, io.host);
  try {
    return await exitStatus(program.name, io.stderr, () => new CtlRun(program, argv, io, vlog).run());
  } catch (error) {
    if (error instanceof ExitNow) return error.status;
    throw error;
  } finally {
    vlog.close();
  }
}

class CtlRun {
  readonly #program: CtlProgram;
  readonly #argv: readonly string[];
  readonly #io: ToolIo;
  readonly #vlog: Vlog;
  #session: DatabaseSession | undefined;

  constructor(program: CtlProgram, argv: readonly string[], io: ToolIo, vlog: Vlog) {
    this.#program = program;
    this.#argv = argv;
    this.#io = io;
    this.#vlog = vlog;
  }

  async run(): Promise<number> {
    const { name, commands } = this.#program;
    const line = splitCommandLine(name, globalOptionRows, commands, this.#argv);
    const settings = readGlobalOptions(this.#program, line.globals, this.#vlog, this.#io);
    if (settings.print.length > 0) return this.#print(settings);
    const byName = new Map(commands.map((command) => [command.name, command]));
    const calls = parseCommands(line.words, line.first, (word) => byName.get(word));
    const level = calls.some((call) => call.command.changes) ? "info" : "dbg";
    const log = this.#vlog.module(this.#program.logModule);
    if (log.isEnabled(level)) log.log(level, `Called as ${describeInvocation(name, this.#argv).line}`);
    return withAlarm(this.#work(settings, calls), {
      seconds: settings.timeout,
      host: this.#io.host,
      log: this.#vlog,
      beforeEnd: () => this.#session?.close(),
    });
  }

  #print(settings: GlobalSettings): number {
    switch (settings.print[0]) {
      case "help":
        this.#io.stdout(this.#program.help(this.#io));
        break;
      case "version":
        this.#io.stdout(this.#program.version());
        break;
      case "commands":
        this.#io.stdout(listCommands(this.#program.commands));
        break;
      default:
        this.#io.stdout(listOptions(globalOptionRows));
    }
    return 0;
  }

  async #work(settings: GlobalSettings, calls: readonly CtlCall[]): Promise<number> {
    const declared = CtlSchema.declared(this.#program.schema);
    const needs = this.#needs(declared, settings, calls);
    const stream = await connectDatabase(this.#io.host, settings, this.#vlog);
    const session = new DatabaseSession(stream, this.#vlog, this.#program.schema.name);
    this.#session = session;
    try {
      const schema = (await session.monitor(needs.requests())) ? declared : await this.#fit(session, settings, calls);
      return await this.#converse(session, schema, settings, calls);
    } catch (error) {
      if (error instanceof SessionEnded) throw connectionFailed(settings.remote, error.reason ?? error);
      throw error;
    } finally {
      session.close();
    }
  }

  /** Fetches the rows by the server's own schema, which is older than ours, and gives that. */
  async #fit(session: DatabaseSession, settings: GlobalSettings, calls: readonly CtlCall[]): Promise<CtlSchema> {
    const schema = await session.schema();
    const known = await session.monitor(this.#needs(schema, settings, calls).requests());
    if (!known) throw new UserError(`${settings.remote}: the server refuses to monitor its own tables`);
    return schema;
  }

  /** What the commands look at, by a schema. Throws `UserError` where they name what it does not have. */
  #needs(schema: CtlSchema, settings: GlobalSettings, calls: readonly CtlCall[]): Needs {
    const needs = new Needs(schema, this.#program.names);
    needs.add(this.#program.rootTable);
    const counter = this.#counter(settings);
    if (counter !== undefined) {
      needs.add(counter.table, counter.current);
      this.#program.needProblems?.(needs);
    }
    for (const call of calls) call.command.needs?.(call, needs);
    return needs;
  }

  /** The counter to wait for, if any. */
  #counter(settings: GlobalSettings): ConfigurationCounter | undefined {
    return settings.wait && !settings.dryRun ? this.#program.counter : undefined;
  }

  async #converse(
    session: DatabaseSession,
    schema: CtlSchema,
    settings: GlobalSettings,
    calls: readonly CtlCall[],
  ): Promise<number> {
    const counter = this.#counter(settings);
    const done = await this.#repeat(session, schema, settings, calls, counter);
    this.#show(done.contexts, settings, done.committed);
    if (counter !== undefined && done.committed.next !== undefined) {
      const now = await this.#reached(session, schema, counter, done.committed.next);
      for (const problem of this.#program.problems?.(done.txn, now, this.#io) ?? []) {
        this.#io.stderr(`${this.#program.name}: ${problem}\n`);
      }
    }
    return 0;
  }

  /** Runs the commands on fresh data until the transaction that they make goes through. */
  async #repeat(
    session: DatabaseSession,
    schema: CtlSchema,
    settings: GlobalSettings,
    calls: readonly CtlCall[],
    counter: ConfigurationCounter | undefined,
  ) {
    for (;;) {
      const { version } = session.snapshot;
      const txn = new Transaction(schema, session.snapshot, () => randomUuid(this.#io.host.random(16)));
      const root = this.#root(txn);
      try {
        const contexts = this.#runCommands(txn, calls);
        const committed = await commit(
          session,
          txn,
          {
            comment: () => describeInvocation(this.#program.name, this.#argv, this.#io.host).comment,
            dryRun: settings.dryRun,
            counter: counter === undefined ? undefined : { row: root, columns: counter },
          },
          this.#vlog,
        );
        if (committed !== undefined) return { txn, contexts, committed };
      } catch (error) {
        if (!(error instanceof TryAgain)) throw error;
      }
      await session.changed(version);
    }
  }

  #root(txn: Transaction): CtlRow {
    const { rootTable } = this.#program;
    const [row] = txn.rows(rootTable);
    if (row !== undefined) return row;
    txn.verifyEmpty(rootTable);
    return txn.insert(rootTable);
  }

  #runCommands(txn: Transaction, calls: readonly CtlCall[]): CtlContext[] {
    const symbols = new SymbolTable(() => randomUuid(this.#io.host.random(16)));
    const shared = { txn, symbols, names: this.#program.names, log: this.#vlog };
    const contexts = calls.map((call) => {
      const context = new CtlContext(call, shared);
      call.command.run(context);
      return context;
    });
    checkSymbols({ ...shared, program: this.#program.logModule });
    return contexts;
  }

  #show(contexts: readonly CtlContext[], settings: GlobalSettings, committed: Committed): void {
    const tables = new TablePrinter(settings.table);
    const style = { oneline: settings.oneline, json: settings.json, pretty: settings.table.pretty };
    const text = contexts.map(({ output }) => output.format(style, tables, committed.finalUuid)).join("");
    if (text !== "") this.#io.stdout(text);
  }

  /** Waits until the daemon has taken up the configuration that the counter stands for. */
  async #reached(
    session: DatabaseSession,
    schema: CtlSchema,
    counter: ConfigurationCounter,
    target: number,
  ): Promise<Transaction> {
    for (;;) {
      const { version } = session.snapshot;
      const now = new Transaction(schema, session.snapshot, () => randomUuid(this.#io.host.random(16)));
      const [row] = now.rows(counter.table);
      if (row !== undefined && Number(row.one(counter.current) ?? 0) >= target) return now;
      await session.changed(version);
    }
  }
}

/** A version 4 UUID from 16 random bytes. */
function randomUuid(bytes: Uint8Array): Uuid {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant.toString(16)}${hex.slice(18, 20)}-${hex.slice(20)}`;
  return parseUuid(text) as Uuid;
}

/** The output of `--commands`. */
function listCommands(commands: readonly CtlCommand[]): string {
  return commands
    .map(({ name, options, arguments: args }) => {
      const dashed = options.map((option) => `[--${option}] `).join("");
      return `${dashed},${name},${args}\n`;
    })
    .join("");
}

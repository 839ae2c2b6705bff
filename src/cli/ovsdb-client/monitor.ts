import { parseUuid } from "#ovsdb/atom.js";
import { conditionFromJson } from "#ovsdb/condition.js";
import { syntaxError } from "#ovsdb/error.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { Background } from "../background.js";
import { tellChangeAware } from "./change-aware.js";
import type { ClientCommand, DatabaseContext } from "./client-command.js";
import { fetchSchema } from "./database.js";
import { parseJsonArgument } from "./json-argument.js";
import { type MonitoredTable, monitoredTable, noTable, readMonitored } from "./monitored-table.js";
import type { Notice, Peer } from "./peer.js";
import { UpdatePrinter } from "./update-printer.js";

type Method = "monitor" | "monitor_cond" | "monitor_cond_since";

const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** The id of our one monitor. */
const monitorId = null;

const monitor: ClientCommand = {
  name: "monitor",
  usage: "[server] [database] table [column[,column]...]...",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  background: true,
  on: "database",
  async run(context, [table = "", ...groups]) {
    const schema = await fetchSchema(context, context.database);
    await follow(context, "monitor", readMonitored(context.peer.name, schema, table, groups));
  },
};

const monitorCond: ClientCommand = {
  name: "monitor-cond",
  usage: "[server] [database] conditions table [column[,column]...]...",
  minArgs: 2,
  maxArgs: 3,
  background: true,
  on: "database",
  async run(context, [condition = "", ...rest]) {
    await follow(context, "monitor_cond", [await readConditional(context, condition, rest)]);
  },
};

const monitorCondSince: ClientCommand = {
  name: "monitor-cond-since",
  usage: "[server] [database] [last-id] conditions table [column[,column]...]...",
  minArgs: 2,
  maxArgs: 4,
  background: true,
  on: "database",
  async run(context, args) {
    const named = args.length > 2 && parseUuid(args[0] ?? "") !== undefined;
    const [condition = "", ...rest] = named ? args.slice(1) : args;
    const tables = [await readConditional(context, condition, rest)];
    await follow(context, "monitor_cond_since", tables, named ? args[0] : zeroUuid);
  },
};

/** Reads a condition with its table and columns. */
async function readConditional(
  context: DatabaseContext,
  condition: string,
  [tableName = "", ...groups]: readonly string[],
): Promise<MonitoredTable> {
  const schema = await fetchSchema(context, context.database);
  const table = schema.tables.get(tableName);
  if (table === undefined) throw new UserError(noTable(schema, tableName));
  const where = parseJsonArgument(condition);
  if (!Array.isArray(where)) throw syntaxError("array expected", where);
  conditionFromJson(table, where);
  return monitoredTable(context.peer.name, schema, table, groups, where);
}

/** Monitors, and prints what comes, until the server or someone else ends it. */
async function follow(
  context: DatabaseContext,
  method: Method,
  tables: readonly MonitoredTable[],
  lastId?: string,
): Promise<void> {
  const { peer, database, settings } = context;
  const gate = new Gate(peer);
  const background = await Background.begin({ program: "ovsdb-client", ...context }, () => commands(peer, gate));
  try {
    const printer = new UpdatePrinter(context, tables);
    if (settings.changeAware !== false) await tellChangeAware(peer);
    const requests = Object.fromEntries(tables.map((one) => [one.table.name, one.requests]));
    const params: Json[] = [database, monitorId, requests];
    const reply = await peer.begin(method, lastId === undefined ? params : [...params, lastId]);
    printInitial(context, printer, method, reply);
    background.ready([1, 2]);
    await Promise.race([receive(context, printer, gate), background.ended]);
  } finally {
    background.end();
  }
}

function printInitial(context: DatabaseContext, printer: UpdatePrinter, method: Method, reply: Json): void {
  if (method === "monitor") printer.printUpdate(reply, true);
  else if (method === "monitor_cond") printer.printUpdate2(reply);
  else {
    if (!Array.isArray(reply) || reply.length !== 3) {
      const count = Array.isArray(reply) ? reply.length : 0;
      throw new UserError(`<result> should have 3 elements, but has ${count}.`);
    }
    context.io.stdout(`found: ${String(reply[0])}, last_id: ${String(reply[1])}\n`);
    printer.printUpdate2(reply[2] as Json);
  }
}

async function receive(context: DatabaseContext, printer: UpdatePrinter, gate: Gate): Promise<void> {
  for (;;) {
    const notice = await context.peer.next();
    await gate.passage();
    take(context, printer, notice);
  }
}

function take({ io, peer, database }: DatabaseContext, printer: UpdatePrinter, { method, params }: Notice): void {
  if (params[0] !== monitorId) return;
  switch (method) {
    case "update":
      printer.printUpdate(params[1] ?? null, false);
      break;
    case "update2":
      printer.printUpdate2(params[1] ?? null);
      break;
    case "update3":
      // Upstream leaves the end of this line to the table that follows.
      io.stdout(`\nlast_id: ${String(params[1])}`);
      printer.printUpdate2(params[2] ?? null);
      break;
    case "monitor_canceled":
      throw new UserError(`${peer.name}: ${database} database was removed`);
  }
}

/** Holds back what comes from the server while `ovsdb-client/block` asks for that. */
class Gate {
  readonly #peer: Peer;
  #opened: Promise<void> = Promise.resolve();
  #open: (() => void) | undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  passage(): Promise<void> {
    return this.#opened;
  }

  /** False where it is closed already. */
  close(): boolean {
    if (this.#open) return false;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.#peer.pause();
    return true;
  }

  open(): boolean {
    if (!this.#open) return false;
    this.#open();
    this.#open = undefined;
    this.#peer.resume();
    return true;
  }
}

/** What a monitor in the background can be told by `ovs-appctl`. */
function commands(peer: Peer, gate: Gate): readonly AppctlCommand[] {
  const plain = { usage: "", minArgs: 0, maxArgs: 0 };
  return [
    { ...plain, name: "ovsdb-client/block", run: () => (gate.close() ? "" : "already blocking") },
    { ...plain, name: "ovsdb-client/unblock", run: () => (gate.open() ? "" : "already unblocked") },
    {
      name: "ovsdb-client/cond_change",
      usage: "TABLE COND",
      minArgs: 2,
      maxArgs: 2,
      run([table = "", condition = ""]) {
        const requests = { [table]: [{ where: parseJsonArgument(condition) }] };
        // Upstream does not wait for the answer either; what changes is printed when it comes.
        peer.request("monitor_cond_change", [monitorId, monitorId, requests]).catch(() => {});
        return "condition changed";
      },
    },
  ];
}

export const monitorCommands: readonly ClientCommand[] = [monitor, monitorCond, monitorCondSince];

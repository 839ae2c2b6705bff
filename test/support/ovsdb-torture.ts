import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createNodeHost } from "#host/node/host.js";
import { ZERO_UUID } from "#ovsdb/atom.js";
import { OvsdbError } from "#ovsdb/error.js";
import { contentsToRecord } from "#ovsdb/log-record.js";
import { LogFile } from "#ovsdb-server/log-file.js";
import { LogReader } from "#ovsdb-server/log-reader.js";
import { readDatabase } from "#ovsdb-server/read-database.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { Dice } from "./ovsdb-random.js";
import { RawClient } from "./ovsdb-raw-client.js";

/** Pairs of rows that come and go together, and accounts between which amounts move. */
export const tortureSchema: Json = {
  name: "Torture",
  version: "1.0.0",
  tables: {
    Pair: { columns: { i: { type: "integer" }, s: { type: "string" } }, isRoot: true, indexes: [["i"]] },
    Account: { columns: { name: { type: "string" }, amount: { type: "integer" } }, isRoot: true, indexes: [["name"]] },
  },
};

const accounts = ["a", "b", "c", "d", "e"];

/** The server under load: a program and how it is called. */
export class TortureServer {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly control: string;
  readonly #ended: Promise<void>;

  constructor(argv: readonly string[], directory: string, file: string) {
    this.socket = join(directory, "sock");
    this.control = join(directory, "ctl");
    const [command, ...more] = argv;
    const options = [`--unixctl=${this.control}`, `--remote=punix:${this.socket}`, "-vconsole:off", "-vsyslog:off"];
    this.child = spawn(command!, [...more, ...options, file], {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory },
    });
    this.#ended = new Promise((resolve) => this.child.once("exit", () => resolve()));
  }

  async connect(): Promise<RawClient> {
    for (;;) {
      const client = await RawClient.open(this.socket).catch(() => undefined);
      if (client) return client;
      if (this.child.exitCode !== null) throw new Error(`ovsdb-server ended with ${this.child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }
}

/** What clients were told, over all rounds with one file. */
export class Ledger {
  readonly #there = new Set<number>();
  readonly #gone = new Set<number>();
  #next = 0;
  acknowledged = 0;

  /** Makes the accounts, once per file. */
  static async begin(client: RawClient): Promise<void> {
    const found = await client.call("transact", ["Torture", { op: "select", table: "Account", where: [] }]);
    if (formatJson(found.result ?? null) !== '[{"rows":[]}]') return;
    const inserts = accounts.map((name): Json => ({ op: "insert", table: "Account", row: { name } }));
    await client.call("transact", ["Torture", ...inserts]);
  }

  /** Writes until the connection ends. */
  async write(client: RawClient, dice: Dice): Promise<void> {
    const ended = client.until(() => client.closed).then((): undefined => undefined);
    const ask = async (operations: readonly Json[]): Promise<boolean> => {
      const commit: Json = { op: "commit", durable: dice.below(3) === 0 };
      const reply = await Promise.race([client.call("transact", ["Torture", ...operations, commit]), ended]);
      if (!reply || reply.error !== null) return false;
      const failure = (reply.result as Json[]).find((result) => formatJson(result).includes('"error"'));
      if (failure !== undefined) throw new Error(formatJson(failure));
      this.acknowledged++;
      return true;
    };
    while (!client.closed) {
      if (dice.below(3) === 0) {
        await ask(transfer(dice));
        continue;
      }
      const i = this.#next;
      this.#next += 2;
      const size = dice.below(30) === 0 ? dice.below(100_000) : dice.below(2000);
      const row = (n: number): Json => ({ op: "insert", table: "Pair", row: { i: n, s: "x".repeat(size) } });
      if (!(await ask([row(i), row(i + 1)]))) continue;
      if (dice.below(3) > 0) {
        this.#there.add(i);
        continue;
      }
      // Until it is answered, either may be true.
      const where: Json = [
        ["i", ">=", i],
        ["i", "<=", i + 1],
      ];
      if (await ask([{ op: "delete", table: "Pair", where }])) this.#gone.add(i);
    }
  }

  /** What is wrong with a file's contents, after all that was acknowledged and whatever else was on its way. */
  faults(contents: TortureContents): string[] {
    const { pairs, sum } = contents;
    return [
      ...[...this.#there]
        .filter((i) => !pairs.has(i) || !pairs.has(i + 1))
        .map((i) => `acknowledged pair ${i} is missing`),
      ...[...this.#gone].filter((i) => pairs.has(i) || pairs.has(i + 1)).map((i) => `deleted pair ${i} is back`),
      ...halves(contents),
      ...(sum === 0 ? [] : [`${sum} was made out of nothing`]),
    ];
  }
}

function transfer(dice: Dice): Json[] {
  const [from, to] = dice.some(accounts, 2, 2);
  const amount = 1 + dice.below(100);
  const change = (name: string | undefined, by: number): Json => ({
    op: "mutate",
    table: "Account",
    where: [["name", "==", name!]],
    mutations: [["amount", "+=", by]],
  });
  return [change(from, -amount), change(to, amount)];
}

export interface TortureContents {
  readonly pairs: ReadonlySet<number>;
  readonly sum: number;
  /** All of it, equal for equal contents. */
  readonly text: string;
  readonly records: number;
  readonly damage: string | undefined;
}

/** Pairs of which one row is there: what no prefix of the commits has. */
export function halves({ pairs }: TortureContents): string[] {
  return [...pairs].filter((i) => !pairs.has(i ^ 1)).map((i) => `half of pair ${i}`);
}

/** Reads a file as the server does at its start. Throws where that would refuse it. */
export function readContents(file: string): TortureContents {
  const log = LogFile.open(createNodeHost().files, file, { name: file, mode: "read", warn: () => {} });
  try {
    const { database, damage, records } = readDatabase(log, () => ZERO_UUID);
    const column = (table: string, name: string): number[] =>
      [...database.table(table).rows.values()].map(
        (row) => row.data[database.schema.tables.get(table)!.columns.get(name)!.index]!.keys[0] as number,
      );
    return {
      pairs: new Set(column("Pair", "i")),
      sum: column("Account", "amount").reduce((sum, amount) => sum + amount, 0),
      text: formatJson(contentsToRecord(database, { date: 0, comment: "" }), { sorted: true }),
      records,
      damage: damage?.message,
    };
  } finally {
    log.close();
  }
}

/** Where each sound record of a log ends: a kill may have left part of another one behind them. */
export function recordEnds(file: string): number[] {
  const host = createNodeHost();
  const opened = host.files.openRead(file);
  const ends: number[] = [];
  try {
    const reader = new LogReader(opened, file);
    while (reader.skip()) ends.push(reader.goodEnd);
    return ends;
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    return ends;
  } finally {
    opened.close();
  }
}

const everything = formatJson([
  "Torture",
  ...["Pair", "Account"].map((table): Json => ({ op: "select", table, where: [] })),
]);

export interface Start {
  /** The rows it serves, sorted; undefined where it did not start. */
  readonly rows: string | undefined;
  /** What it said of the file, without time and serial number. */
  readonly said: readonly string[];
}

/** Starts a server on a file, has it tell all rows, and ends it. */
export async function startAndTell(argv: readonly string[], directory: string, file: string): Promise<Start> {
  const socket = join(directory, "tell.sock");
  const log = join(directory, "tell.log");
  const ask = `/usr/bin/ovsdb-client transact unix:${socket} '${everything}'`;
  const [command, ...more] = argv;
  const options = ["--unixctl=none", `--remote=punix:${socket}`, "-vconsole:off", "-vsyslog:off", `--log-file=${log}`];
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
  const out = await new Promise<{ readonly status: number; readonly text: string; readonly errors: string }>(
    (resolve) => {
      execFile(
        command!,
        [...more, ...options, `--run=${ask}`, file],
        { env, maxBuffer: 1 << 28 },
        (error, text, errors) => resolve({ status: error ? 1 : 0, text, errors }),
      );
    },
  );
  const lines = readFileSync(log, "utf8").split("\n");
  const said = lines
    .map((line) => line.split("|").slice(2).join("|"))
    .filter((line) => /^(ovsdb_server|ovsdb_log)\|(ERR|WARN)/.test(line));
  if (out.status !== 0)
    return { rows: undefined, said: [...said, out.errors.replace(/^.*?ovsdb-server: /gm, "").trim()] };
  const results = JSON.parse(out.text) as { rows: { _version?: Json }[] }[];
  const rows = results.map((result) =>
    result.rows.map(({ _version, ...row }) => formatJson(row as Json, { sorted: true })).sort(),
  );
  return { rows: rows.map((list) => list.join("\n")).join("\n\n"), said };
}

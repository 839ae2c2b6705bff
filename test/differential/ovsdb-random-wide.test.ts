import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createNodeHost } from "#host/node/host.js";
import { ZERO_UUID } from "#ovsdb/atom.js";
import { execute } from "#ovsdb/execute.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { LogFile } from "#ovsdb-server/log-file.js";
import { type ReadDatabase, readDatabase } from "#ovsdb-server/read-database.js";
import type { Json } from "#util/json.js";
import { parseJsonExactly } from "#util/json-parse.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { insertedTables, WideGenerator, wideSchema } from "../support/ovsdb-random-wide.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { RowNames } from "../support/ovsdb-row-names.js";
import { type OurServer, startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const transactions = Number(process.env["WEFT_RUNS"] ?? 2000);

interface Side {
  readonly client: RawClient;
  readonly names: RowNames;
}

const tables = [...schemaFromJson(wideSchema).tables.values()];

/** A select of every row, of the columns that outlive a restart. */
const everything: Json = [
  "Wide",
  ...tables.map((table) => ({
    op: "select",
    table: table.name,
    where: [],
    columns: table.columnList.filter(({ ephemeral }) => !ephemeral).map(({ name }) => name),
  })),
];

/** What differs by the order of hash tables or rows, for which either order is right. */
function canonical(text: string): string {
  return text
    .replace(/multiple rows in \\"\w+\\" table.*?","error"/g, 'multiple rows","error"')
    .replace(/Table \w+ column \w+ row <?[^<>]*>? references nonexistent row.*?","error"/g, 'nonexistent row","error"')
    .replace(/cannot delete \w+ row.*?","error"/g, 'cannot delete","error"')
    .replace(/(Deletion of \d+ w|W)eak reference.*?","error"/g, 'Weak reference","error"');
}

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "random transactions of every kind", () => {
  let ours: OurServer;
  let real: TestServer;
  let sides: Side[] = [];

  beforeAll(async () => {
    ours = await startOurs(wideSchema);
    real = await startReal(wideSchema);
    sides = await Promise.all(
      [ours, real].map(async ({ socket }) => ({ client: await RawClient.open(socket), names: new RowNames() })),
    );
  });

  afterAll(async () => {
    for (const { client } of sides) client.close();
    await ours?.stop();
    await real?.stop();
  });

  async function transact({ client, names }: Side, operations: readonly Json[]): Promise<Json> {
    const filled = operations.map((operation) => names.fill(operation));
    const died = client.until(() => client.closed).then(() => undefined);
    const reply = await Promise.race([client.call("transact", ["Wide", ...filled]), died]);
    if (!reply) throw new Error(`the server closed the connection over ${formatJson(filled)}`);
    return reply.error ?? reply.result ?? null;
  }

  it(`are answered alike, and leave the same on disk (seed ${seed})`, { timeout: 300_000 }, async () => {
    const generator = new WideGenerator(seed);
    const seen = new Map<string, number>();
    for (let i = 0; i < transactions; i++) {
      const operations = generator.transaction();
      const [mine, theirs] = (await Promise.all(sides.map((side) => transact(side, operations)))) as [Json, Json];
      const inserted = [mine, theirs].map((results) => newUuids(operations, results));
      if (inserted.every((uuids) => uuids)) {
        sides.forEach(({ names }, k) => {
          for (const uuid of inserted[k]!) names.add(uuid);
        });
        generator.note(insertedTables(operations));
      }
      const where = `transaction ${i}: ${formatJson(sides[0]!.names.fill(operations))}\n`;
      const [said, expected] = [mine, theirs].map((results, k) => where + canonical(sides[k]!.names.text(results)));
      expect(said).toBe(expected);
      count(seen, operations, theirs);
    }
    // The run must have met most of what can happen.
    for (const kind of ["insert", "update", "mutate", "delete", "select", "wait", "constraint violation"]) {
      expect([kind, (seen.get(kind) ?? 0) > transactions / 200]).toEqual([kind, true]);
    }
    const contents = await Promise.all(
      sides.map(async ({ client, names }) =>
        lines(names, (await client.call("transact", everything as Json[])).result!),
      ),
    );
    expect(contents[0]).toEqual(contents[1]);
    // Our log is read by both. Of its own ones, 3.1.0 refuses or misreads some: differences with more elements than the column may
    // hold or from a default that is not empty, and sets of reals that are the same in 15 digits, which we cannot read either.
    const [mine, theirs] = sides as [Side, Side];
    expect(lines(mine.names, readByTool(ours.file))).toEqual(contents[0]);
    expect(lines(mine.names, readByUs(ours.file))).toEqual(contents[0]);
    if (damageOf(real.file) !== "ovsdb error: set contains duplicate") {
      expect(lines(theirs.names, readByUs(real.file))).toEqual(contents[1]);
    }
  });
});

/** What a file holds according to the installed ovsdb-tool. */
function readByTool(file: string): Json {
  return parseJsonExactly(
    execFileSync("/usr/bin/ovsdb-tool", ["query", file, formatJson(everything)], { encoding: "utf8" }),
  );
}

/** A file as we read it. */
function ourReading(file: string): ReadDatabase {
  const log = LogFile.open(createNodeHost().files, file, { name: file, mode: "read", warn: () => {} });
  try {
    return readDatabase(log, () => ZERO_UUID);
  } finally {
    log.close();
  }
}

const damageOf = (file: string): string | undefined => ourReading(file).damage?.message;

/** What a file holds according to us. */
function readByUs(file: string): Json {
  const { database, damage } = ourReading(file);
  expect(damage).toBeUndefined();
  const selects = (everything as Json[]).slice(1);
  const { results } = execute(database, selects, { newUuid: () => ZERO_UUID, holdsLock: () => false, elapsed: 0 });
  return parseJsonExactly(formatJson(results));
}

/** What selects found, a row a line. */
function lines(names: RowNames, results: Json): string[] {
  return (results as { readonly rows: readonly Json[] }[])
    .flatMap(({ rows }, i) => rows.map((row) => `${tables[i]!.name} ${names.text(row)}`))
    .sort();
}

/** The UUIDs of a transaction's new rows, undefined if it was not carried out. */
function newUuids(operations: readonly Json[], results: Json): string[] | undefined {
  if (!Array.isArray(results) || results.length !== operations.length) return undefined;
  const list = results as ({ readonly error?: Json; readonly uuid?: readonly [string, string] } | null)[];
  if (list.some((result) => result === null || result.error !== undefined)) return undefined;
  return list.flatMap((result) => (result?.uuid ? [result.uuid[1]] : []));
}

/** Counts operations that did something, and errors. */
function count(seen: Map<string, number>, operations: readonly Json[], results: Json): void {
  if (!Array.isArray(results)) return;
  results.forEach((result: Json, i) => {
    const { error } = (result ?? {}) as { readonly error?: string };
    const name = error ?? (operations[i] as { readonly op?: string } | undefined)?.op;
    if (result !== null && name !== undefined) seen.set(name, (seen.get(name) ?? 0) + 1);
  });
}

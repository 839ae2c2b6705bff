import { afterAll, beforeAll, expect, it } from "vitest";
import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { execute } from "#ovsdb/execute.js";
import { monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { updatesOf } from "#ovsdb/monitor-update.js";
import { updates2Of } from "#ovsdb/monitor-update2.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { Dice, randomOperations, randomSchemaWithoutWeak } from "../support/ovsdb-random.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startReal, type TestServer } from "../support/ovsdb-servers.js";

const seed = Number(process.env["WEFT_SEED"] ?? 1);
const transactions = Number(process.env["WEFT_RUNS"] ?? 1500);

let counter = 0;
const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++counter).toString(16).padStart(12, "0")}` as Uuid;

/** Text that is equal for equal answers: rows sorted; which rows an index error names, and in which order, is hashing's choice. */
function canonical(json: Json): string {
  const tidy = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(tidy);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const inner = tidy(member as Json);
        if (name === "rows" && Array.isArray(inner)) {
          return [name, inner.map((row: Json) => formatJson(row, { sorted: true })).sort()];
        }
        return [name, inner];
      }),
    );
  };
  return formatJson(tidy(json), { sorted: true })
    .replace(/(multiple rows in \\"\w+\\" table).*?","error"/g, '$1","error"')
    .replace(/Table \w+ column \w+ row \S+ references nonexistent row.*?","error"/g, 'nonexistent row","error"')
    .replace(/Attempted to store \d+/g, "Attempted to store")
    .replace(/cannot delete \w+ row.*?","error"/g, 'cannot delete","error"')
    .replace(/(Deletion of \d+ w|W)eak reference.*?","error"/g, 'Weak reference","error"');
}

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "random transactions", () => {
  let real: TestServer;
  let client: RawClient;
  const schema = schemaFromJson(randomSchemaWithoutWeak);
  const columns = (table: string): string[] => [...schema.tables.get(table)!.columns.keys()].slice(2);
  const requests: Json = Object.fromEntries([...schema.tables.keys()].map((t) => [t, [{ columns: columns(t) }]]));
  const conditional: Json = {
    Root: [
      {
        columns: ["n", "numbers", "words", "limited"],
        where: [
          ["n", ">", 1],
          ["name", "==", "a"],
        ],
      },
    ],
    Kid: [{ columns: ["name", "next"] }],
  };

  beforeAll(async () => {
    real = await startReal(randomSchemaWithoutWeak);
    client = await RawClient.open(real.socket);
    await client.call("monitor", ["Random", "v1", requests]);
    await client.call("monitor_cond", ["Random", "v2", conditional]);
  });

  afterAll(async () => {
    client?.close();
    await real?.stop();
  });

  it(`are answered and announced alike (seed ${seed})`, async () => {
    const database = new Database(schema);
    const spec = monitorSpecFromJson(schema, requests, false);
    const spec2 = monitorSpecFromJson(schema, conditional, true);
    const dice = new Dice(seed);
    let committed = 0;
    for (let i = 0; i < transactions; i++) {
      const operations = randomOperations(dice);
      const { results, outcome } = execute(database, operations, { newUuid, holdsLock: () => false, elapsed: 0 });
      const announced: Json[] = [];
      if (outcome.kind === "commit") {
        const v1 = updatesOf(spec, outcome.changes);
        if (v1) announced.push(["v1", v1]);
        const v2 = updates2Of(spec2, outcome.changes);
        if (v2) announced.push(["v2", v2]);
        if (outcome.changes.changes.length > 0) committed++;
        database.apply(outcome.changes);
      }
      client.notifications.length = 0;
      const died = client.until(() => client.closed).then(() => undefined);
      const reply = await Promise.race([client.call("transact", ["Random", ...operations]), died]);
      if (!reply) throw new Error(`the installed server closed the connection over ${formatJson(operations)}`);
      const heard = client.notifications
        .map((message) => message["params"]!)
        .map(withoutEmptyModifications)
        .filter((params) => params !== undefined);
      const sorted = (list: readonly Json[]): string[] => list.map((item) => formatJson(item, { sorted: true })).sort();
      const where = `transaction ${i}: ${formatJson(operations)}`;
      expect(`${where}\n${canonical(results)}`).toBe(`${where}\n${canonical(reply.result ?? null)}`);
      expect([where, ...sorted(announced)]).toEqual([where, ...sorted(heard)]);
    }
    expect(committed).toBeGreaterThan(transactions / 20);
  });
});

/** Upstream tells of rows in which nothing monitored has changed, by `modify: {}`; we do not. */
function withoutEmptyModifications(params: Json): Json | undefined {
  const [name, tables] = params as readonly [Json, { readonly [t: string]: { readonly [u: string]: Json } }];
  const kept = Object.entries(tables)
    .map(
      ([table, rows]) =>
        [table, Object.entries(rows).filter(([, row]) => formatJson(row) !== '{"modify":{}}')] as const,
    )
    .filter(([, rows]) => rows.length > 0)
    .map(([table, rows]) => [table, Object.fromEntries(rows)]);
  return kept.length === 0 ? undefined : [name, Object.fromEntries(kept)];
}

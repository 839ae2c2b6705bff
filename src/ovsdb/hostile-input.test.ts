import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { ZERO_UUID } from "./atom.js";
import { Database } from "./database.js";
import { declaredSchema } from "./declaration.js";
import { OvsdbError } from "./error.js";
import { execute } from "./execute.js";
import { changeConditions, monitorSpecFromJson } from "./monitor-spec.js";
import { Replay } from "./replay.js";
import { schemaFromJson, schemaToJson } from "./schema-json.js";
import { openVSwitchDeclaration } from "./schemas/open-vswitch/declaration.js";

const schema = declaredSchema(openVSwitchDeclaration);
const runs = { seed: 7047, numRuns: 2000 };
const uuid: Json = ["uuid", "550e8400-e29b-41d4-a716-446655440000"];

const operations: Json = [
  { op: "insert", table: "Bridge", "uuid-name": "b", row: { name: "br0", other_config: ["map", [["a", "b"]]] } },
  { op: "insert", table: "Port", uuid: uuid[1] as Json, row: { name: "p", tag: 5, interfaces: ["set", [uuid]] } },
  { op: "update", table: "Port", where: [["tag", "<=", 5]], row: { trunks: ["set", [1, 2]], mac: ["set", []] } },
  {
    op: "mutate",
    table: "Open_vSwitch",
    where: [],
    mutations: [
      ["next_cfg", "+=", 1],
      ["bridges", "insert", uuid],
    ],
  },
  { op: "delete", table: "Mirror", where: [["select_all", "==", true], true] },
  { op: "select", table: "QoS", where: [["queues", "includes", ["map", [[1, uuid]]]]], columns: ["type"] },
  { op: "wait", table: "Port", where: [], columns: ["name"], until: "==", rows: [{ name: "x" }], timeout: 0 },
  { op: "comment", comment: "c" },
  { op: "assert", lock: "l" },
  { op: "commit", durable: true },
];
const requests: Json = {
  Port: [{ columns: ["name", "tag"], where: [["tag", "==", 5]], select: { initial: true, modify: false } }],
  Bridge: { columns: ["name"] },
};
const record: Json = {
  Port: { [uuid[1] as string]: { tag: 5, name: "p" }, [ZERO_UUID]: null },
  _date: 5,
  _is_diff: true,
};

const hostile = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<Json>("set", "map", "uuid", "named-uuid", "__proto__", "constructor", "name", "_uuid", "unlimited"),
  fc.constantFrom<Json>(["set", []], ["map", []], ["named-uuid", "b"], uuid, [], {}, 2n ** 63n, 1e300, -1, 0.5, null),
) as fc.Arbitrary<Json>;

/** `json` with the part at a random place replaced, removed or renamed. */
function damage(json: Json, path: readonly number[], part: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined || typeof json !== "object" || json === null) return part;
  if (Array.isArray(json)) {
    if (json.length === 0) return part;
    const at = step % json.length;
    return json.map((item: Json, i) => (i === at ? damage(item, rest, part) : item));
  }
  const entries = Object.entries(json as { [name: string]: Json });
  if (entries.length === 0) return part;
  const at = step % entries.length;
  const rename = step % 7 === 0 && typeof part === "string";
  return Object.fromEntries(
    entries.map(([name, value], i) =>
      i !== at ? [name, value] : rename ? [part, value] : [name, damage(value, rest, part)],
    ),
  );
}

const path = fc.array(fc.nat(100), { minLength: 1, maxLength: 7 });
const damaged = (json: Json): fc.Arbitrary<Json> => fc.tuple(path, hostile).map(([p, part]) => damage(json, p, part));

/** Runs `body`, which may throw nothing but `OvsdbError`. */
function onlyOvsdbErrors(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(OvsdbError);
    expect(typeof (error as OvsdbError).message).toBe("string");
  }
}

describe("hostile input", () => {
  it("in transactions is answered, one result an operation, and leaves the database alone", () => {
    fc.assert(
      fc.property(damaged(operations), (json) => {
        const list = Array.isArray(json) ? (json as readonly Json[]) : [json];
        const database = new Database(schema);
        const context = { newUuid: () => ZERO_UUID, holdsLock: () => true, elapsed: 0 };
        const { results, outcome } = execute(database, list, context);
        if (outcome.kind !== "blocked") expect(results.length).toBeGreaterThanOrEqual(list.length);
        expect(results.length).toBeLessThanOrEqual(list.length + 1);
        for (const table of database.tables.values()) expect(table.rows.size).toBe(0);
      }),
      runs,
    );
  });

  it("in schemas is refused", () => {
    const whole = schemaToJson(schema);
    const deep = fc.array(fc.nat(100), { minLength: 3, maxLength: 9 });
    fc.assert(
      fc.property(deep, hostile, (p, part) => {
        // Stay within the tables, where there is most to go wrong.
        onlyOvsdbErrors(() => schemaFromJson(damage(whole, [2, ...p], part)));
        onlyOvsdbErrors(() => schemaFromJson(part));
      }),
      { ...runs, numRuns: 300 },
    );
  });

  it("in monitor requests is refused", () => {
    const spec = monitorSpecFromJson(schema, requests, true);
    fc.assert(
      fc.property(damaged(requests), fc.boolean(), (json, conditional) => {
        onlyOvsdbErrors(() => monitorSpecFromJson(schema, json, conditional));
        onlyOvsdbErrors(() => changeConditions(spec, json));
      }),
      runs,
    );
  });

  it("in log records is refused", () => {
    fc.assert(
      fc.property(damaged(record), (json) => {
        onlyOvsdbErrors(() => new Replay(new Database(schema)).apply(json));
      }),
      runs,
    );
  });
});

import { expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { describeWith, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";

type Columns = { readonly [name: string]: Json };

const before: Columns = {
  n: { type: "string" },
  brief: { type: "string", ephemeral: true },
  count: { type: "integer" },
  briefCount: { type: "integer", ephemeral: true },
  optional: { type: { key: "integer", min: 0 } },
  set: { type: { key: "integer", min: 0, max: "unlimited" } },
  map: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
  real: { type: "real" },
  kids: { type: { key: { type: "uuid", refTable: "Kid" }, min: 0, max: "unlimited" } },
};

const optionalInteger: Json = { type: { key: "integer", min: 0 } };

/** Columns that change, and what of the rows is compared then. Where one row only is wrong, both servers find the same. */
const changes: Readonly<Record<string, Columns>> = {
  nothing: {},
  "an ephemeral column is kept from now on": { brief: { type: "string" } },
  "a column is no longer kept": { n: { type: "string", ephemeral: true } },
  "a column may be empty": { count: optionalInteger },
  "an ephemeral column may be empty": { briefCount: { type: { key: "integer", min: 0 }, ephemeral: true } },
  "a column may no longer be empty": { optional: { type: "integer" } },
  "a set holds one": { set: { type: { key: "integer", min: 0, max: 1 } } },
  "a set holds three": { set: { type: { key: "integer", min: 0, max: 3 } } },
  "an integer becomes a real": { count: { type: "real" } },
  "a real becomes an integer": { real: { type: "integer" } },
  "a least value": { count: { type: { key: { type: "integer", minInteger: 3 } } } },
  "words for an ephemeral column": {
    brief: { type: { key: { type: "string", enum: ["set", ["a", "b", ""]] } }, ephemeral: true },
  },
  "a map becomes a set": { map: { type: { key: "string", min: 0, max: "unlimited" } } },
  "one becomes some": { n: { type: { key: "string", min: 1, max: 5 } } },
  "references become weak": {
    kids: { type: { key: { type: "uuid", refTable: "Kid", refType: "weak" }, min: 0, max: "unlimited" } },
  },
  "a new column": { more: optionalInteger, fresh: { type: "string", ephemeral: true } },
};

const schemaOf = (columns: Columns, version: string): { readonly name: string; readonly [member: string]: Json } => ({
  name: "S",
  version,
  tables: { T: { columns, isRoot: true }, Kid: { columns: { name: { type: "string" } } } },
});

/** What a server says of a conversion, and has after it. */
async function convert(server: TestServer, changed: Columns): Promise<Json> {
  const client = await RawClient.open(server.socket);
  try {
    await client.call("set_db_change_aware", [true]);
    const one = {
      n: "x",
      brief: "e",
      set: ["set", [1, 2, 3]],
      map: ["map", [["k", "v"]]],
      real: 1.5,
      kids: ["named-uuid", "k"],
    };
    const kid = { op: "insert", table: "Kid", "uuid-name": "k", row: { name: "kid" } };
    await client.call("transact", ["S", kid, { op: "insert", table: "T", row: one }]);
    await client.call("monitor_cond_since", ["S", "m", { T: [{}] }, "00000000-0000-0000-0000-000000000000"]);
    const columns = { ...before, ...changed };
    const converted = client.call("convert", ["S", schemaOf(columns, "1.0.1")]);
    const reply = await Promise.race([converted, client.until(() => client.closed).then(() => undefined)]);
    if (!reply) return "the server has ended";
    const shown = reply.error === null ? Object.keys(columns) : Object.keys(before);
    const rows: Json[] = [];
    for (const [table, names] of [
      ["T", shown.filter((name) => name !== "kids")],
      ["Kid", ["name"]],
    ] as const) {
      const select = { op: "select", table, where: [], columns: names };
      rows.push((await client.call("transact", ["S", select])).result ?? null);
    }
    const cancelled = client.notifications.filter(({ method }) => method === "monitor_canceled");
    const { version } = (await client.call("get_schema", ["S"])).result as { readonly version: string };
    return JSON.parse(formatJson([{ ...reply }, rows, version, cancelled], { sorted: true })) as Json;
  } finally {
    client.close();
  }
}

describeWith([program("/usr/sbin/ovsdb-server", "openvswitch-switch")], "conversion of a served database", () => {
  it.each(Object.entries(changes))("is as the installed server's: %s", async (_what, changed) => {
    const servers = await Promise.all([startOurs(schemaOf(before, "1.0.0")), startReal(schemaOf(before, "1.0.0"))]);
    try {
      const [ours, real] = await Promise.all(servers.map((server) => convert(server, changed)));
      // Refused conversions end 3.1 where another table was converted before.
      if (real === "the server has ended")
        expect((ours as Json[])[0]).toMatchObject({ result: null, error: expect.any(Object) });
      else expect(ours).toEqual(real);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
});

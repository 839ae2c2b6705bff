import { beforeEach, describe, expect, it } from "vitest";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { toolIo } from "../io.js";
import { ovsdbTool } from "./main.js";

const schema =
  '{"name":"S","version":"1.0.0","tables":{"T":{"columns":{"name":{"type":"string"},"i":{"type":"integer"}},"isRoot":true}}}';

let host: FakeHost;
beforeEach(() => {
  host = createFakeHost({ OVS_DBDIR: "/tmp", OVS_PKGDATADIR: "/tmp" });
  host.files.write("/tmp/s.ovsschema", schema);
});

/** Status, output and errors of one run. */
async function run(...argv: string[]): Promise<[number, string, string]> {
  const { process } = host;
  process.out = "";
  process.err = "";
  const status = await ovsdbTool(argv, toolIo(host));
  return [status, process.out, process.err];
}

const insert = '["S",{"op":"insert","table":"T","row":{"name":"x","i":1}},{"op":"comment","comment":"why"}]';

describe("ovsdb-tool", () => {
  it("makes the default database, of the built-in schema where none is installed", async () => {
    expect(await run("create")).toEqual([0, "", ""]);
    expect(await run("db-name")).toEqual([0, "Open_vSwitch\n", ""]);
    expect((await run("db-version"))[1]).toMatch(/^8\.\d+\.\d+\n$/);
    expect((await run("db-cksum"))[1]).toMatch(/^\d+ \d+\n$/);
    expect(await run("needs-conversion")).toEqual([0, "no\n", ""]);
    expect(await run("create")).toEqual([1, "", "ovsdb-tool: I/O error: /tmp/conf.db: create failed (File exists)\n"]);
  });

  it("takes the schema that is installed before the built-in one", async () => {
    host.files.write("/tmp/vswitch.ovsschema", schema);
    await run("create");
    expect(await run("db-name")).toEqual([0, "S\n", ""]);
  });

  it("changes a database, and shows its log", async () => {
    await run("create", "/tmp/s.db", "/tmp/s.ovsschema");
    expect((await run("transact", "/tmp/s.db", insert))[1]).toMatch(
      /^\[\{"uuid":\["uuid","[0-9a-f-]{36}"\]\},\{\}\]\n$/,
    );
    const [status, text] = await run("-mm", "show-log", "/tmp/s.db");
    expect(status).toBe(0);
    expect(text.replace(/[0-9a-f]{8}\)/, "UUID)")).toBe(
      'record 0: "S" schema, version="1.0.0", cksum=""\n\n' +
        'record 1: 2024-01-01 00:00:00.000 "why"\n  table T insert row "x" (UUID):\n    name=x\n    i=1\n\n',
    );
  });

  it("does not write what was only a query", async () => {
    await run("create", "/tmp/s.db", "/tmp/s.ovsschema");
    const before = host.files.read("/tmp/s.db");
    expect((await run("query", "/tmp/s.db", insert))[0]).toBe(0);
    expect(host.files.read("/tmp/s.db")).toEqual(before);
  });

  it("reads a database that another process serves, and writes none", async () => {
    await run("create", "/tmp/s.db", "/tmp/s.ovsschema");
    host.files.lockElsewhere("/tmp/.s.db.~lock~", 99);
    expect(await run("db-name", "/tmp/s.db")).toEqual([0, "S\n", ""]);
    for (const args of [
      ["transact", "/tmp/s.db", insert],
      ["compact", "/tmp/s.db"],
      ["convert", "/tmp/s.db", "/tmp/s.ovsschema"],
    ]) {
      const [status, out, err] = await run(...args);
      expect([status, out]).toEqual([1, ""]);
      expect(err).toContain("failed to lock lockfile (Resource temporarily unavailable)");
    }
  });

  it("converts to a schema with other columns, and refuses one that the data breaks", async () => {
    await run("create", "/tmp/s.db", "/tmp/s.ovsschema");
    await run("transact", "/tmp/s.db", insert);
    host.files.write("/tmp/2.ovsschema", schema.replace('"name":{"type":"string"}', '"more":{"type":"boolean"}'));
    expect(await run("convert", "/tmp/s.db", "/tmp/2.ovsschema")).toEqual([0, "", ""]);
    const select = '["S",{"op":"select","table":"T","where":[],"columns":["i","more"]}]';
    expect((await run("query", "/tmp/s.db", select))[1]).toBe('[{"rows":[{"i":1,"more":false}]}]\n');
    host.files.write("/tmp/3.ovsschema", schema.replace('"integer"', '{"key":{"type":"integer","minInteger":5}}'));
    const before = host.files.read("/tmp/s.db");
    expect((await run("convert", "/tmp/s.db", "/tmp/3.ovsschema"))[0]).toBe(1);
    expect(host.files.read("/tmp/s.db")).toEqual(before);
  });

  it("has a JSON form of what its commands say", async () => {
    await run("create", "/tmp/s.db", "/tmp/s.ovsschema");
    await run("transact", "/tmp/s.db", insert);
    const json = async (...argv: string[]): Promise<unknown> => JSON.parse((await run("-f", "json", ...argv))[1]);
    expect(await json("db-name", "/tmp/s.db")).toBe("S");
    expect(await json("schema-version", "/tmp/s.ovsschema")).toBe("1.0.0");
    expect(await json("needs-conversion", "/tmp/s.db", "/tmp/s.ovsschema")).toBe(false);
    expect(await json("list-commands")).toContainEqual({ name: "show-log", usage: "[db]" });
    expect(await json("show-log", "/tmp/s.db")).toEqual([
      { record: 0, schema: { name: "S", version: "1.0.0", cksum: "" } },
      {
        record: 1,
        date: Date.UTC(2024, 0, 1),
        comment: "why",
        is_diff: expect.any(Boolean),
        tables: { T: expect.any(Object) },
      },
    ]);
    expect(await run("-f", "xml", "db-name")).toEqual([1, "", 'ovsdb-tool: unknown output format "xml"\n']);
  });

  it("lets a role do what it may", async () => {
    const permission = {
      table: { type: "string" },
      authorization: { type: { key: "string", min: 0, max: "unlimited" } },
      insert_delete: { type: "boolean" },
      update: { type: { key: "string", min: 0, max: "unlimited" } },
    };
    const permissions = {
      type: { key: "string", value: { type: "uuid", refTable: "RBAC_Permission" }, min: 0, max: 9 },
    };
    const tables = {
      RBAC_Role: { columns: { name: { type: "string" }, permissions }, isRoot: true },
      RBAC_Permission: { columns: permission, isRoot: true },
      T: { columns: { n: { type: "string" } }, isRoot: true },
    };
    host.files.write("/tmp/s.ovsschema", JSON.stringify({ name: "S", version: "1.0.0", tables }));
    await run("create", "/tmp/r.db", "/tmp/s.ovsschema");
    const granted = { table: "T", authorization: "", insert_delete: true };
    const role = { name: "writer", permissions: ["map", [["T", ["named-uuid", "p"]]]] };
    const setUp = [
      { op: "insert", table: "RBAC_Permission", "uuid-name": "p", row: granted },
      { op: "insert", table: "RBAC_Role", row: role },
    ];
    await run("transact", "/tmp/r.db", JSON.stringify(["S", ...setUp]));
    const write = '["S",{"op":"insert","table":"T","row":{}}]';
    expect((await run("--rbac-role=writer", "transact", "/tmp/r.db", write))[1]).toContain('"uuid"');
    for (const command of ["query", "transact"]) {
      expect((await run("--rbac-role=reader", command, "/tmp/r.db", write))[1]).toBe(
        '[{"details":"RBAC rules for client \\"(null)\\" role \\"reader\\" prohibit row insertion into table \\"T\\".","error":"permission error"}]\n',
      );
    }
  });

  it("shows clustered databases as data", async () => {
    host.files.write("/tmp/s.ovsschema", schema);
    await run("--election-timer=2000", "create-cluster", "/tmp/c.db", "/tmp/s.ovsschema", "tcp:127.0.0.1:6643");
    const [status, text] = await run("--format=json", "show-log", "/tmp/c.db");
    expect([status, JSON.parse(text)]).toMatchObject([
      0,
      [
        { record: 0, name: "S", prev_index: 1 },
        { record: 1, election_timer: 2000, index: 2, term: 1 },
      ],
    ]);
    expect(await run("compact", "/tmp/c.db")).toEqual([
      1,
      "",
      "ovsdb-tool: ovsdb error: /tmp/c.db: cannot apply this operation to clustered database file\n",
    ]);
    await run("create", "/tmp/alone.db", "/tmp/s.ovsschema");
    expect((await run("cluster-to-standalone", "/tmp/new.db", "/tmp/alone.db"))[0]).toBe(1);
    expect(host.files.exists("/tmp/new.db")).toBe(false);
  });

  it("prints help and version", async () => {
    expect((await run("--help"))[1]).toContain(
      "The default DB is /tmp/conf.db.\nThe default SCHEMA is /tmp/vswitch.ovsschema.\n",
    );
    expect((await run("-V"))[1]).toMatch(/^ovsdb-tool \(Open vSwitch\) \d/);
    expect((await run("help"))[0]).toBe(0);
    expect((await run("list-commands"))[1]).toContain("  show-log                [db]\n");
  });
});

import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { toolIo } from "../io.js";
import { main, vsctlCommands } from "./main.js";
import { recordNames, singletons, tableNames } from "./record-names.js";

async function run(...argv: string[]) {
  const host = createFakeHost();
  const status = await main(argv, toolIo(host));
  return { status, stdout: host.process.out, stderr: host.process.err };
}

describe("ovs-vsctl", () => {
  it("tells its version, the compatible release first", async () => {
    const { status, stdout } = await run("--version");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ovs-vsctl \(Open vSwitch\) \d+\.\d+\.\d+\nWeft \S+\nDB Schema 8\.8\.0\n$/);
  });

  it("tells of every command and every table in its help", async () => {
    const { stdout } = await run("-h");
    for (const { name } of vsctlCommands) {
      if (name !== "comment") expect(stdout).toMatch(new RegExp(`^  ${name}( |$)`, "m"));
    }
    for (const table of tableNames) expect(stdout).toContain(`\n  ${table}:\n    by UUID\n`);
  });

  it("lists each command once, with its options", async () => {
    const lines = (await run("--commands")).stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(vsctlCommands.length);
    expect(new Set(vsctlCommands.map(({ name }) => name)).size).toBe(vsctlCommands.length);
    expect(lines).toContain("[--if-exists] [--with-iface] ,del-port,?BRIDGE !PORT|IFACE");
  });

  it("names rows by tables and columns that the schema has", () => {
    const { tables } = openVSwitchDeclaration;
    const columns: Record<string, { columns: object; maxRows?: number }> = tables;
    expect([...tableNames]).toEqual(Object.keys(tables).sort());
    for (const [table, names] of Object.entries(recordNames)) {
      for (const { column, via } of names) {
        expect(Object.keys(columns[via?.table ?? table]?.columns ?? {})).toContain(via?.column ?? column);
      }
    }
    expect(singletons).toEqual(tableNames.filter((table) => columns[table]?.maxRows === 1));
  });

  it("looks at names of tables and columns before it connects", async () => {
    expect((await run("list", "foo")).stderr).toBe('ovs-vsctl: unknown table "foo"\n');
    expect((await run("set", "bridge", "br0", "foo=1")).stderr).toBe(
      'ovs-vsctl: Bridge does not contain a column whose name matches "foo"\n',
    );
    expect((await run("list", "bridge")).stderr).toBe(
      "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed (No such file or directory)\n",
    );
  });

  it("says what is missing for TLS", async () => {
    expect(await run("--db=ssl:127.0.0.1:6640", "-C", "none", "show")).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^\S+\|stream_ssl\|ERR\|Private key must be configured to use SSL\n\S+\|stream_ssl\|ERR\|Certificate must be configured to use SSL\novs-vsctl: ssl:127\.0\.0\.1:6640: database connection failed \(Protocol not available\)\n$/,
      ),
    });
  });
});

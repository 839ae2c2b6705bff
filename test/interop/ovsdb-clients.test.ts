import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { eventually } from "../support/eventually.js";
import { describeWith, type Need, program } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { type OurServer, startOurs } from "../support/ovsdb-servers.js";

const run = promisify(execFile);
const schemaFile = "/usr/share/openvswitch/vswitch.ovsschema";
const python = "/usr/bin/python3";

const pythonBindings: Need = {
  name: "python3-openvswitch (Debian package)",
  met: existsSync("/usr/lib/python3/dist-packages/ovs/__init__.py"),
};
const switchSchema = (): Json => JSON.parse(readFileSync(schemaFile, "utf8")) as Json;

describeWith(
  [program("/usr/bin/ovsdb-client", "openvswitch-common"), program(schemaFile, "openvswitch-switch")],
  "the installed clients on our server",
  () => {
    let server: OurServer;
    const remote = (): string => `unix:${server.socket}`;
    const client = async (...args: string[]): Promise<string> =>
      (await run("/usr/bin/ovsdb-client", args, { timeout: 20_000 })).stdout;
    const vsctl = async (...args: string[]): Promise<string> =>
      (await run("/usr/bin/ovs-vsctl", ["--no-wait", "--no-syslog", `--db=${remote()}`, ...args], { timeout: 20_000 }))
        .stdout;

    beforeAll(async () => {
      server = await startOurs(switchSchema());
    });
    afterAll(() => server?.stop());

    it("list databases, schema, tables and columns", async () => {
      expect(await client("list-dbs", remote())).toBe("Open_vSwitch\n_Server\n");
      const schema = JSON.parse(await client("get-schema", remote(), "Open_vSwitch")) as { tables: object };
      expect(Object.keys(schema.tables)).toContain("Bridge");
      expect(await client("list-tables", remote(), "Open_vSwitch")).toContain("Flow_Sample_Collector_Set");
      expect(await client("list-columns", remote(), "Open_vSwitch", "CT_Zone")).toContain("external_ids");
      expect(await client("get-schema-version", remote(), "Open_vSwitch")).toMatch(/^8\.\d+\.\d+\n$/);
      expect(await client("needs-conversion", remote(), schemaFile)).toBe("no\n");
    });

    it("configure bridges with ovs-vsctl, and show them", async () => {
      await vsctl("init");
      await vsctl(
        "add-br",
        "br0",
        "--",
        "add-port",
        "br0",
        "p1",
        "tag=7",
        "--",
        "set",
        "Interface",
        "p1",
        "type=internal",
      );
      await vsctl("set", "Bridge", "br0", "external_ids:a=b", "other_config:hwaddr=02:00:00:00:00:01");
      expect(await vsctl("list-ports", "br0")).toBe("p1\n");
      expect(await vsctl("get", "Port", "p1", "tag")).toBe("7\n");
      expect((await vsctl("show")).split("\n").slice(1).join("\n")).toContain("        Port p1\n            tag: 7\n");
      await vsctl(
        "--",
        "--id=@m",
        "create",
        "Mirror",
        "name=m",
        "select_all=true",
        "--",
        "set",
        "Bridge",
        "br0",
        "mirrors=@m",
      );
      expect(await vsctl("--columns=name", "--bare", "list", "Mirror")).toContain("m");
      await vsctl("clear", "Bridge", "br0", "mirrors");
      expect(await vsctl("list", "Mirror")).toBe("");
      await expect(vsctl("add-br", "br0")).rejects.toThrow(
        "cannot create a bridge named br0 because a bridge named br0 already exists",
      );
    });

    it("dump and transact", async () => {
      expect(await client("dump", "-f", "json", remote(), "Open_vSwitch", "Bridge", "name")).toContain('[["br0"]]');
      const insert = '["Open_vSwitch",{"op":"insert","table":"Bridge","row":{"name":"x"}}]';
      expect(await client("transact", remote(), insert)).toMatch(/^\[\{"uuid":\["uuid","[0-9a-f-]{36}"\]\}\]\n$/);
      expect(
        await client(
          "query",
          remote(),
          '["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["name"]}]',
        ),
      ).toBe('[{"rows":[{"name":"br0"}]}]\n');
    });

    it("wait for what another client does", async () => {
      const waiting = run("/usr/bin/ovs-vsctl", [
        "--no-syslog",
        `--db=${remote()}`,
        "wait-until",
        "Bridge",
        "br9",
        "stp_enable=true",
      ]);
      await vsctl("add-br", "br9");
      await vsctl("set", "Bridge", "br9", "stp_enable=true");
      await waiting;
      await vsctl("del-br", "br9");
    });

    it("monitor with each method", async () => {
      const commands: [string, string[]][] = [
        ["monitor", ["Open_vSwitch", "Bridge", "name"]],
        ["monitor-cond", ["Open_vSwitch", '[["name","==","watched"]]', "Bridge", "name"]],
        ["monitor-cond-since", ["Open_vSwitch", '[["name","==","watched"]]', "Bridge", "name"]],
      ];
      for (const [command, args] of commands) {
        const before = server.server.memory()["monitors"]!;
        const child = spawn("/usr/bin/ovsdb-client", ["-f", "csv", command, remote(), ...args]);
        const lines: string[] = [];
        let wake = (): void => {};
        createInterface(child.stdout).on("line", (line) => {
          lines.push(line);
          wake();
        });
        const until = async (text: string): Promise<void> => {
          while (!lines.some((line) => line.includes(text))) await new Promise<void>((resolve) => (wake = resolve));
        };
        const monitors = (): number | undefined => server.server.memory()["monitors"];
        await eventually(() => monitors() !== before, "the server to count the monitor");
        if (command === "monitor") await until("initial,br0");
        await vsctl("add-br", "watched");
        await until("insert,watched");
        await vsctl("del-br", "watched");
        await until("delete,");
        child.kill();
        await eventually(() => monitors() === before, "the monitor to go");
      }
    });

    it("take and steal locks", async () => {
      const holder = await RawClient.open(server.socket);
      expect(await holder.call("lock", ["x"])).toMatchObject({ result: { locked: true } });
      const child = spawn("/usr/bin/ovsdb-client", ["steal", remote(), "x"]);
      await holder.until(() => holder.notifications.some((n) => n["method"] === "stolen"));
      child.kill();
      await holder.until(() => holder.notifications.some((n) => n["method"] === "locked"));
      holder.close();
    });

    it("convert the schema and back", async () => {
      await client("convert", remote(), schemaFile);
      expect(await vsctl("list-br")).toBe("br0\n");
    });

    it("leave a file that the installed ovsdb-tool reads", async () => {
      await vsctl("set", "Bridge", "br0", "external_ids:later=1");
      const log = (await run("/usr/bin/ovsdb-tool", ["-mm", "show-log", server.file])).stdout;
      expect(log).toContain('record 0: "Open_vSwitch" schema, version="8.');
      expect(log).toContain('    external_ids={later="1"}\n');
      const query = '["Open_vSwitch",{"op":"select","table":"Bridge","where":[],"columns":["external_ids"]}]';
      expect((await run("/usr/bin/ovsdb-tool", ["query", server.file, query])).stdout).toBe(
        '[{"rows":[{"external_ids":["map",[["a","b"],["later","1"]]]}]}]\n',
      );
      await server.server.compact("Open_vSwitch");
      expect((await run("/usr/bin/ovsdb-tool", ["query", server.file, query])).stdout).toContain('["later","1"]');
    });
  },
);

describeWith(
  [program(python, "python3"), pythonBindings, program(schemaFile, "openvswitch-switch")],
  "python3-openvswitch on our server",
  () => {
    let server: OurServer;
    beforeAll(async () => {
      server = await startOurs(switchSchema());
    });
    afterAll(() => server?.stop());

    it("follows the database and commits to it", async () => {
      const other = await RawClient.open(server.socket);
      const insert: Json = { op: "insert", table: "Open_vSwitch", row: { external_ids: ["map", [["k", "v"]]] } };
      await other.call("transact", ["Open_vSwitch", insert]);
      const script = join(import.meta.dirname, "../support/idl-follow.py");
      const columns = ["Open_vSwitch", "ovs_version", "external_ids", "next_cfg"];
      const child = spawn(python, [script, `unix:${server.socket}`, schemaFile, ...columns]);
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const line = async (): Promise<Json> => JSON.parse((await lines.next()).value as string) as Json;
      const exited = new Promise((resolve) => child.once("exit", resolve));

      expect(await line()).toEqual([{ ovs_version: [], external_ids: { k: "v" }, next_cfg: 0 }]);
      const update: Json = { op: "update", table: "Open_vSwitch", where: [], row: { next_cfg: 3 } };
      await other.call("transact", ["Open_vSwitch", update]);
      expect(await line()).toEqual([{ ovs_version: [], external_ids: { k: "v" }, next_cfg: 3 }]);
      child.stdin.write("set ovs_version 9.9\n");
      const said = [await line(), await line()];
      expect(said).toContainEqual({ commit: "success" });
      expect(said).toContainEqual([{ ovs_version: ["9.9"], external_ids: { k: "v" }, next_cfg: 3 }]);
      child.stdin.end();
      await exited;
      other.close();
    });
  },
);

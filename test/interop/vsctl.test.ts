import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { declaredSchema } from "#ovsdb/declaration.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { FakeSwitch } from "../support/fake-switch.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { type OurServer, startOurs } from "../support/ovsdb-servers.js";
import { runOurVsctl } from "../support/vsctl-in-process.js";

let server: OurServer;
let clock: FakeClock;

/** Runs a command line on the server; words are separated by spaces. */
const vsctl = (line: string) => runOurVsctl([`--db=unix:${server.socket}`, ...line.split(" ")], clock);
const done = (stdout = "") => ({ status: 0, stdout, stderr: "" });

beforeEach(async () => {
  server = await startOurs(schemaToJson(declaredSchema(openVSwitchDeclaration)));
  clock = new FakeClock(Date.UTC(2024, 0, 1));
});
afterEach(async () => {
  clock.advance(0);
  await server.stop();
});

describe("waiting for the switch", () => {
  let device: FakeSwitch;
  afterEach(() => device.stop());

  it("ends when cur_cfg has caught up, not before", async () => {
    device = await FakeSwitch.start(server.socket);
    device.pause();
    let ended = false;
    const run = vsctl("add-br br0").finally(() => {
      ended = true;
    });
    await device.asked();
    const probe = await RawClient.open(server.socket);
    const { result } = await probe.call("transact", [
      "Open_vSwitch",
      { op: "select", table: "Open_vSwitch", where: [], columns: ["cur_cfg", "next_cfg"] },
    ]);
    probe.close();
    expect(result).toEqual([{ rows: [{ cur_cfg: 0, next_cfg: 1 }] }]);
    expect(ended).toBe(false);
    device.resume();
    expect(await run).toEqual(done());
  });

  it("is left out where nothing changes", async () => {
    device = await FakeSwitch.start(server.socket);
    await vsctl("add-br br0");
    device.pause();
    expect(await vsctl("--may-exist add-br br0 -- list-br")).toEqual(done("br0\n"));
    expect(await vsctl("set bridge br0 stp_enable=false")).toEqual(done());
  });

  it("tells of interfaces that could not be set up", async () => {
    device = await FakeSwitch.start(server.socket, { bad: "", worse: 'it is "broken"' });
    expect(await vsctl("add-br br0 -- add-port br0 worse -- add-port br0 bad -- add-port br0 good")).toEqual({
      status: 0,
      stdout: "",
      stderr:
        `ovs-vsctl: Error detected while setting up 'worse': it is "broken".  See ovs-vswitchd log for details.\n` +
        `ovs-vsctl: Error detected while setting up 'bad'.  See ovs-vswitchd log for details.\n` +
        `ovs-vsctl: The default log directory is "/var/log/openvswitch".\n`,
    });
  });

  it("is given up by --timeout, with death by SIGALRM", async () => {
    device = await FakeSwitch.start(server.socket);
    device.pause();
    const run = vsctl("--timeout=3 add-br br0");
    await device.asked();
    clock.advance(2999);
    clock.advance(1);
    expect(await run).toEqual({
      status: "SIGALRM",
      stdout: "",
      stderr: "2024-01-01T00:00:03Z|00002|fatal_signal|WARN|terminating with signal 14 (Alarm clock)\n",
    });
  });
});

describe("wait-until", () => {
  it("goes on when another client has made its condition true", async () => {
    await vsctl("--no-wait add-br br0");
    const run = vsctl("--no-wait wait-until bridge br0 stp_enable=true -- get bridge br0 stp_enable");
    expect(await vsctl("--no-wait set bridge br0 stp_enable=true")).toEqual(done());
    expect(await run).toEqual(done("true\n"));
  });

  it("waits for a row that is not there yet", async () => {
    await vsctl("--no-wait init");
    const run = vsctl("--no-wait wait-until interface p0 -- iface-to-br p0");
    await vsctl("--no-wait add-br br0");
    await vsctl("--no-wait add-port br0 p0");
    expect(await run).toEqual(done("br0\n"));
  });
});

describe("several at once", () => {
  it("lose nothing", async () => {
    await vsctl("--no-wait add-br br0");
    const names = Array.from({ length: 24 }, (_, i) => `p${String(i).padStart(2, "0")}`);
    const runs = await Promise.all(names.map((name) => vsctl(`--no-wait add-port br0 ${name} tag=5`)));
    expect(runs).toEqual(names.map(() => done()));
    expect(await vsctl("list-ports br0")).toEqual(done(`${names.join("\n")}\n`));
  });

  it("agree on who was first", async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => vsctl("--no-wait --may-exist add-br br0")));
    expect(runs).toEqual(runs.map(() => done()));
    const more = await Promise.all(Array.from({ length: 8 }, () => vsctl("--no-wait add-port br0 p0")));
    expect(more.filter((run) => run.status === 0)).toHaveLength(1);
    for (const run of more.filter((one) => one.status !== 0)) {
      expect(run.stderr).toBe(
        "ovs-vsctl: cannot create a port named p0 because a port named p0 already exists on bridge br0\n",
      );
    }
  });

  it("change keys of one map side by side", async () => {
    await vsctl("--no-wait add-br br0");
    const keys = Array.from({ length: 12 }, (_, i) => `k${String(i).padStart(2, "0")}`);
    await Promise.all(keys.map((key) => vsctl(`--no-wait set bridge br0 other_config:${key}=1`)));
    const pairs = keys.map((key) => `${key}="1"`).join(", ");
    expect(await vsctl("get bridge br0 other_config")).toEqual(done(`{${pairs}}\n`));
  });
});

describe("the connection", () => {
  it("is tried again and again with --retry", async () => {
    const path = join(server.directory, "late.sock");
    const run = runOurVsctl([`--db=unix:${path}`, "--retry", "--no-wait", "--oneline", "list-br"], clock);
    await clock.advanceAsync(1000);
    await server.server.addRemote(`punix:${path}`);
    await clock.advanceAsync(60_000);
    expect(await run).toEqual(done("\n"));
  });

  it("may come from the server", async () => {
    const path = join(server.directory, "reverse.sock");
    const run = runOurVsctl([`--db=punix:${path}`, "--no-wait", "add-br", "br7", "--", "list-br"], clock);
    await clock.advanceAsync(1);
    await server.server.addRemote(`unix:${path}`);
    expect(await run).toEqual(done("br7\n"));
  });

  it("goes to the first remote that answers", async () => {
    const db = `--db=unix:/nonexistent/a.sock,unix:${server.socket}`;
    expect(await runOurVsctl([db, "--no-wait", "list-br"], clock)).toEqual(done());
  });

  it("that ends is an error", async () => {
    await vsctl("--no-wait init");
    const run = vsctl("--no-wait wait-until bridge br0");
    const other = vsctl("--no-wait set Open_vSwitch . external_ids:x=y");
    await other;
    await server.stop();
    const { status, stderr } = await run;
    expect(status).toBe(1);
    expect(stderr).toBe(`ovs-vsctl: unix:${server.socket}: database connection failed (End of file)\n`);
    server = await startOurs(schemaToJson(declaredSchema(openVSwitchDeclaration)));
  });
});

describe("the database's log", () => {
  it("has the command line of every change", async () => {
    await runOurVsctl([`--db=unix:${server.socket}`, "--no-wait", "add-br", "br0", "--", "comment", "a b"], clock);
    const text = readFileSync(server.file, "utf8");
    const comment = /"_comment":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "";
    expect(JSON.parse(`"${comment}"`)).toMatch(
      /^ovs-vsctl \(invoked by .+\): ovs-vsctl --db=\S+ --no-wait add-br br0 -- comment "a b"$/,
    );
  });
});

describe("--format=json", () => {
  const json = async (line: string) => JSON.parse((await vsctl(`--no-wait -f json ${line}`)).stdout);

  it("gives data for the commands on bridges", async () => {
    await vsctl("--no-wait add-br br0 -- add-br f10 br0 10 -- add-port f10 p0 -- br-set-external-id br0 a b");
    await vsctl("--no-wait set-controller br0 tcp:1.2.3.4 -- set-fail-mode br0 secure -- set-ssl k c a");
    expect(await json("list-br")).toEqual(["br0", "f10"]);
    expect(await json("list-ports f10")).toEqual(["p0"]);
    expect(await json("br-to-vlan f10")).toBe(10);
    expect(await json("br-to-parent f10")).toBe("br0");
    expect(await json("port-to-br p0")).toBe("f10");
    expect(await json("br-get-external-id br0")).toEqual({ a: "b" });
    expect(await json("br-get-external-id br0 x")).toBe(null);
    expect(await json("get bridge br0 external_ids:a")).toBe("b");
    expect(await json("--if-exists get bridge br0 external_ids:x")).toBe(null);
    expect(await json("get bridge br0 name external_ids")).toEqual(["br0", ["map", [["a", "b"]]]]);
    expect(await json("get-controller br0")).toEqual(["tcp:1.2.3.4"]);
    expect(await json("get-fail-mode br0")).toBe("secure");
    expect(await json("get-ssl")).toEqual({
      private_key: "k",
      certificate: "c",
      ca_cert: "a",
      bootstrap_ca_cert: false,
    });
  });

  it("gives the UUID of a new row as it is in the database", async () => {
    const uuid: unknown = await json("create queue dscp=3");
    expect(await json(`get queue ${uuid} _uuid dscp`)).toEqual([["uuid", uuid], 3]);
  });

  it("gives show as a tree", async () => {
    await vsctl("--no-wait add-br br0 -- add-port br0 p0 tag=3 -- set interface p0 type=patch options:peer=p1");
    const [root] = (await json("show")) as [{ bridges: [{ ports: { name: string }[] }] }];
    const port = root.bridges[0].ports.find(({ name }) => name === "p0");
    expect(port).toEqual({
      name: "p0",
      tag: 3,
      interfaces: [{ name: "p0", type: "patch", options: { peer: "p1" } }],
    });
  });
});

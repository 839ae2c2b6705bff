import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { UserError } from "#util/errors.js";
import { Coverage, coverageCommands } from "./coverage.js";
import { JsonRpc } from "./jsonrpc.js";
import { silentLog } from "./logger.js";
import { memoryCommands } from "./memory.js";
import { UnixctlClient } from "./unixctl-client.js";
import { controlSocketPath, UnixctlServer } from "./unixctl-server.js";

async function setup() {
  const host = createFakeHost();
  const server = new UnixctlServer(silentLog);
  const coverage = new Coverage();
  server.register([
    {
      name: "test/add",
      usage: "A B",
      minArgs: 2,
      maxArgs: 2,
      run: ([a, b]) => ({ sum: Number(a) + Number(b) }),
      text: (data) => `sum ${(data as { sum: number }).sum}`,
    },
    {
      name: "test/wait",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => new Promise((resolve) => host.clock.after(10, () => resolve("waited"))),
    },
    {
      name: "test/fail",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => {
        throw new UserError("no");
      },
    },
    ...coverageCommands(coverage),
    ...memoryCommands([() => ({ b: 1, a: 2 }), () => ({ b: 3 })]),
  ]);
  await server.listen(host, "/ctl");
  const client = await UnixctlClient.connect(host, silentLog, "/ctl");
  return { host, server, client, coverage };
}

describe("UnixctlServer", () => {
  it("answers with text that ends its line, and with data when asked for it", async () => {
    const { client } = await setup();
    expect(await client.call("test/add", ["1", "2"])).toEqual({ result: "sum 3\n" });
    expect(await client.call("set-options", ["--format", "json"])).toMatchObject({ result: {} });
    expect(await client.call("test/add", ["1", "2"])).toEqual({ result: { sum: 3 } });
    expect(await client.call("list-commands", [])).toMatchObject({
      result: expect.arrayContaining([{ name: "list-commands", usage: "" }]),
    });
  });

  it.each([
    ["nosuch", [], '"nosuch" is not a valid command (use "list-commands" to see a list of valid commands)\n'],
    ["test/add", ["1"], '"test/add" command requires at least 2 arguments\n'],
    ["test/add", ["1", "2", "3"], '"test/add" command takes at most 2 arguments\n'],
    ["test/fail", [], "no\n"],
    ["coverage/read-counter", ["x"], "No such counter\n"],
  ])("refuses %s %j in upstream's words", async (command, args, error) => {
    const { client } = await setup();
    expect(await client.call(command, args)).toEqual({ error });
  });

  it("refuses arguments that are no strings, and has no echo", async () => {
    const { host } = await setup();
    const rpc = new JsonRpc(await host.streams.connect("unix:/ctl"), silentLog.module("x")).start({});
    await expect(rpc.request("test/add", [1, "2"])).rejects.toThrow('"test/add" command has non-string argument');
    await expect(rpc.request("echo", [])).rejects.toThrow('"echo" is not a valid command');
  });

  it("answers one client in order, and others meanwhile", async () => {
    const { host, client } = await setup();
    const order: string[] = [];
    const other = await UnixctlClient.connect(host, silentLog, "/ctl");
    const all = [
      client.call("test/wait", []).then(() => order.push("wait")),
      client.call("test/add", ["1", "1"]).then(() => order.push("add")),
      other.call("test/add", ["1", "1"]).then(() => order.push("other")),
    ];
    await host.clock.advanceAsync(10);
    await Promise.all(all);
    expect(order).toEqual(["other", "wait", "add"]);
  });

  it("lists commands in upstream's columns", async () => {
    const { server } = await setup();
    expect(await server.runText("list-commands", [])).toBe(
      "The available commands are:\n" +
        "  coverage/read-counter   COUNTER\n" +
        "  coverage/show           \n" +
        "  list-commands           \n" +
        "  memory/show             \n" +
        "  set-options             [--format text|json]\n" +
        "  test/add                A B\n" +
        "  test/fail               \n" +
        "  test/wait               \n",
    );
  });

  it("sums memory figures by name", async () => {
    expect(await (await setup()).client.call("memory/show", [])).toEqual({ result: "a:2 b:4\n" });
  });

  it("shows coverage with its rates as upstream lays them out", async () => {
    const { client, coverage } = await setup();
    const sent = coverage.counter("netlink_sent");
    coverage.counter("unused");
    for (let i = 0; i < 13; i++) {
      sent.add(i === 12 ? 1 : 60);
      coverage.sample();
    }
    const { result } = (await client.call("coverage/show", [])) as { result: string };
    expect(result.replace(/hash=[0-9a-f]{8}/, "hash=H")).toBe(
      "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=H:\n" +
        "netlink_sent               0.2/sec    11.017/sec        0.2003/sec   total: 721\n" +
        "1 events never hit\n",
    );
    expect(await client.call("coverage/read-counter", ["netlink_sent"])).toEqual({ result: "721\n" });
  });

  it("knows where its socket belongs", () => {
    const host = createFakeHost({ OVS_RUNDIR: "/r" });
    expect(controlSocketPath(host, "ovs-vswitchd", undefined)).toBe("/r/ovs-vswitchd.1234.ctl");
    expect(controlSocketPath(host, "ovs-vswitchd", "x.ctl")).toBe("/r/x.ctl");
    expect(controlSocketPath(host, "ovs-vswitchd", "/x.ctl")).toBe("/x.ctl");
    expect(controlSocketPath(host, "ovs-vswitchd", "none")).toBeUndefined();
  });

  it("says why it cannot listen", async () => {
    const host = createFakeHost();
    host.streams.refuse("punix:/x", "ENOENT");
    await expect(new UnixctlServer(silentLog).listen(host, "/x")).rejects.toThrow(
      "/x: could not initialize control socket (No such file or directory)",
    );
  });
});

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, type Need, root } from "../support/needs.js";
import {
  needsRealPrograms,
  ourPrograms,
  realPrograms,
  realSchema,
  type StackOptions,
  type StackPrograms,
  SwitchStack,
} from "../support/switch-stack.js";

const python: Need = {
  name: "python3-openvswitch (Debian package)",
  met: existsSync("/usr/lib/python3/dist-packages/ovs/__init__.py"),
};
const dummies: StackOptions = { switchOptions: ["--enable-dummy", "--disable-system"] };
const followScript = join(import.meta.dirname, "../support/idl-follow.py");

let stack: SwitchStack;
afterEach(() => stack?.close());

const start = async (programs: Partial<StackPrograms>, options: StackOptions = {}): Promise<void> => {
  stack = await SwitchStack.start({ ...ourPrograms, ...programs }, { ...dummies, ...options });
};
const vsctl = async (line: string): Promise<string> =>
  stack.must(stack.programs.vsctl, "--timeout=15", ...line.split(" "));
const dummyBridge =
  "add-br br0 -- set bridge br0 datapath_type=dummy -- add-port br0 p1 -- set interface p1 type=dummy";

/** What every mixture of programs must do. */
async function works(): Promise<void> {
  await vsctl(dummyBridge);
  expect(await vsctl("get interface p1 ofport link_state error")).toBe("1\nup\n[]\n");
  expect(await vsctl("get interface br0 ofport")).toBe("65534\n");
  expect(await vsctl("get bridge br0 datapath_id")).toMatch(/^"0000[0-9a-f]{12}"\n$/);
  await vsctl("add-port br0 p2 -- set interface p2 type=dummy ofport_request=9 mtu_request=1400 -- set port p2 tag=5");
  expect(await vsctl("get interface p2 ofport mtu")).toBe("9\n1400\n");
  const bad = await stack.vsctl("add-port", "br0", "nosuch");
  expect(bad).toEqual({
    status: 0,
    stdout: "",
    stderr: `ovs-vsctl: Error detected while setting up 'nosuch': could not open network device nosuch (No such device).  See ovs-vswitchd log for details.\novs-vsctl: The default log directory is "${stack.directory}".\n`,
  });
  const shown = await stack.must(stack.programs.appctl, "dpif/show");
  expect(shown.split("\n").slice(1)).toEqual([
    "  br0:",
    "    br0 65534/100: (dummy-internal)",
    "    p1 1/1: (dummy)",
    "    p2 9/2: (dummy)",
    "",
  ]);
  await vsctl("del-br br0");
  expect(await stack.must(stack.programs.appctl, "ofproto/list")).toBe("");
}

describeWith([root, needsRealPrograms], "mixed with the installed programs", () => {
  const { ovsdbTool, ovsdbServer, vswitchd, vsctl: realVsctl, appctl } = realPrograms;

  it("our daemons obey the installed ovs-vsctl and ovs-appctl", async () => {
    await start({ vsctl: realVsctl, appctl });
    await works();
  });

  it("the installed daemons obey our ovs-vsctl and ovs-appctl", async () => {
    await start({ ovsdbTool, ovsdbServer, vswitchd });
    await works();
  });

  it("our switch works on the installed database, whose schema is older", async () => {
    await start({ ovsdbTool, ovsdbServer });
    await works();
    const foreseen = "could not open network device nosuch|Open_vSwitch database lacks (Datapath\\.|CT_Zone\\.)";
    expect(stack.log("ovs-vswitchd")).not.toMatch(new RegExp(`\\|(WARN|ERR|EMER)\\|(?!${foreseen})`));
  });

  it("our switch works on our database with an older schema", async () => {
    await start({}, { schema: realSchema });
    await works();
  });

  it("the installed switch works on our database, whose schema is newer", async () => {
    await start({ vswitchd });
    await works();
  });

  it("the installed switch works on our database with its own schema", async () => {
    await start({ vswitchd }, { schema: realSchema });
    await works();
  });

  it("the installed ovsdb-client dumps, changes and follows what the switch writes", async () => {
    await start({});
    const remote = `unix:${stack.path("db.sock")}`;
    const client = stack.background(
      "/usr/bin/ovsdb-client",
      "monitor",
      remote,
      "Open_vSwitch",
      "Interface",
      "name,ofport",
    );
    let seen = "";
    client.stdout?.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    await vsctl(dummyBridge);
    await eventually(() => /\bp1 +1\b/.test(seen), "ovsdb-client monitor to tell of p1");
    expect(
      await stack.must("/usr/bin/ovsdb-client", "dump", remote, "Interface", "name", "ofport", "admin_state"),
    ).toBe(
      [
        "Interface table",
        "admin_state name ofport",
        "----------- ---- ------",
        "up          br0  65534",
        "up          p1   1",
        "",
      ].join("\n"),
    );
    const transaction = JSON.stringify([
      "Open_vSwitch",
      { op: "update", table: "Interface", where: [["name", "==", "p1"]], row: { mtu_request: 1333 } },
      { op: "mutate", table: "Open_vSwitch", where: [], mutations: [["next_cfg", "+=", 1]] },
    ]);
    expect(await stack.must("/usr/bin/ovsdb-client", "transact", remote, transaction)).toBe(
      '[{"count":1},{"count":1}]\n',
    );
    const wait = ["wait", remote, "Open_vSwitch", "connected"];
    expect((await stack.run("/usr/bin/ovsdb-client", ...wait)).status).toBe(0);
    await eventually(async () => (await vsctl("--no-wait get interface p1 mtu")) === "1333\n", "the MTU to change");
  });

  it("the lock: a second switch waits, and takes over when the first goes", async () => {
    await start({});
    await vsctl(dummyBridge);
    const second = (name: string) =>
      stack.background(
        ourPrograms.vswitchd,
        `--pidfile=${stack.path(name)}.pid`,
        `--unixctl=${stack.path(name)}.ctl`,
        `--log-file=${stack.path(name)}.log`,
        "-vconsole:off",
        "--enable-dummy",
        "--disable-system",
        `unix:${stack.path("db.sock")}`,
      );
    second("other");
    await eventually(
      () => stack.log("other").includes("another ovs-vswitchd process is running"),
      "the second to notice",
    );
    expect(stack.log("other")).toMatch(
      /\|bridge\|ERR\|another ovs-vswitchd process is running, disabling this process \(pid \d+\) until it goes away\n/,
    );
    const list = () => stack.must(ourPrograms.appctl, "-t", stack.path("other.ctl"), "ofproto/list");
    expect(await list()).toBe("");
    await vsctl("add-port br0 p2 -- set interface p2 type=dummy");
    await stack.stop("ovs-vswitchd", "SIGKILL");
    await vsctl("add-port br0 p3 -- set interface p3 type=dummy");
    expect(await list()).toBe("br0\n");
    expect(await vsctl("get interface p1 ofport -- get interface p2 ofport -- get interface p3 ofport")).toBe(
      "1\n2\n3\n",
    );
  });
});

describeWith([root, needsRealPrograms, python], "python3-openvswitch's replica", () => {
  it("follows our database while our switch writes, and its changes reach the switch", async () => {
    await start({});
    const args = [
      followScript,
      `unix:${stack.path("db.sock")}`,
      realSchema,
      "Interface",
      "name",
      "ofport",
      "link_state",
    ];
    const follower = spawn("/usr/bin/python3", args, { stdio: ["pipe", "pipe", "inherit"] });
    try {
      let latest: unknown;
      createInterface({ input: follower.stdout }).on("line", (line) => {
        latest = JSON.parse(line) as unknown;
      });
      const shows = (rows: unknown) =>
        eventually(
          () => JSON.stringify(latest) === JSON.stringify(rows),
          `${JSON.stringify(rows)}, not ${JSON.stringify(latest)}`,
        );
      await vsctl(dummyBridge);
      const row = (name: string, ofport: number, state = "up") => ({ link_state: [state], name, ofport: [ofport] });
      await shows([row("br0", 65534), row("p1", 1)]);
      await stack.appctl("netdev-dummy/set-admin-state", "p1", "down");
      await shows([row("br0", 65534), row("p1", 1, "down")]);
      await vsctl(
        "set interface p1 ofport_request=44 -- del-port p1 -- add-port br0 p2 -- set interface p2 type=dummy",
      );
      await shows([row("br0", 65534), row("p2", 2)]);
    } finally {
      follower.kill("SIGKILL");
    }
  });
});

import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root, tun } from "../support/needs.js";
import { ourPrograms, SwitchStack } from "../support/switch-stack.js";

const { vswitchd } = ourPrograms;

describeWith([root, tun], "the switch in trouble", () => {
  let stack: SwitchStack;
  beforeEach(async () => {
    stack = await SwitchStack.start(ourPrograms, { switchOptions: ["--enable-dummy"] });
  });
  afterEach(() => stack?.close());

  const vsctl = (line: string) => stack.must(ourPrograms.vsctl, "--timeout=15", ...line.split(" "));
  const port = (name: string) => `add-port br0 ${name} -- set interface ${name} type=dummy`;

  it("refuses a second daemon with its pidfile", async () => {
    const pid = stack.pid("ovs-vswitchd");
    const second = await stack.run(vswitchd, "--pidfile", "--detach", "--no-chdir", "-vconsole:warn");
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(
      `ovs-vswitchd: ${stack.path("ovs-vswitchd.pid")}: already running as pid ${pid}, aborting\n`,
    );
    expect(await vsctl("add-br br0 -- list-br")).toBe("br0\n");
  });

  it("refuses two databases and a directory it cannot write", async () => {
    const two = await stack.run(vswitchd, "unix:a", "unix:b");
    expect([two.status, two.stderr]).toEqual([
      1,
      "ovs-vswitchd: at most one non-option argument accepted; use --help for usage\n",
    ]);
    const unwritable = await stack.run(vswitchd, "--detach", "--pidfile=/proc/nothing/x.pid", "-vconsole:off");
    expect(unwritable.status).toBe(1);
    expect(unwritable.stderr).toMatch(
      /^ovs-vswitchd: \/proc\/nothing\/x\.pid\.tmp: create failed \(No such file or directory\)\n/,
    );
  });

  it("goes on trying a database that is not there, and says so", async () => {
    const child = stack.background(
      vswitchd,
      `--unixctl=${stack.path("x.ctl")}`,
      `--log-file=${stack.path("x.log")}`,
      "-vconsole:off",
      "bogus:nothing",
    );
    await eventually(
      () =>
        /bogus:nothing: connection attempt failed \(Address family not supported by protocol\)/.test(stack.log("x")),
      "a complaint",
    );
    expect(child.exitCode).toBeNull();
    expect(await stack.must(ourPrograms.appctl, "-t", stack.path("x.ctl"), "ofproto/list")).toBe("");
  });

  it("without privilege says why an interface cannot be made, and serves what it can", async () => {
    await stack.stop("ovs-vswitchd");
    await stack.must("chown", "-R", "nobody", stack.directory);
    const child = stack.background(
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      vswitchd,
      "--enable-dummy",
      `--log-file=${stack.path("ovs-vswitchd.log")}`,
      "-vconsole:off",
    );
    await vsctl("add-br br0 -- set bridge br0 datapath_type=dummy");
    const ran = await stack.vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev");
    expect(ran.status).toBe(0);
    expect(ran.stderr).toBe(
      `ovs-vsctl: Error detected while setting up 'br1'.  See ovs-vswitchd log for details.\novs-vsctl: The default log directory is "${stack.directory}".\n`,
    );
    expect(await vsctl("get interface br0 ofport -- get interface br1 ofport")).toBe("65534\n[]\n");
    expect(stack.log("ovs-vswitchd")).toContain("|bridge|ERR|failed to create bridge br1: Operation not permitted\n");
    expect(child.exitCode).toBeNull();
    child.kill("SIGTERM");
  });

  it("catches up after its database was away during a burst of changes", async () => {
    await vsctl(`add-br br0 -- set bridge br0 datapath_type=dummy -- ${port("p1")}`);
    for (let round = 0; round < 3; round++) {
      const burst = Array.from({ length: 10 }, (_, i) =>
        stack.vsctl("--no-wait", ...port(`r${round}-${i}`).split(" ")),
      );
      await Promise.race(burst);
      await stack.stop("ovsdb-server", "SIGKILL");
      await Promise.all(burst);
      await stack.startDatabase();
    }
    const listed = (await vsctl("--no-wait list-ports br0")).trim().split("\n");
    expect(listed.length).toBeGreaterThan(3);
    await vsctl("set bridge br0 other_config:a=b");
    const shown = await stack.must(ourPrograms.appctl, "dpif/show");
    const running = [...shown.matchAll(/^ {4}(\S+) \d+\/\d+: \(dummy\)/gm)].map(([, name]) => name!);
    expect(running.sort()).toEqual(listed.sort());
    const ofports = (await vsctl("--bare --columns=ofport list interface")).split(/\s+/).filter(Boolean);
    expect(new Set(ofports).size).toBe(listed.length + 1);
  });

  it("builds two hundred bridges with a thousand ports from one line, and takes them down", async () => {
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
    const bridges = numbers(200).flatMap((b) => [
      ..."-- add-br b -- set bridge b datapath_type=dummy".split(" ").map((w) => (w === "b" ? `b${b}` : w)),
      ...numbers(5).flatMap((p) => [
        "--",
        "add-port",
        `b${b}`,
        `p${b}-${p}`,
        "--",
        "set",
        "interface",
        `p${b}-${p}`,
        "type=dummy",
      ]),
    ]);
    expect(await stack.vsctl(...bridges)).toEqual({ status: 0, stdout: "", stderr: "" });
    const [hits, ...shown] = (await stack.must(ourPrograms.appctl, "dpif/show")).trim().split("\n");
    expect(hits).toMatch(/^dummy@/);
    expect(shown).toHaveLength(200 * 7);
    const bad = await vsctl("--bare --columns=name find interface error!=[]");
    expect(bad).toBe("");
    expect(await stack.vsctl(...numbers(200).flatMap((b) => ["--", "del-br", `b${b}`]))).toMatchObject({ status: 0 });
    expect(await stack.must(ourPrograms.appctl, "ofproto/list")).toBe("");
  });

  it("leaves a bridge's own device with its address to the next daemon, and takes it away with --cleanup", async () => {
    await vsctl("add-br br0 -- set bridge br0 datapath_type=netdev");
    await stack.must("ip", "addr", "add", "10.99.0.1/24", "dev", "br0");
    const address = async () => (await stack.run("ip", "-o", "addr", "show", "br0")).stdout.includes("10.99.0.1/24");
    const index = await vsctl("get interface br0 ifindex");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await stack.stop("ovs-vswitchd", signal);
      expect(await address()).toBe(true);
      await stack.startSwitch();
      expect(await address()).toBe(true);
      expect(await vsctl("set bridge br0 other_config:a=b -- get interface br0 ifindex")).toBe(index);
    }
    const pid = stack.pid("ovs-vswitchd");
    await stack.must(ourPrograms.appctl, "exit", "--cleanup");
    await eventually(async () => (await stack.run("ip", "link", "show", "br0")).status !== 0, "br0 to go");
    await eventually(async () => (await stack.run("kill", "-0", String(pid))).status !== 0, "the daemon to end");
  });

  it("survives a real port that comes and goes two hundred times", async () => {
    await vsctl("add-br br0 -- set bridge br0 datapath_type=netdev");
    await stack.must("ip", "link", "add", "wir0", "type", "veth", "peer", "name", "wir1");
    const before = Number((await stack.must("ls", `/proc/${stack.pid("ovs-vswitchd")}/fd`)).split("\n").length);
    const add = "--may-exist add-port br0 wir0".split(" ");
    const del = "del-port br0 wir0".split(" ");
    for (let i = 0; i < 200; i++) {
      // Now and then one waits, so that both single steps and steps that cancel each other come to the switch.
      const wait = i % 20 === 0 ? [] : ["--no-wait"];
      const ran = await stack.vsctl(...wait, ...(i % 2 === 0 ? add : del));
      expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
    }
    expect(await vsctl("add-port br0 wir0 -- get interface wir0 error")).toBe("[]\n");
    expect(await vsctl("get interface wir0 ofport error link_state")).toMatch(/^\d+\n\[\]\n(up|down)\n$/);
    await stack.must("ip", "link", "del", "wir0");
    await eventually(async () => (await vsctl("get interface wir0 ofport")) === "-1\n", "the port to go");
    expect(await vsctl("get interface wir0 error")).toBe('"could not open network device wir0 (No such device)"\n');
    await stack.must("ip", "link", "add", "wir0", "type", "veth", "peer", "name", "wir1");
    await eventually(async () => (await vsctl("get interface wir0 error")) === "[]\n", "the port to return");
    const after = Number((await stack.must("ls", `/proc/${stack.pid("ovs-vswitchd")}/fd`)).split("\n").length);
    expect(after - before).toBeLessThan(10);
    expect(stack.log("ovs-vswitchd")).not.toMatch(/\|(ERR|EMER)\|/);
  });
});

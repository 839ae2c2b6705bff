import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, program, root } from "../support/needs.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const openssl = "/usr/bin/openssl";
const ours = join(import.meta.dirname, "../../bin/ovs-testcontroller");
const real = "/usr/bin/ovs-testcontroller";
const ofctl = "/usr/bin/ovs-ofctl";

const [a, b, c] = ["50:54:00:00:00:05", "50:54:00:00:00:07", "50:54:00:00:00:09"] as const;
const ip = "eth_type(0x0800),ipv4(src=192.168.0.1,dst=192.168.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=8,dst=9)";
const vlan = (inner: string): string => `eth_type(0x8100),vlan(vid=7,pcp=3),encap(${inner})`;
const ipv6 =
  "eth_type(0x86dd),ipv6(src=::1,dst=::2,label=0,proto=58,tclass=0,hlimit=64,frag=no),icmpv6(type=128,code=0)";
const arp = `eth_type(0x0806),arp(sip=1.2.3.4,tip=5.6.7.8,op=1,sha=${b},tha=00:00:00:00:00:00)`;

/** What comes in, where, and how many flows there are beside the controller's own afterwards. */
const traffic: readonly (readonly [port: number, frame: string, flows: number])[] = [
  [1, `eth(src=${a},dst=${b}),${ip}`, 0],
  [2, `eth(src=${b},dst=${a}),${ip}`, 1],
  [1, `eth(src=${a},dst=${b}),${ip}`, 2],
  [2, `eth(src=${b},dst=ff:ff:ff:ff:ff:ff),${arp}`, 2],
  [2, `eth(src=${b},dst=01:80:c2:00:00:00),${arp}`, 3],
  [3, `eth(src=${c},dst=${a}),${vlan(ipv6)}`, 4],
  [1, `eth(src=${a},dst=${c}),${vlan(ipv6)}`, 5],
];

const needs = [root, needsRealPrograms, program(openssl, "openssl"), program(real, "openvswitch-testcontroller")];

const switches = { "the installed ovs-vswitchd": realPrograms.vswitchd, ours: ourPrograms.vswitchd } as const;

describeWith(needs, "ovs-testcontroller and ovs-vswitchd", () => {
  describe.each(Object.entries(switches))("%s", (_, vswitchd) => serves(vswitchd));
});

/** What controllers and a switch do together. */
function serves(vswitchd: string): void {
  let stack: SwitchStack;

  beforeAll(async () => {
    stack = await SwitchStack.start(
      { ...realPrograms, vswitchd },
      { switchOptions: ["--enable-dummy", "--disable-system"] },
    );
    for (const [n, bridge] of ["br0", "br1"].entries()) {
      const ports = [1, 2, 3].map(
        (p) => `add-port ${bridge} ${bridge}p${p} -- set interface ${bridge}p${p} type=dummy ofport_request=${p}`,
      );
      const made = `add-br ${bridge} -- set bridge ${bridge} datapath_type=dummy fail_mode=secure other_config:datapath-id=00000000000000b${n}`;
      await stack.must(stack.programs.vsctl, ...[made, ...ports].join(" -- ").split(" "));
    }
  }, 30_000);
  afterAll(() => stack?.close());

  const dump = async (bridge: string, version: string): Promise<string[]> => {
    const text = await stack.must(ofctl, "-O", version, "--no-stats", "dump-flows", bridge);
    return text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .sort();
  };

  /** How often the switch's log says something. */
  const told = (text: string): number => stack.log("ovs-vswitchd").split(text).length - 1;

  /** Has a controller, started with these words, switch the traffic of a bridge; gives the flows and what its ports sent. */
  async function run(controller: string, words: readonly string[], version: string, bridge: string): Promise<unknown> {
    const socket = stack.path(`${bridge}.controller`);
    const life = ["-vconsole:off", `--pidfile=${socket}.pid`, `--unixctl=${socket}.ctl`, "--detach", "--no-chdir"];
    await stack.must(controller, ...life, ...words, `punix:${socket}`);
    await stack.must(stack.programs.vsctl, "set", "bridge", bridge, `protocols=${version}`);
    const connections = told(`${bridge}<->unix:${socket}: connected`);
    await stack.must(stack.programs.vsctl, "set-controller", bridge, `unix:${socket}`);
    const own = version === "OpenFlow13" ? 1 : 0;
    const connected = async (): Promise<boolean> =>
      told(`${bridge}<->unix:${socket}: connected`) > connections && (await dump(bridge, version)).length === own;
    await eventually(connected, "the controller");
    const before = await sent(bridge, version);
    for (const [i, [port, frame, flows]] of traffic.entries()) {
      await stack.appctl("netdev-dummy/receive", `${bridge}p${port}`, frame);
      const said = async (): Promise<boolean> =>
        (await dump(bridge, version)).length === own + flows &&
        (i !== 0 || (await sent(bridge, version))[2] !== before[2]);
      await eventually(said, `the flows of packet ${i}`);
    }
    const result = { flows: await dump(bridge, version) };
    await stack.must(stack.programs.vsctl, "del-controller", bridge, "--", "clear", "bridge", bridge, "protocols");
    const pid = Number(readFileSync(`${socket}.pid`, "utf8"));
    process.kill(pid, "SIGTERM");
    await eventually(() => !existsSync(`${socket}.pid`), "the controller to end");
    return result;
  }

  const sent = async (bridge: string, version: string): Promise<string[]> =>
    [...(await stack.must(ofctl, "-O", version, "dump-ports", bridge)).matchAll(/tx pkts=(\d+)/g)].map((m) => m[1]!);

  for (const [words, version] of [
    [[], "OpenFlow10"],
    [[], "OpenFlow13"],
    [["-w", "--max-idle=9"], "OpenFlow10"],
    [["-q", "4"], "OpenFlow13"],
  ] as const) {
    const title = `installs the flows that the installed one does: ${version} ${words.join(" ")}`;
    it(title.trim(), { timeout: 60_000 }, async () => {
      const [result, expected] = await Promise.all([
        run(ours, words, version, "br0"),
        run(real, words, version, "br1"),
      ]);
      expect(result).toEqual(expected);
    });
  }

  it("serves switches over TLS, and ends when told to", async () => {
    const at = (name: string): string => stack.path(name);
    for (const name of ["controller", "switch"]) {
      const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
      const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...files];
      execFileSync(openssl, args, { stdio: "ignore" });
    }
    const keys = ["-p", at("controller.key"), "-c", at("controller.pem"), "-C", at("switch.pem")];
    const life = ["--detach", "--no-chdir", "--pidfile", "--log-file", "-vconsole:off"];
    await stack.must(ours, ...life, ...keys, "-n", "pssl:0:127.0.0.1");
    const log = stack.log("ovs-testcontroller");
    const port = /listening on port (\d+)/.exec(log)![1]!;
    await stack.must(stack.programs.vsctl, "set-ssl", at("switch.key"), at("switch.pem"), at("controller.pem"));
    await stack.must(stack.programs.vsctl, "set-controller", "br0", `ssl:127.0.0.1:${port}`);
    const name = `br0<->ssl:127.0.0.1:${port}`;
    await eventually(() => told(`${name}: connected`) === 1, "the connection");
    await stack.must(stack.programs.appctl, "-t", "ovs-testcontroller", "exit");
    await eventually(() => told(`${name}: connection closed by peer`) === 1, "its end");
    await eventually(() => !existsSync(at("ovs-testcontroller.pid")), "the controller to end");
  }, 30_000);
}

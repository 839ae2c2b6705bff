import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createNodeHost } from "#host/node/host.js";
import { parseFlowMod, parseFlowSelection } from "#openflow/flow-text.js";
import { formatFlowStats } from "#openflow/messages/flow/flow-stats.js";
import type { Body } from "#openflow/messages/table.js";
import { versionName, versions } from "#openflow/version.js";
import { OpenFlowClient, type OpenFlowClientSettings, OpenFlowRefusal } from "#runtime/openflow-client.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { OpenFlowSession } from "#runtime/openflow-session.js";
import { OpenFlowSwitch } from "#runtime/openflow-switch.js";
import { recordingLog } from "#runtime/recording-log.js";
import { eventually } from "../support/eventually.js";
import { describeWith, program, root } from "../support/needs.js";
import { needsRealPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const openssl = "/usr/bin/openssl";
const ofctl = "/usr/bin/ovs-ofctl";
const testcontroller = join(import.meta.dirname, "../../bin/ovs-testcontroller");

const flow = (text: string): Body => parseFlowMod(text, "add").flowMod;
const flowsOf = (text: string) => ({ kind: "flow_stats_request", ...parseFlowSelection(text).selection }) as const;

describeWith([root, needsRealPrograms, program(openssl, "openssl")], "OpenFlow sessions with ovs-vswitchd", () => {
  const host = createNodeHost();
  let stack: SwitchStack;
  let ports: { readonly tcp: number; readonly ssl: number };
  const at = (name: string): string => stack.path(name);

  beforeAll(async () => {
    const switchOptions = ["--enable-dummy", "--disable-system", "--disable-system-route"];
    stack = await SwitchStack.start(realPrograms, { switchOptions, hostNetwork: true });
    for (const name of ["client", "switch"]) {
      const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
      const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...files];
      execFileSync(openssl, args, { stdio: "ignore" });
    }
    await stack.must(stack.programs.vsctl, "set-ssl", at("switch.key"), at("switch.pem"), at("client.pem"));
    const protocols = `protocols=${versions.map(versionName).join(",")}`;
    const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure ${protocols}`;
    const port = "add-port br0 p1 -- set interface p1 type=dummy ofport_request=1";
    await stack.must(stack.programs.vsctl, ...`${bridge} -- ${port}`.split(" "));
    await stack.must(stack.programs.vsctl, "set-controller", "br0", "ptcp:0:127.0.0.1", "pssl:0:127.0.0.1");
    const listening = (): readonly RegExpMatchArray[] => [
      ...stack.log("ovs-vswitchd").matchAll(/\|0:127\.0\.0\.1: listening on port (\d+)/g),
    ];
    await eventually(() => listening().length === 2, "the switch to listen");
    const [one, other] = listening().map((found) => Number(found[1])) as [number, number];
    // Which of them is which is found out: only one says hello without TLS.
    const plain = await OpenFlowClient.over(host, recordingLog(), await connect(`tcp:127.0.0.1:${one}`), {
      timeout: 1000,
    })
      .then((client) => client.close())
      .then(
        () => true,
        () => false,
      );
    ports = plain ? { tcp: one, ssl: other } : { tcp: other, ssl: one };
  }, 30_000);
  afterAll(() => stack?.close());

  const connect = (name: string) => host.streams.connect(name);

  async function open(name: string, settings: OpenFlowClientSettings = {}): Promise<OpenFlowSwitch> {
    const log = recordingLog("info");
    return new OpenFlowSwitch(await OpenFlowClient.connect(host, log, name, settings), log);
  }

  async function texts(sw: OpenFlowSwitch, selection: string): Promise<string[]> {
    const all: string[] = [];
    for await (const { flows } of sw.replies(flowsOf(selection))) {
      for (const one of flows) all.push(formatFlowStats(one, { stats: false }).trim());
    }
    return all;
  }

  for (const version of versions) {
    it(`adds, lists and is refused flows in ${versionName(version)}`, async () => {
      const sw = await open(`tcp:127.0.0.1:${ports.tcp}`, { versions: 1 << version });
      expect(sw.version).toBe(version);
      const { datapathId } = await sw.request({ kind: "features_request" });
      expect(datapathId).not.toBe(0n);
      await sw.extend();
      await sw.apply(flow("priority=9,ip,nw_dst=10.0.0.0/8,actions=output:1"), flow("priority=8,reg0=5,actions=drop"));
      const real = await stack.must(ofctl, "-O", versionName(version), "--no-stats", "dump-flows", "br0");
      const theirs = real.split("\n").map((line) => line.trim());
      expect(await texts(sw, "")).toEqual(theirs.filter((line) => line !== ""));
      const refused = sw.apply(flow("priority=7,actions=drop"), flow("actions=group:77"), flow("actions=drop"));
      await expect(refused).rejects.toBeInstanceOf(OpenFlowRefusal);
      await expect(refused).rejects.toMatchObject({ error: { error: "OFPBAC_BAD_OUT_GROUP" } });
      await sw.apply(parseFlowMod("", "delete").flowMod);
      expect(await texts(sw, "")).toEqual([]);
      sw.close();
    });
  }

  it("sends ten thousand flows with one barrier, and reads them in as many parts as they take", async () => {
    const sw = await open(`tcp:127.0.0.1:${ports.tcp}`);
    const lines = Array.from(
      { length: 10_000 },
      (_, i) => `table=5,ip,nw_dst=10.${i >> 8}.${i & 255}.1,actions=output:1`,
    );
    await sw.apply(...lines.map(flow));
    const listed = await texts(sw, "table=5");
    expect(
      new Set(listed.map((line) => line.replace(/^table=5, ip,/, "table=5,ip,").replace(" actions", ",actions"))),
    ).toEqual(new Set(lines));
    await sw.apply(parseFlowMod("table=5", "delete").flowMod);
    sw.close();
  }, 30_000);

  it("speaks over TLS, each side knowing the other", async () => {
    const read = (name: string): string => readFileSync(at(name), "utf8");
    const tls = { privateKey: read("client.key"), certificate: read("client.pem"), caCertificate: read("switch.pem") };
    const sw = await open(`ssl:127.0.0.1:${ports.ssl}`, { connect: { tls } });
    expect(sw.client.stream.peerCommonName).toBe("switch");
    await sw.barrier();
    sw.close();
    const stranger = { ...tls, caCertificate: read("client.pem") };
    await expect(open(`ssl:127.0.0.1:${ports.ssl}`, { connect: { tls: stranger } })).rejects.toThrow("ssl:127.0.0.1");
  });

  it("is a controller that the switch stays connected to, and comes back to", async () => {
    const log = recordingLog("info");
    const sessions: OpenFlowSession[] = [];
    const listen = () =>
      listenOpenFlow(host, log, `punix:${at("c")}`, (stream) => {
        sessions.push(OpenFlowSession.accepted(host, log, stream, {}));
      });
    let listener = await listen();
    await stack.must(stack.programs.vsctl, "set-controller", "br0", "ptcp:0:127.0.0.1", `unix:${at("c")}`);
    await eventually(() => sessions[0]?.isConnected === true, "the switch");
    expect(sessions[0]!.version).toBe(6);
    listener.close();
    sessions[0]!.close();
    listener = await listen();
    await eventually(() => sessions[1]?.isConnected === true, "the switch to come back");
    expect(sessions[1]!.status()).toMatchObject({ state: "ACTIVE" });
    await stack.must(stack.programs.vsctl, "set-controller", "br0", "ptcp:0:127.0.0.1");
    await eventually(() => sessions[1]!.stats.state === "DISCONNECTED", "the switch to go");
    expect(sessions[1]!.stats.lastError).toBe("End of file");
    listener.close();
  }, 15_000);

  it("has ovs-testcontroller connect to a switch that listens, and end with it", async () => {
    const { child, ended } = startController(`unix:${at("br0.mgmt")}`);
    const flows = (): Promise<string> => stack.must(ofctl, "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0");
    await eventually(async () => (await flows()).includes("CONTROLLER:128"), "the controller's flow");
    await stack.must(stack.programs.vsctl, "del-br", "br0");
    expect(await ended).toBe(0);
    child.kill();
  });

  function startController(...words: string[]) {
    const child = stack.background(testcontroller, "-vconsole:off", "--unixctl=none", ...words);
    const ended = new Promise<number | null>((resolve) => child.once("exit", (status) => resolve(status)));
    return { child, ended };
  }
});

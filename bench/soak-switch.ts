/* One switch of a soak, with its pairs of guests, from its start to what it has to say for itself. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFlowMod } from "#openflow/flow-text.js";
import { encodeMessage } from "#openflow/messages/codec.js";
import { OF14 } from "#openflow/version.js";
import { createNamespace, type NetworkNamespace } from "../src/host/linux/namespaces.js";
import { cpuOf, type Guest } from "./guests.js";
import { OpenFlowPeer } from "./openflow-peer.js";
import { startOurSwitch } from "./our-switch.js";
import type { RealSwitch } from "./real-switch.js";
import { MapWatch } from "./soak-maps.js";
import { MemoryWatch } from "./soak-memory.js";
import { type Frames, framesOf, makePairs, type Pair, since, tellSafely } from "./soak-pairs.js";
import { endlessFlowMods, FLOWS, firewall, Plugs } from "./soak-plugs.js";

const FLOW_MODS_PER_SECOND = 200;
/** Seconds between ports that come or go. */
const PLUGGING = 2;
const bin = join(process.argv[1]!, "../../../bin");

function start(guest: Guest, command: readonly string[]): ChildProcess {
  // It ends with us, however we end.
  const line = ["--pdeathsig", "KILL", ...guest.enter, ...command];
  return spawn("setpriv", line, { stdio: ["ignore", "pipe", "inherit"] });
}

function collect(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", () => resolve(text)));
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const encode = (command: string, line: string): Uint8Array =>
  encodeMessage(parseFlowMod(line, command as "add").flowMod, OF14, 1);

/** The engine of a soak's switch, by its datapath_type. */
export type SoakEngine = "netdev" | "system";

/** What each way of each pair sent, and what arrived. */
export type SoakFrames = readonly { readonly title: string; readonly there: Frames; readonly back: Frames }[];

/** A switch that is soaked; `begin` when all are ready, then `run` until its traffic ends. */
export class SoakSwitch {
  readonly engine: SoakEngine;
  readonly #seconds: number;
  readonly #directory = mkdtempSync(join(tmpdir(), "weft-soak-"));
  readonly #memory = new MemoryWatch(this.#directory);
  readonly #home: NetworkNamespace = createNamespace();
  readonly #children: ChildProcess[] = [];
  readonly #pairs: readonly Pair[];
  #switch: RealSwitch | undefined;
  #peer: OpenFlowPeer | undefined;
  #mods: Generator<string[]> | undefined;

  constructor(engine: SoakEngine, seconds: number) {
    this.engine = engine;
    this.#seconds = seconds;
    this.#pairs = makePairs(this.#home, seconds);
  }

  async prepare(): Promise<void> {
    const pairs = this.#pairs;
    const running = await startOurSwitch(this.#home, [], this.#memory.environment, this.engine);
    this.#switch = running;
    const { vsctl } = running;
    vsctl("add-br", "br1", "--", "set", "bridge", "br1", `datapath_type=${this.engine}`);
    for (const [own, other] of [
      ["br0", "br1"],
      ["br1", "br0"],
    ]) {
      const patch = ["set", "interface", `p-${own}`, "type=patch", `options:peer=p-${other}`];
      vsctl("add-port", own!, `p-${own}`, "--", ...patch);
    }
    for (const { guests, bridges, tag } of pairs)
      for (const side of [0, 1] as const) vsctl("add-port", bridges[side], guests[side].port, `tag=${tag}`);
    const numberOf = (port: string): number => Number(vsctl("get", "interface", port, "ofport"));
    const last = pairs.at(-1)!;
    const near = pairs.flatMap((pair) => pair.guests.filter((_, side) => pair.bridges[side] === "br0"));
    this.#peer = await OpenFlowPeer.connect(join(running.directory, "br0.mgmt"));
    const always = [...FLOWS, ...firewall(numberOf(last.guests[0].port), numberOf(last.guests[1].port))];
    await this.#peer.through(Buffer.concat(always.map((line) => encode("add", line))));
    this.#mods = endlessFlowMods(near.map((guest) => numberOf(guest.port)));
    for (const { guests, servers } of pairs)
      for (const server of servers) {
        const child = start(guests[1], server);
        this.#children.push(child);
        await new Promise((resolve) => child.stdout!.once("data", resolve));
      }
  }

  /** Has the pairs speak until they have said all; prints what became of it. */
  async run(): Promise<SoakFrames> {
    const pairs = this.#pairs;
    const running = this.#switch!;
    const before = pairs.map(({ guests }) => guests.map(framesOf));
    const clients = pairs.map(({ guests, client }) => start(guests[0], client));
    this.#children.push(...clients);
    const cpuBefore = cpuOf(running.pid);
    const maps = new MapWatch(running.pid);
    const churned = this.#churn(Promise.all(clients.map(collect)));
    const { told, took, lines } = await churned;
    const cpu = (cpuOf(running.pid) - cpuBefore) / 1000 / took;
    // What is on its way arrives.
    await pause(500);
    const frames = pairs.map(({ title, guests }, i) => {
      const [a, b] = guests.map((guest, side) => since(before[i]![side]!, framesOf(guest))) as [Frames, Frames];
      return { title, there: { tx: a.tx, rx: b.rx }, back: { tx: b.tx, rx: a.rx } };
    });
    console.log(`\n${this.engine}: ${lines}, ${(100 * cpu).toFixed(0)}% of a processor`);
    console.log(`  ${"".padEnd(26)}   sent there arrived    lost     back  arrived     lost`);
    for (const [i, { title, there, back }] of frames.entries()) {
      const figures = [there.tx, there.rx, there.tx - there.rx, back.tx, back.rx, back.tx - back.rx];
      const row = figures.map((n) => String(n).padStart(9)).join("");
      console.log(`  ${title.padEnd(26)} ${row}   ${tellSafely(pairs[i]!, told[i]!)}`);
    }
    for (const line of [...this.#memory.report(), ...maps.report()]) console.log(line);
    maps.close();
    this.#tellOfSwitch();
    return frames;
  }

  /** Changes rules and ports until the pairs are done. */
  async #churn(outputs: Promise<string[]>): Promise<{ told: string[]; took: number; lines: string }> {
    const peer = this.#peer!;
    const plugs = new Plugs(this.#home, this.#switch!.vsctl);
    const began = performance.now();
    const elapsed = (): number => (performance.now() - began) / 1000;
    let isOver = false;
    void outputs.then(() => {
      isOver = true;
    });
    let modded = 0;
    let plugged = 0;
    while (!isOver) {
      const due = Math.floor(elapsed() * FLOW_MODS_PER_SECOND) - modded;
      const batch: Uint8Array[] = [];
      for (let i = 0; i < Math.min(due, FLOW_MODS_PER_SECOND); i++) {
        const [command, line] = this.#mods!.next().value!;
        batch.push(encode(command!, line!));
      }
      modded += batch.length;
      if (batch.length > 0) await peer.through(Buffer.concat(batch));
      if (plugged < Math.floor(elapsed() / PLUGGING) && elapsed() < this.#seconds) {
        plugs.change(plugged);
        plugged++;
      }
      await pause(10);
    }
    const took = elapsed();
    plugs.close();
    const rate = (modded / took).toFixed(0);
    const lines = `${(took / 60).toFixed(1)} minutes, ${modded} flow-mods (${rate}/s, ${peer.errors} refused), ${plugged} times a port came or went`;
    return { told: await outputs, took, lines };
  }

  /** What the switch says that it dropped, and how many frames its threads had to look at. */
  #tellOfSwitch(): void {
    const drops = this.#appctl("ofproto/drops").trim();
    console.log(drops === "" ? "  the switch dropped nothing" : `  dropped:\n    ${drops.replaceAll("\n", "\n    ")}`);
    const seen = [...this.#appctl("dpif-netdev/pmd-perf-show").matchAll(/Rx packets: +(\d+)/g)];
    const flows = this.#appctl("dpctl/dump-flows", "-m").trim().split("\n");
    const inKernel = flows.filter((flow) => flow.includes("dp:ebpf")).length;
    const frames = seen.reduce((sum, [, n]) => sum + Number(n), 0);
    console.log(`  threads looked at ${frames} frames; ${inKernel} of ${flows.length} flows are in the kernel`);
    const warnings = this.#log.split("\n").filter((line) => /\|(WARN|ERR|EMER)\|/.test(line));
    for (const line of warnings.slice(0, 5)) console.log(`  log: ${line}`);
    if (warnings.length > 5) console.log(`  … and ${warnings.length - 5} warnings more`);
  }

  get #log(): string {
    return readFileSync(join(this.#switch!.directory, "vs.log"), "utf8");
  }

  #appctl(...args: string[]): string {
    const control = ["-t", join(this.#switch!.directory, "vs.ctl")];
    return spawnSync(join(bin, "ovs-appctl"), [...control, ...args], { encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
  }

  async close(): Promise<void> {
    this.#peer?.close();
    for (const child of this.#children) child.kill("SIGKILL");
    await this.#switch?.stop();
    for (const { guests } of this.#pairs) for (const guest of guests) guest.remove();
    this.#home.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

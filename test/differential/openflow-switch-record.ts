// Records what a real ovs-vswitchd sends of its ports, queues and tables in every version, and what ovs-ofctl prints of it:
// openflow-switch.json. Run with:
// node tools/run.mjs test/differential/openflow-switch-record.ts && npx biome format --write test/differential/openflow-switch.json
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Framing } from "#openflow/framing.js";
import { readHeader } from "#openflow/header.js";
import { OF10, OF13, OF14, type Version, versionName, versions } from "#openflow/version.js";
import { hex } from "#util/hex.js";
import { type DummySwitch, startDummySwitch } from "../support/dummy-switch.js";
import type { SwitchRecord } from "./openflow-switch.js";

const ofctl = "/usr/bin/ovs-ofctl";
const PORT_STATUS = 12;
/** Hello, error, echo: not what is recorded. */
const isOfInterest = (bytes: Uint8Array): boolean => readHeader(bytes).type > 3;

/** A port mod or a table mod. */
function isMod(bytes: Uint8Array): boolean {
  const { version, type } = readHeader(bytes);
  return version === OF10 ? type === 15 : type === 16 || type === 17;
}

/** Stands between ovs-ofctl and the switch, and keeps what either says. */
class Tap {
  readonly requests: Uint8Array[] = [];
  readonly replies: Uint8Array[] = [];
  readonly path: string;
  readonly #server: ReturnType<typeof createServer>;

  constructor(directory: string, management: string) {
    this.path = join(directory, "tap");
    this.#server = createServer((client) => {
      const on = connect(management);
      pass(client, on, this.requests);
      pass(on, client, this.replies);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  clear(): void {
    this.requests.length = 0;
    this.replies.length = 0;
  }

  close(): void {
    this.#server.close();
  }
}

function pass(from: Socket, to: Socket, kept: Uint8Array[]): void {
  const framing = new Framing();
  from.on("data", (chunk) => {
    framing.receive(chunk);
    for (let message = framing.next(); message !== undefined; message = framing.next()) {
      if (isOfInterest(message)) kept.push(Uint8Array.from(message));
    }
    to.write(chunk);
  });
  from.on("close", () => to.destroy());
  from.on("error", () => to.destroy());
}

function run(...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(ofctl, args, { timeout: 20_000, maxBuffer: 1 << 26 }, (_error, stdout) => resolve(stdout));
  });
}

const commands: readonly (readonly [command: string, since?: Version])[] = [
  ["show"],
  ["dump-ports"],
  ["dump-ports 1"],
  ["dump-ports-desc"],
  ["dump-tables"],
  ["dump-table-features", OF13],
  ["dump-table-desc", OF14],
  ["queue-stats"],
  ["queue-stats 1 0"],
  ["queue-get-config 1"],
  ["mod-port 1 down"],
  ["mod-port 1 up"],
  ["mod-table 1 drop"],
  ["mod-table 2 evict"],
  ["mod-table 3 vacancy:20,80"],
];

const pack = (messages: readonly Uint8Array[]): string => gzipSync(Buffer.concat(messages)).toString("base64");

async function recordCommands(tap: Tap): Promise<SwitchRecord[]> {
  const records: SwitchRecord[] = [];
  for (const version of versions) {
    for (const [command, since] of commands) {
      if (version < (since ?? 1)) continue;
      tap.clear();
      const [verb = "", ...rest] = command.split(" ");
      const printed = await run(`--protocols=${versionName(version)}`, verb, `unix:${tap.path}`, ...rest);
      // What ovs-ofctl asks before it changes something is its own affair.
      const isChange = verb.startsWith("mod-");
      const requests = isChange ? tap.requests.filter((bytes) => isMod(bytes)) : tap.requests;
      const replies = pack(isChange ? [] : tap.replies);
      records.push({ version, command, requests: requests.map(hex), replies, printed });
    }
  }
  return records;
}

/** What is sent unasked: a port goes down. */
async function recordEvents(peer: DummySwitch, tap: Tap): Promise<SwitchRecord[]> {
  const records: SwitchRecord[] = [];
  for (const version of versions) {
    tap.clear();
    const protocol = `--protocols=${versionName(version)}`;
    const target = `unix:${peer.management}`;
    const monitor = spawn(ofctl, [protocol, "monitor", `unix:${tap.path}`, "65534"], { stdio: "ignore" });
    while (tap.replies.length === 0) await run(protocol, "probe", target);
    tap.clear();
    await run(protocol, "mod-port", target, "2", "down");
    await run(protocol, "mod-port", target, "2", "up");
    await run(protocol, "show", target);
    monitor.kill("SIGKILL");
    const told = tap.replies.filter((bytes) => readHeader(bytes).type === PORT_STATUS);
    records.push({ version, command: "monitor", requests: [], replies: pack(told), printed: "" });
  }
  return records;
}

/** What a table tells of itself that gets full and empty again. Only who asks for it is told. */
async function recordTableEvents(peer: DummySwitch, tap: Tap): Promise<SwitchRecord[]> {
  peer.vsctl(..."set Bridge br0 flow_tables:7=@t -- --id=@t create Flow_Table flow_limit=10".split(" "));
  const records: SwitchRecord[] = [];
  const target = `unix:${peer.management}`;
  for (const version of versions.filter((v) => v >= OF14)) {
    tap.clear();
    const protocol = `--protocols=${versionName(version)}`;
    const client = connect(tap.path);
    const hello = Buffer.from([version, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 1 << version]);
    const vacancyOfPrimary = [0, 9, 0, 8, 0, 0, 0, 0x18];
    client.write(Buffer.from([...hello, version, 28, 0, 16, 0, 0, 0, 2, ...vacancyOfPrimary]));
    await run(protocol, "mod-table", target, "7", "vacancy:20,80");
    for (let i = 0; i < 10; i++) await run(protocol, "add-flow", target, `table=7,priority=${i},actions=drop`);
    await run(protocol, "del-flows", target, "table=7");
    while (tap.replies.length < 2) await run(protocol, "probe", target);
    client.destroy();
    records.push({ version, command: "table events", requests: [], replies: pack(tap.replies), printed: "" });
  }
  return records;
}

async function main(): Promise<void> {
  const release = /\d+\.\d+\.\d+/.exec(execFileSync(ofctl, ["--version"], { encoding: "utf8" }))![0];
  const peer = await startDummySwitch();
  const directory = mkdtempSync(join(tmpdir(), "weft-tap-"));
  const tap = new Tap(directory, peer.management);
  try {
    peer.vsctl("set", "Bridge", "br0", `protocols=[${versions.map(versionName).join(",")}]`);
    await tap.listen();
    const records = [
      ...(await recordCommands(tap)),
      ...(await recordEvents(peer, tap)),
      ...(await recordTableEvents(peer, tap)),
    ];
    const file = join(import.meta.dirname, "openflow-switch.json");
    writeFileSync(file, JSON.stringify({ release, records }));
  } finally {
    tap.close();
    await peer.stop();
    rmSync(directory, { recursive: true });
  }
}

void main().then(() => process.exit(0));

import { settle } from "#host/fake/clock.js";
import { FakeStream } from "#host/fake/streams.js";
import { bridgeDumpFlows } from "#ofproto/commands/dump-rules.js";
import type { ConnectionsSettings } from "#ofproto/connections/settings.js";
import { Framing } from "#openflow/framing.js";
import { makeMessage, readHeader } from "#openflow/header.js";
import { encodeHello, versionBitmap } from "#openflow/hello.js";
import { OF10, OF13, type Version, versions } from "#openflow/version.js";
import { allVersions } from "#runtime/openflow-connection.js";
import { recordingLog } from "#runtime/recording-log.js";
import { Dice } from "../../test/scenario/pipeline-oracle/random-world.js";
import { SwitchLab } from "../../test/scenario/switch-lab.js";
import { legalMessages, withLength } from "../openflow/messages.js";
import { count, type Tally } from "./tally.js";

const nothing = new Uint8Array(0);

export const serviceOnly: ConnectionsSettings = {
  controllers: [],
  versions: allVersions,
  inBandTargets: [],
  disableInBand: false,
  inBandQueue: undefined,
  queueSize: 100,
};

/** A bridge with ports 1 to 3, and one beside it, that listen for tools. */
export async function listeningLab(): Promise<SwitchLab> {
  const lab = new SwitchLab(recordingLog("err"));
  lab.addBridge("br0", { failMode: "secure" });
  for (let i = 1; i <= 3; i++) lab.addPort("br0", `p${i}`, {}, "dummy", i);
  lab.addBridge("br1");
  lab.addPatch("br0", "to1", "to0");
  lab.addPatch("br1", "to0", "to1");
  for (const name of ["br0", "br1"]) lab.bridge(name).setControllers(serviceOnly);
  await lab.switches.settle();
  return lab;
}

/** A peer that says any bytes, and keeps what it hears by transaction. */
export class RawPeer {
  readonly version: Version;
  readonly stream: FakeStream;
  readonly #framing = new Framing();
  readonly heard: Map<number, Uint8Array[]> = new Map();
  isClosed = false;

  private constructor(stream: FakeStream, version: Version) {
    this.stream = stream;
    this.version = version;
    stream.onData((bytes) => {
      this.#framing.receive(bytes);
      for (let m = this.#framing.next(); m; m = this.#framing.next()) {
        const { xid } = readHeader(m);
        const known = this.heard.get(xid);
        if (known) known.push(m);
        else this.heard.set(xid, [m]);
      }
    });
    stream.onClose(() => {
      this.isClosed = true;
    });
    stream.write(encodeHello(versionBitmap([version]), 0xffffffff));
  }

  static async open(lab: SwitchLab, version: Version, bridge = "br0"): Promise<RawPeer> {
    const stream = await lab.host.streams.connect(`unix:/var/run/openvswitch/${bridge}.mgmt`);
    if (!(stream instanceof FakeStream)) throw new Error("not a fake stream");
    return new RawPeer(stream, version);
  }

  /** Holds back what the switch writes to it. */
  stopReading(): void {
    this.stream.peer.stall(true);
  }

  send(bytes: Uint8Array): void {
    this.stream.write(bytes);
  }

  /** A question that everybody who is served at all is answered. */
  async isServed(lab: SwitchLab, xid: number): Promise<boolean> {
    this.send(makeMessage(this.version, this.version === OF10 ? 18 : 20, xid, nothing));
    for (let i = 0; i < 40 && !this.isClosed; i++) {
      await lab.clock.advanceAsync(1);
      if (this.heard.has(xid)) return true;
    }
    return false;
  }
}

let legal: ReadonlyMap<Version, readonly Uint8Array[]> | undefined;

function messagesOf(version: Version): readonly Uint8Array[] {
  legal ??= new Map(versions.map((v) => [v, [] as Uint8Array[]]));
  const list = legal.get(version) as Uint8Array[];
  if (list.length === 0) {
    const all = legalMessages(700);
    for (const bytes of all) (legal.get(bytes[0] as Version) as Uint8Array[] | undefined)?.push(bytes);
  }
  return list;
}

const numbers = [0, 1, 2, 7, 8, 16, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xfff8, 0xffff];

function damaged(dice: Dice, bytes: Uint8Array): Uint8Array {
  let copy = bytes.slice();
  for (let i = dice.one([0, 0, 1, 1, 2, 4]); i > 0; i--) {
    const at = 8 + dice.below(Math.max(1, Math.min(copy.length, 120) - 8));
    const pick = dice.below(5);
    if (pick === 0) copy[at] = dice.one(numbers) & 255;
    else if (pick === 1) copy[at]! ^= 1 << dice.below(8);
    else if (pick === 2) {
      const value = dice.one(numbers);
      copy[at & ~1] = value >> 8;
      copy[at | 1] = value & 255;
    } else if (pick === 3) copy = copy.slice(0, Math.max(8, copy.length - dice.below(40)));
    else {
      const more = new Uint8Array(Math.min(0xffff, copy.length + dice.below(60)));
      more.set(copy.subarray(0, more.length));
      copy = more;
    }
  }
  return withLength(copy);
}

const ERROR = 1;
const FLOW_MOD = 14;
/** OFPBRC and the rest are answers to a request of this peer's: the errors' own transaction says which. */
const isError = (m: Uint8Array): boolean => m[1] === ERROR;

/** Types of requests that are always answered, by version 1.0 and later. */
const asks10 = new Set([2, 5, 7, 16, 18, 20]);
const asks = new Set([2, 5, 7, 18, 20, 22, 24, 26]);

/** Hostile peers speak to a bridge at once. Whatever they say, one that behaves is served, nothing throws, refusals change nothing, and all is forgotten. */
export async function runOpenflow(seed: number, tally: Tally): Promise<void> {
  const dice = new Dice(seed);
  const lab = await listeningLab();
  const dump = (): string =>
    (bridgeDumpFlows(lab.switches).run(["br0"]) as readonly string[])
      .map((line) => line.replace(/duration=\S+ n_packets=\S+ n_bytes=\d+, /, ""))
      .sort()
      .join("\n");
  const good = await RawPeer.open(lab, OF13);
  const peers = await Promise.all(
    Array.from({ length: 2 + dice.below(4) }, async () => ({
      peer: await RawPeer.open(lab, dice.one(versions)),
      sent: new Map<number, Uint8Array>(),
    })),
  );
  await lab.clock.advanceAsync(1);
  let xid = 1;
  for (let round = 0; round < 25; round++) {
    for (const { peer, sent } of peers) {
      if (dice.chance(2)) peer.stopReading();
      const batch: Uint8Array[] = [];
      for (let i = dice.below(12); i > 0; i--) {
        const bytes = damaged(dice, dice.one(messagesOf(peer.version)));
        const id = xid++;
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, id);
        if (dice.chance(97)) bytes[0] = peer.version;
        else if (dice.chance(50)) bytes[0] = dice.below(256);
        if (dice.chance(2)) bytes[1] = dice.below(256);
        sent.set(id, bytes);
        batch.push(bytes);
        count(tally, "messages");
      }
      const all = Buffer.concat(batch);
      peer.stream.chunk = dice.one([1000, 7, 65536]);
      peer.send(all);
    }
    if (dice.chance(30))
      lab.receive(
        dice.one(["p1", "p2"]),
        "ffffffffffff02000000000108004500001c000000004011000001020304050607080001000200080000",
      );
    await lab.clock.advanceAsync(dice.one([0, 1, 100, 1100]));
    if (!(await good.isServed(lab, 0x70000000 + round))) throw new Error("one that behaves is not served");
  }
  await lab.clock.advanceAsync(12_000);
  for (const { peer, sent } of peers) checkAnswers(peer, sent, tally);
  await checkRefusals(dice, lab, dump, tally);
  await leave(
    lab,
    peers.map(({ peer }) => peer),
    good,
  );
}

/** Flow mods one by one: of those that are refused nothing has happened. */
async function checkRefusals(dice: Dice, lab: SwitchLab, dump: () => string, tally: Tally): Promise<void> {
  const peer = await RawPeer.open(lab, dice.one(versions));
  const mods = messagesOf(peer.version).filter((m) => m[1] === FLOW_MOD);
  for (let id = 1; id <= 15; id++) {
    const bytes = damaged(dice, dice.one(mods));
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, id);
    bytes[0] = peer.version;
    const before = dump();
    peer.send(bytes);
    await settle();
    if (!peer.heard.get(id)?.some(isError)) continue;
    count(tally, "refused");
    if (dump() !== before) throw new Error(`refused, and done: ${Buffer.from(bytes).toString("hex")}`);
  }
  peer.stream.close();
}

function checkAnswers(peer: RawPeer, sent: ReadonlyMap<number, Uint8Array>, tally: Tally): void {
  for (const [id, messages] of peer.heard) {
    for (const m of messages) {
      if (isError(m) && !sent.has(id) && id !== 0xffffffff)
        throw new Error(`an error to a request ${id} that was not made: ${Buffer.from(m).toString("hex")}`);
      if (isError(m)) count(tally, "errors");
    }
  }
  if (peer.isClosed || peer.stream.peer.pending() > 0) return;
  const answered = peer.version === OF10 ? asks10 : asks;
  for (const [id, bytes] of sent) {
    if (bytes[0] !== peer.version || !answered.has(bytes[1]!)) continue;
    if (!peer.heard.has(id)) {
      throw new Error(`no answer to ${Buffer.from(bytes).subarray(0, 200).toString("hex")}`);
    }
    count(tally, "answered");
  }
}

/** Everybody goes, all flows are deleted, and nothing is left. */
async function leave(lab: SwitchLab, peers: readonly RawPeer[], good: RawPeer): Promise<void> {
  for (const peer of peers) {
    peer.stream.peer.stall(false);
    peer.stream.destroy();
  }
  await lab.clock.advanceAsync(100);
  const memory = lab.switches.memoryUsage();
  if (memory["ofconns"] !== 1) throw new Error(`${memory["ofconns"]} connections are left`);
  if (!(await good.isServed(lab, 0x7fffffff))) throw new Error("one that behaves is not served in the end");
  lab.switches.close(true);
  await lab.clock.advanceAsync(10);
  if (lab.clock.pending > 0) throw new Error(`${lab.clock.pending} timers are left`);
}

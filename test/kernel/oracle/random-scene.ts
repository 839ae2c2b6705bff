import type { DatapathAction } from "#datapath/actions.js";
import type { DatapathFlow } from "#datapath/datapath.js";
import type { Packet } from "#datapath/packet.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { extractKey } from "#flow/extract.js";
import { ExtractFault } from "#flow/extract-fault.js";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { FRAG_ANY, PACKET_START, VLAN_PRESENT, W } from "#flow/layout.js";
import { put16, u16 } from "#util/big-endian.js";
import { checksum, foldSum, pseudoSum4, pseudoSum6 } from "#wire/checksum.js";
import { isVlanType } from "#wire/ethernet.js";
import { plainOffload } from "#wire/virtio-net.js";
import { Random } from "../../differential/datapath-actions/random.js";
import { randomActions } from "../../differential/datapath-actions/random-actions.js";
import { frameOfKind, randomFrame } from "../../differential/datapath-actions/random-packets.js";
import { tunnelledFrame } from "../../differential/datapath-actions/random-tunnels.js";
import type { PortPacket, Reference } from "./reference.js";

/** What the actions of a scene are. */
export interface SceneSettings {
  readonly ports: readonly number[];
  /** Tunnel ports by name, where packets go through tunnels: then there are no large segments, which the engines cut at different places. */
  readonly tunnels: ReadonlyMap<string, number> | undefined;
}

/** A frame that came in, and the name of the tunnel port that takes it out of its outer headers. */
interface SceneFrame extends PortPacket {
  readonly through?: string;
}

/** Frames, and flows for most of them. */
export interface KernelScene {
  readonly frames: readonly PortPacket[];
  readonly flows: readonly DatapathFlow[];
}

/** Makes flows for what no flow knows. Flows of one class have one mask, and classes are told apart by all of them, so that no two flows know the same packet. */
class FlowMaker {
  readonly #r: Random;
  readonly #settings: SceneSettings;
  readonly #seed: number;
  readonly flows: DatapathFlow[] = [];

  constructor(r: Random, settings: SceneSettings) {
    this.#r = r;
    this.#settings = settings;
    this.#seed = r.int(2 ** 32);
  }

  /** `through` is the name of a tunnel port that is to take the packet. */
  add(key: FlowKey, frame: Uint8Array, through?: string): DatapathFlow {
    const mask = this.#maskOf(key);
    const flow = {
      ufid: (this.flows.length + 1).toString(16).padStart(32, "0"),
      key: key.map((word, i) => word & mask[i]!),
      mask,
      actions: through === undefined ? this.#actions(key, frame) : this.#pop(through),
    };
    this.flows.push(flow);
    return flow;
  }

  get #tunnels(): ReadonlyMap<string, number> {
    return this.#settings.tunnels ?? new Map();
  }

  #pop(through: string): readonly DatapathAction[] {
    return parseDatapathActions(`tnl_pop(${this.#tunnels.get(through)})${this.#r.pick(["", ",3"])}`);
  }

  #maskOf(key: FlowKey): FlowMask {
    const mask = newKey();
    for (const word of [W.inPort, W.recircId, W.packetType, W.ethType]) mask[word] = 0xffffffff;
    if ([...this.#tunnels.values()].includes(key[W.inPort]!)) mask.fill(0xffffffff, 0, W.metadata);
    mask[W.eth + 2] = 0x0f;
    mask[W.vlan0] = mask[W.vlan0 + 1] = (0xffff0000 | VLAN_PRESENT) >>> 0;
    mask[W.nw] = 0xff0000ff;
    const r = new Random(classOf(key, mask, this.#seed));
    for (const word of [W.pktMark, W.skbPriority, W.dpHash]) {
      if (r.once(3)) mask[word] = r.pick([0xffffffff, r.int(2 ** 32)]);
    }
    for (let word = PACKET_START; word < W.nsh; word++) {
      const chosen = r.int(6);
      if (chosen === 0) mask[word] = 0xffffffff;
      if (chosen === 1) mask[word]! |= r.int(2 ** 32);
    }
    return mask;
  }

  #actions(key: FlowKey, frame: Uint8Array): readonly DatapathAction[] {
    const r = this.#r;
    const tunnels = this.#tunnels;
    if (r.once(12)) return [];
    const meta = newKey();
    meta[W.packetType] = key[W.packetType]!;
    const whole = extractKey(frame, 0, frame.length, meta, newKey(), newLayers()) === ExtractFault.none;
    for (;;) {
      const subject = { key, whole, routed: false, cuts: r.once(4), pushed: false };
      // Most flows do little.
      const text = r.once(3) ? shortActions(r, subject.key) : randomActions(r, subject, tunnels);
      if (tunnels.size > 0 || !text.includes("tnl_push")) return parseDatapathActions(text);
    }
  }
}

/** The same number for keys that are equal under the mask. */
function classOf(key: FlowKey, mask: FlowMask, seed: number): number {
  let hash = seed;
  for (const [i, bits] of mask.entries()) {
    if (bits !== 0) hash = Math.imul(hash ^ (key[i]! & bits) ^ i, 0x01000193) ^ (hash >>> 15);
  }
  return hash >>> 0;
}

function shortActions(r: Random, key: FlowKey): string {
  const port = (): number => 2 + r.int(3);
  const isTagged = (key[W.vlan0]! & VLAN_PRESENT) !== 0;
  const choices = [
    () => `${port()}`,
    () => `${port()},${port()}`,
    () => `push_vlan(vid=${r.int(4096)},pcp=${r.int(8)}),${port()}`,
    () => `${isTagged ? "pop_vlan" : "set(skb_priority(0x7))"},${port()}`,
    () => `set(eth(dst=02:00:00:00:00:0${r.int(10)})),${port()}`,
    () => `hash(${r.pick(["hash_l4(0)", "sym_l4(7)"])}),recirc(${1 + r.int(9)})`,
  ];
  return r.pick(choices)();
}

/** Frames that whatever receives them at a link's ingress sees as they were sent: the kernel drops what is cut off within a tag. */
export function survives(frame: Uint8Array): boolean {
  return !(isVlanType(u16(frame, 12)) && frame.length < 20);
}

/** Leaves a frame's transport checksum to whoever comes last, where it has a whole one. */
function leaveChecksum({ port, packet }: PortPacket): PortPacket {
  const data = packet.data.slice();
  const [key, layers] = [newKey(), newLayers()];
  const fault = extractKey(data, 0, data.length, newKey(), key, layers);
  const field = layers.proto === 6 ? 16 : layers.proto === 17 ? 6 : -1;
  const isFragment = ((key[W.nw]! >>> 24) & FRAG_ANY) !== 0;
  if (fault !== ExtractFault.none || layers.l4 < 0 || field < 0 || isFragment) return { port, packet };
  const length = layers.end - layers.l4;
  const sum = (key[W.ethType] === 0x0800 ? pseudoSum4 : pseudoSum6)(data, layers.l3, layers.proto, length);
  put16(data, layers.l4 + field, foldSum(sum));
  return {
    port,
    packet: { data, offload: { ...plainOffload(), flags: 1, csumStart: layers.l4, csumOffset: field } },
  };
}

/** A segment of several times a guest's MTU, as its kernel hands it over. */
function largeSegmentOf(r: Random): Packet {
  const made = frameOfKind(r, r.pick(["ipv4", "ipv6"]));
  const isIpv6 = made[12] === 0x86;
  const [l3, l4] = [14, isIpv6 ? 54 : 34];
  const data = new Uint8Array(l4 + 20 + 1000 + r.int(3000));
  data.set(made.subarray(0, l4));
  put16(data, l3 + (isIpv6 ? 4 : 2), data.length - (isIpv6 ? l4 : l3));
  if (isIpv6) data[l3 + 6] = 6;
  else {
    data.set([0x45, 0, ...data.subarray(16, 18), 0, 0, 0x40, 0, 64, 6, 0, 0], l3);
    put16(data, l3 + 10, checksum(data, l3, l4));
  }
  data.set([0, 80, r.int(256), r.int(256), 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0], l4);
  const sum = (isIpv6 ? pseudoSum6 : pseudoSum4)(data, l3, 6, data.length - l4);
  put16(data, l4 + 16, foldSum(sum));
  const gso = { gsoType: isIpv6 ? 4 : 1, gsoSize: 700, headerLength: l4 + 20 };
  return { data, offload: { flags: 1, ...gso, csumStart: l4, csumOffset: 16 } };
}

/** Frames to begin with, and each of them again, some a little different. */
function makeFrames(r: Random, settings: SceneSettings, hostile: readonly Uint8Array[], count: number): SceneFrame[] {
  const frames: SceneFrame[] = [];
  while (frames.length < count) {
    if (settings.tunnels && r.once(3)) {
      const { frame: data, port: through } = tunnelledFrame(r);
      data[11] = r.int(16);
      frames.push({ port: r.pick(settings.ports), packet: { data, offload: plainOffload() }, through });
      continue;
    }
    if (!settings.tunnels && r.once(12)) {
      const packet = largeSegmentOf(r);
      packet.data[11] = r.int(16);
      frames.push({ port: r.pick(settings.ports), packet });
      continue;
    }
    const data = (r.once(2) ? r.pick(hostile) : randomFrame(r)).slice();
    data[11] = (data[11]! & 0xf0) | r.int(16);
    const port = r.pick(settings.ports);
    const again = data.slice(0, r.once(8) ? 14 + r.int(data.length - 13) : undefined);
    if (r.once(4)) again[r.int(again.length)] = r.int(256);
    for (const one of [data, again]) {
      if (!survives(one) || one.length > 1514) continue;
      const made = { port, packet: { data: one, offload: plainOffload() } };
      frames.push(r.once(4) ? leaveChecksum(made) : made);
    }
  }
  return frames;
}

/** Makes random frames and flows; the reference finds out what no flow knows yet, and has the flows afterwards. */
export function makeKernelScene(
  r: Random,
  settings: SceneSettings,
  hostile: readonly Uint8Array[],
  reference: Reference,
  count: number,
): KernelScene {
  const { datapath } = reference;
  const frames = makeFrames(r, settings, hostile, count);
  const maker = new FlowMaker(r, settings);
  datapath.flush();
  for (const frame of frames) {
    // Some stay unknown.
    if (r.once(10)) continue;
    for (let turn = 0; turn < 4; turn++) {
      reference.put(frame);
      const miss = reference.take().upcalls.find(({ kind }) => kind === "miss");
      if (miss === undefined) break;
      datapath.putFlow(maker.add(miss.key, miss.packet.data, turn === 0 ? frame.through : undefined));
    }
  }
  datapath.flush();
  for (const flow of maker.flows) datapath.putFlow(flow);
  reference.take();
  return { frames, flows: maker.flows };
}

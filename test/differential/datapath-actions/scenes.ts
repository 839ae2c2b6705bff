import { extractKey } from "#flow/extract.js";
import { ExtractFault } from "#flow/extract-fault.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { formatOdpKey } from "#flow/odp-text.js";
import type { FlowText, OurBed } from "./beds.js";
import { Random } from "./random.js";
import { randomActions } from "./random-actions.js";
import { randomFrame } from "./random-packets.js";
import { tunnelledFrame } from "./random-tunnels.js";

/** A packet, and the flows it meets. */
export interface Scene {
  readonly frame: Uint8Array;
  readonly flows: readonly FlowText[];
  /** Connection tracking is among the actions. */
  readonly tracked: boolean;
}

const MOST_FLOWS = 5;
/** Where packets are from that got an outer header. */
const OUT_PORT = 2;

/** The text of a flow for the packets of a key: where they are from, which headers they have, and what a tunnel or connection tracking said. */
function flowKey(packet: FlowKey): string {
  // The installed switch cannot read the text of a connection's IPv6 addresses.
  const key = packet.slice().fill(0, W.ctNwSrc, W.ctIpv6Dst + 4);
  key[W.ctZone]! &= 0xffff;
  const mask = newKey();
  for (let w = 0; w < W.metadata; w++) mask[w] = 0xffffffff;
  for (let w = W.tunMetadata; w < key.length; w++) mask[w] = 0xffffffff;
  const exact = [W.inPort, W.recircId, W.packetType, W.eth, W.eth + 1, W.eth + 2, W.vlan0, W.vlan0 + 1];
  for (const w of exact) mask[w] = 0xffffffff;
  for (const w of [W.ctState, W.ctMark, W.ctZone]) mask[w] = key[W.ctState] === 0 ? 0 : 0xffffffff;
  mask[W.pktMark] = mask[W.skbPriority] = 0xffffffff;
  mask[W.ctZone]! &= 0xffff;
  mask[W.ethType] = 0xffff;
  mask[W.nw] = key[W.ethType] === 0x0800 || key[W.ethType] === 0x86dd ? 0xff000000 : 0;
  return formatOdpKey(key, mask, { verbose: true });
}

function isWhole(frame: Uint8Array, packetType: number): boolean {
  const meta = newKey();
  meta[W.packetType] = packetType;
  return extractKey(frame, 0, frame.length, meta, newKey(), newLayers()) === ExtractFault.none;
}

/** Whether there is an IPv6 routing header, at least where the frames of these scenes have one. */
function hasRouting(frame: Uint8Array): boolean {
  let at = 12;
  while (frame[at] === 0x81 || (frame[at] === 0x88 && frame[at + 1] === 0xa8)) at += 4;
  const isIpv6 = frame[at] === 0x86 && frame[at + 1] === 0xdd;
  return isIpv6 && (frame[at + 8] === 43 || frame[at + 42] === 43);
}

/** Makes the scene of a seed. Our switch finds out which flows the packet comes to. */
export function makeScene(seed: number, ours: OurBed, tunnels: ReadonlyMap<string, number>): Scene {
  const r = new Random(seed);
  const through = r.once(4) ? tunnelledFrame(r) : undefined;
  const frame = through?.frame ?? randomFrame(r);
  const cuts = r.once(3);
  const flows: FlowText[] = [];
  for (;;) {
    const { upcalls, errors } = ours.run(flows, frame, true);
    const miss = upcalls.find((u) => u.kind === "miss");
    if (errors.some((e) => e !== "") || miss === undefined || flows.length >= MOST_FLOWS) break;
    const { key } = miss;
    const whole = isWhole(miss.packet.data, key[W.packetType]!);
    const subject = { key, whole, cuts, routed: hasRouting(miss.packet.data), pushed: key[W.inPort] === OUT_PORT };
    const pops = through !== undefined && flows.length === 0;
    const actions = pops ? `tnl_pop(${tunnels.get(through.port)}),2` : randomActions(r, subject, tunnels);
    flows.push({ key: flowKey(key), actions });
  }
  return { frame, flows, tracked: flows.some((f) => f.actions.includes("ct")) };
}

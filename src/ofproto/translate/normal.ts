import { VLAN_PRESENT, W } from "#flow/layout.js";
import { BROADCAST_MAC, formatMacNumber, type MacNumber } from "#util/mac-number.js";
import { EtherType } from "#wire/ethernet.js";
import type { Bundle } from "../bundle.js";
import type { OfPort } from "../port.js";
import { isReservedAddress } from "../reserved-addresses.js";
import {
  carries,
  fromKey,
  inputVlans,
  outputVlans,
  refusesInput,
  type VlanRefusal,
  type VlanStack,
  vidOf,
} from "../vlan.js";
import { composeOutput } from "./compose-output.js";
import type { TranslationContext } from "./context.js";

const VID = 0x0fff;
const PCP = 0xe000;

/** `NORMAL`: what a learning switch with VLANs does. */
export function translateNormal(ctx: TranslationContext): void {
  const { flow, mask } = ctx;
  mask[W.eth] = mask[W.eth + 1] = mask[W.eth + 2] = 0xffffffff;
  mask[W.vlan0] = mask[W.vlan0]! | VLAN_PRESENT | VID;
  const bundle = inputBundle(ctx);
  if (!bundle) return;
  const packet: VlanStack = { outer: fromKey(flow[W.vlan0]!), inner: fromKey(flow[W.vlan1]!) };
  if (!admits(ctx, bundle, vidOf(packet.outer))) return;

  const destination = flow[W.eth]! * 0x10000 + (flow[W.eth + 1]! >>> 16);
  if (!ctx.bridge.settings.forwardBpdu && isReservedAddress(destination)) {
    ctx.trace?.note(" -> packet has reserved destination MAC, dropping");
    ctx.refuse("reserved_address");
    return;
  }
  const vlans = inputVlans(bundle.settings, packet);
  const vlan = vidOf(vlans.outer);
  const learned = learnSource(ctx, bundle, vlan, destination);

  ctx.macs.push(destination);
  const known = ctx.bridge.macs.lookup(vlan, destination);
  const found = learned === destination && !known?.isStatic ? bundle : known?.port;
  const incoming: Incoming = { bundle, vlans, packetOuter: packet.outer };
  if (!found) {
    ctx.trace?.note(" -> no learned MAC for destination, flooding");
    ctx.world.floods.flood(ctx, () => flood(ctx, incoming));
  } else if (found === bundle) {
    ctx.trace?.note(" -> learned port is input port, dropping");
    ctx.refuse("learned_on_input_port");
  } else {
    ctx.trace?.note(" -> forwarding to learned port");
    if (!(found.settings.protected && bundle.settings.protected)) outputToBundle(ctx, incoming, found);
    else {
      ctx.trace?.note(" >> Flow is between protected ports, skipping output.");
      ctx.refuse("protected_port");
    }
  }
}

/** Where a packet came in and as what. */
interface Incoming {
  readonly bundle: Bundle;
  /** The packet's VLANs inside the bridge. */
  readonly vlans: VlanStack;
  /** The packet's own outer header. */
  readonly packetOuter: number;
}

function inputBundle(ctx: TranslationContext): Bundle | undefined {
  const { bundle } = ctx.inPort;
  if (bundle) return bundle;
  ctx.trace?.note(` >>>> received packet on unknown port ${ctx.inPort.ofport} <<<<`);
  ctx.trace?.note(" >> no input bundle, dropping");
  ctx.refuse("no_bundle");
  return undefined;
}

function admits(ctx: TranslationContext, bundle: Bundle, vid: number): boolean {
  const refusal = refusesInput(bundle, vid);
  if (refusal === undefined) return true;
  ctx.trace?.note(` >>>> dropping VLAN ${vid} ${why[refusal](bundle, vid)} <<<<`);
  ctx.trace?.note(" >> disallowed VLAN VID for this input port, dropping");
  ctx.refuse("vlan_disallowed");
  return false;
}

const why: Readonly<Record<VlanRefusal, (bundle: Bundle, vid: number) => string>> = {
  access: ({ name, settings }) =>
    `tagged packet received on port ${name} configured as VLAN ${settings.tag} access port`,
  trunk: ({ name }, vid) => `packet received on port ${name} not configured for trunking VLAN ${vid}`,
  tunnel: ({ name }) => `packet received on dot1q-tunnel port ${name} that excludes this VLAN`,
};

/** Has the source address learned with the packet; returns it if so. */
function learnSource(
  ctx: TranslationContext,
  bundle: Bundle,
  vlan: number,
  destination: MacNumber,
): MacNumber | undefined {
  const { flow, bridge } = ctx;
  const mac = (flow[W.eth + 1]! & 0xffff) * 2 ** 32 + flow[W.eth + 2]!;
  if (!bridge.macs.mayLearn(mac, vlan)) return undefined;
  const gratuitousArp = isGratuitousArp(ctx, destination);
  if (ctx.trace?.withoutEffects) return undefined;
  ctx.effects.push({ kind: "learn", bridge, bundle, vlan, mac, gratuitousArp });
  if (ctx.trace && bridge.macs.lookup(vlan, mac)?.port !== bundle) {
    ctx.trace.note(` -> learned that ${formatMacNumber(mac)} is on port ${bundle.name} in VLAN ${vlan}`);
  }
  return mac;
}

/** Whether a station announces itself: a broadcast ARP reply, or a request for its own address. */
function isGratuitousArp({ flow, mask }: TranslationContext, destination: MacNumber): boolean {
  if (flow[W.ethType] !== EtherType.arp || destination !== BROADCAST_MAC) return false;
  mask[W.nw] = mask[W.nw]! | 0xff;
  const operation = flow[W.nw]! & 0xff;
  if (operation === 2) return true;
  if (operation !== 1) return false;
  mask[W.nwSrc] = mask[W.nwDst] = 0xffffffff;
  return flow[W.nwSrc] === flow[W.nwDst];
}

function flood(ctx: TranslationContext, incoming: Incoming): void {
  const { bundle: from, vlans } = incoming;
  ctx.refuse("no_other_port");
  const looked = { inner: false };
  for (const bundle of ctx.bridge.bundles.values()) {
    if (bundle === from || bundle.members.length === 0 || !bundle.floods) continue;
    if (bundle.settings.protected && from.settings.protected) continue;
    if (carries(bundle, vlans, looked)) outputToBundle(ctx, incoming, bundle);
  }
  if (looked.inner) ctx.mask[innerWord(from)] = ctx.mask[innerWord(from)]! | VLAN_PRESENT | VID;
}

/** Which of the packet's headers is the inner one inside the bridge. */
function innerWord(from: Bundle): number {
  return from.settings.vlanMode === "dot1q-tunnel" ? W.vlan0 : W.vlan1;
}

function outputToBundle(ctx: TranslationContext, incoming: Incoming, bundle: Bundle): void {
  const port = chooseMember(bundle);
  if (!port) {
    ctx.refuse("no_other_port");
    return;
  }
  const { flow } = ctx;
  if (bundle.cvlans && bundle.settings.vlanMode === "dot1q-tunnel" && (flow[W.vlan1]! & VLAN_PRESENT) !== 0) {
    ctx.mask[W.vlan1] = 0xffffffff;
  }
  const [outer, inner] = [flow[W.vlan0]!, flow[W.vlan1]!];
  const out = outputVlans(bundle.settings, incoming.vlans, incoming.packetOuter);
  const given = bundle.settings.priorityTags !== "no" && out.outer !== outer;
  if (given || out.priorityDecides) ctx.mask[W.vlan0] = ctx.mask[W.vlan0]! | PCP;
  // An inner header that says nothing is left out too.
  if ((inner & VLAN_PRESENT) !== 0 && bundle.settings.vlanMode !== "access") {
    ctx.mask[W.vlan1] = ctx.mask[W.vlan1]! | VLAN_PRESENT | VID | (out.priorityDecides ? PCP : 0);
  }
  flow[W.vlan0] = out.outer;
  flow[W.vlan1] = out.inner;
  composeOutput(ctx, port);
  flow[W.vlan0] = outer;
  flow[W.vlan1] = inner;
}

/** The member a packet leaves by: of several, the first one that has a carrier. */
function chooseMember({ members }: Bundle): OfPort | undefined {
  return members.length > 1 ? (members.find((m) => m.device.info().carrier) ?? members[0]) : members[0];
}

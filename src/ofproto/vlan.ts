import { VLAN_PRESENT } from "#flow/layout.js";
import type { Bundle } from "./bundle.js";
import type { PortSettings } from "./settings.js";

/**
 * VLANs as NORMAL sees them, outermost first: of a packet, of the bridge inside (where the outer one is the VLAN that is learned in), and of what leaves. A
 * header is `tpid:16 | pcp:3 present:1 vid:12`, as in the flow key; here, `present` is not set and a tpid of 0 says that none is
 * known.
 */
export interface VlanStack {
  readonly outer: number;
  readonly inner: number;
}

export const vidOf = (header: number): number => header & 0xfff;
const pcpOf = (header: number): number => header & 0xe000;
const tpidOf = (header: number): number => header & 0xffff0000;
const tag = (tpid: number, pcp: number, vid: number): number => (tpid | pcp | vid) >>> 0;
const CTAG = 0x81000000;

/** A header of a flow key as this file has it. */
export function fromKey(header: number): number {
  return (header & ~VLAN_PRESENT) >>> 0;
}

/** Why a packet may not come in by a port: its VLAN. */
export type VlanRefusal = "access" | "trunk" | "tunnel";

/** Whether a packet whose outermost VLAN ID is `vid` (0 for none) may come in. */
export function refusesInput(bundle: Bundle, vid: number): VlanRefusal | undefined {
  switch (bundle.settings.vlanMode) {
    case "access":
      return vid === 0 ? undefined : "access";
    case "native-tagged":
    case "native-untagged":
      return vid === 0 || trunksVlan(bundle, vid) ? undefined : "trunk";
    case "trunk":
      return trunksVlan(bundle, vid) ? undefined : "trunk";
    case "dot1q-tunnel":
      return bundle.cvlans === undefined || bundle.cvlans.has(vid) ? undefined : "tunnel";
  }
}

/** Whether a trunk carries a VLAN; the native VLAN always, and where there is one, packets of no VLAN never. */
function trunksVlan(bundle: Bundle, vid: number): boolean {
  const { vlanMode, tag: native } = bundle.settings;
  if (vlanMode !== "trunk" && (vid === 0 || vid === native)) return vid === native;
  return bundle.trunks === undefined || bundle.trunks.has(vid);
}

/** A packet's VLANs inside the bridge, once it has come in by a port. */
export function inputVlans(port: PortSettings, packet: VlanStack): VlanStack {
  switch (port.vlanMode) {
    case "access":
      return { outer: ownTag(port, packet), inner: 0 };
    case "native-tagged":
    case "native-untagged":
      if (vidOf(packet.outer) !== 0) return packet;
      return { outer: ownTag(port, packet), inner: packet.inner };
    case "trunk":
      return packet;
    case "dot1q-tunnel":
      return { outer: tag(port.qinqEthertype << 16, 0, port.tag), inner: packet.outer };
  }
}

/** The header of a port's own VLAN, of the packet's type and priority if it has a header. */
function ownTag(port: PortSettings, { outer }: VlanStack): number {
  return tag(outer === 0 ? CTAG : tpidOf(outer), pcpOf(outer), port.tag);
}

/** Whether flooding reaches a port: it carries the packet's VLAN. `looked` says whether the inner VLAN decided. */
export function carries(bundle: Bundle, vlans: VlanStack, looked: { inner: boolean }): boolean {
  const { vlanMode, tag: own } = bundle.settings;
  const vid = vidOf(vlans.outer);
  switch (vlanMode) {
    case "access":
      if (vid !== own) return false;
      looked.inner = true;
      return vidOf(vlans.inner) === 0;
    case "trunk":
    case "native-tagged":
    case "native-untagged":
      return trunksVlan(bundle, vid);
    case "dot1q-tunnel":
      if (vid !== own) return false;
      if (bundle.cvlans === undefined) return true;
      looked.inner = true;
      return bundle.cvlans.has(vidOf(vlans.inner));
  }
}

/** The VLANs a packet leaves a port with, before priority tags are decided. */
function strip(port: PortSettings, vlans: VlanStack): VlanStack {
  switch (port.vlanMode) {
    case "access":
      return { outer: 0, inner: 0 };
    case "trunk":
    case "native-tagged":
      return vlans;
    case "native-untagged":
      return vidOf(vlans.outer) === port.tag ? { outer: vlans.inner, inner: 0 } : vlans;
    case "dot1q-tunnel":
      return { outer: vlans.inner, inner: 0 };
  }
}

/** A header as the flow key wants it, 0 for none: a tag with neither VLAN nor priority is left out unless the port always tags. */
function toKey(port: PortSettings, header: number): number {
  const tpid = tpidOf(header);
  const empty = (header & 0xefff) === 0;
  if (empty && !(port.priorityTags === "always" && tpid !== 0)) return 0;
  return ((tpid === 0 ? CTAG : tpid) | (header & 0xefff) | VLAN_PRESENT) >>> 0;
}

/** The flow key's VLAN words, and whether it took a packet's priority to say which headers there are. */
export interface OutputVlans extends VlanStack {
  readonly priorityDecides: boolean;
}

const isPriorityTag = (header: number): boolean => tpidOf(header) !== 0 && vidOf(header) === 0;

/**
 * The flow key's VLAN words of a packet that leaves a port. A port that sends priority tags gives the outer header the priority the packet
 * came with, `packetOuter` being that packet's own outer header.
 */
export function outputVlans(port: PortSettings, vlans: VlanStack, packetOuter: number): OutputVlans {
  const out = strip(port, vlans);
  const given = port.priorityTags === "no" ? out.outer : (out.outer & ~0xe000) | pcpOf(packetOuter);
  const outer = toKey(port, given >>> 0);
  // With the outer header left out, there is none for the inner one to be inside of.
  const inner = outer === 0 ? 0 : toKey(port, out.inner);
  return { outer, inner, priorityDecides: isPriorityTag(out.outer) || isPriorityTag(out.inner) };
}

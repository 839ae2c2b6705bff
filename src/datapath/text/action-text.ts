import { type FlowKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { formatOdpKey, type OdpTextOptions } from "#flow/odp-text.js";
import { formatMac } from "#util/mac.js";
import { EtherType } from "#wire/ethernet.js";
import type { DatapathAction, UserspaceCookie } from "../actions.js";
import { formatCt } from "./ct-text.js";
import { formatNshHeader } from "./nsh-text.js";
import { formatPlainSet } from "./set-text.js";
import { formatTunnelHeader } from "./tunnel-header-text.js";

/** How actions are written: with port names or numbers, and for which packets (`set` names headers by it). */
export interface ActionTextOptions extends Pick<OdpTextOptions, "portName"> {
  readonly key?: FlowKey;
}

/** Datapath actions as `ovs-dpctl dump-flows` writes them; `drop` for none. */
export function formatDatapathActions(actions: readonly DatapathAction[], options: ActionTextOptions = {}): string {
  return actions.length === 0 ? "drop" : actions.map((a) => formatDatapathAction(a, options)).join(",");
}

function formatDatapathAction(a: DatapathAction, options: ActionTextOptions): string {
  const nested = (actions: readonly DatapathAction[]): string => formatDatapathActions(actions, options);
  const portText = (port: number): string => options.portName?.(port) ?? String(port);
  switch (a.kind) {
    case "output":
      return portText(a.port);
    case "userspace":
      return `userspace(pid=${a.pid},${formatCookie(a.cookie)}${a.withActions ? ",actions" : ""}${formatTunnelPort(a.tunnelOutPort)})`;
    case "push_vlan":
      return `push_vlan(${a.tpid === 0x8100 ? "" : `tpid=0x${a.tpid.toString(16)},`}vid=${a.vid},pcp=${a.pcp}${a.cfi === 0 ? ",cfi=0" : ""})`;
    case "pop_vlan":
      return "pop_vlan";
    case "push_mpls":
      return `push_mpls(${formatLse(a.lse)},eth_type=0x${a.ethertype.toString(16)})`;
    case "pop_mpls":
      return `pop_mpls(eth_type=0x${a.ethertype.toString(16)})`;
    case "set":
      return `set(${formatSet(a.value, a.mask, options.key)})`;
    case "recirc":
      return `recirc(${a.id === 0 ? "0" : `0x${a.id.toString(16)}`})`;
    case "hash":
      return `hash(${a.algorithm}(${a.basis}))`;
    case "sample":
      return `sample(sample=${((a.probability * 100) / 0xffffffff).toFixed(1)}%,actions(${nested(a.actions)}))`;
    case "clone":
      return `clone(${nested(a.actions)})`;
    case "trunc":
      return `trunc(${a.maxLength})`;
    case "meter":
      return `meter(${a.id})`;
    case "check_pkt_len":
      return `check_pkt_len(size=${a.length},gt(${nested(a.greater)}),le(${nested(a.lessEqual)}))`;
    case "drop":
      return "drop";
    case "add_mpls":
      return `add_mpls(${formatLse(a.lse)},eth_type=0x${a.ethertype.toString(16)})`;
    case "ct":
      return formatCt(a);
    case "push_eth":
      return `push_eth(src=${formatMac(a.source)},dst=${formatMac(a.destination)})`;
    case "push_nsh":
      return `push_nsh(${formatNshHeader(a.header)})`;
    case "pop_nsh":
      return "pop_nsh()";
    case "tnl_push": {
      const header = formatTunnelHeader(a.type, a.header);
      return `tnl_push(tnl_port(${portText(a.tunnelPort)}),header(${header}),out_port(${portText(a.outPort)}))`;
    }
    case "tnl_pop":
      return `tnl_pop(${portText(a.port)})`;
    case "lb_output":
      return `lb_output(${a.bond})`;
    case "ct_clear":
    case "pop_eth":
      return a.kind;
  }
}

function formatTunnelPort(port: number | undefined): string {
  return port === undefined ? "" : `,tunnel_out_port=${port}`;
}

function formatLse(lse: number): string {
  return `label=${lse >>> 12},tc=${(lse >>> 9) & 7},ttl=${lse & 0xff},bos=${(lse >>> 8) & 1}`;
}

function formatCookie(c: UserspaceCookie): string {
  switch (c.kind) {
    case "slow_path":
      return `slow_path(${slowPathReasons.filter((_, i) => ((c.reason >>> i) & 1) !== 0).join(",") || "0"})`;
    case "controller": {
      const flag = (b: boolean): string => (b ? "1" : "0");
      return (
        `controller(reason=${c.reason},dont_send=${flag(c.dontSend)},continuation=${flag(c.continuation)},recirc_id=${c.recircId},` +
        `rule_cookie=${c.ruleCookie === 0n ? "0" : `0x${c.ruleCookie.toString(16)}`},controller_id=${c.controllerId},max_len=${c.maxLength})`
      );
    }
    case "sflow":
      return `sFlow(vid=${c.vlanTci & 0xfff},pcp=${c.vlanTci >>> 13},output=${c.output})`;
    case "flow_sample":
      return (
        `flow_sample(probability=${c.probability},collector_set_id=${c.collectorSetId},obs_domain_id=${c.observationDomainId},` +
        `obs_point_id=${c.observationPointId},output_port=${c.outputPort}${c.direction === undefined ? "" : `,${c.direction}`})`
      );
    case "ipfix":
      return `ipfix(output_port=${c.outputPort})`;
    case "live_trace":
      return "live_trace()";
    case "userdata":
      return `userdata(${[...c.bytes].map((b) => b.toString(16).padStart(2, "0")).join("")})`;
  }
}

/** Bits of a slow path reason, from the least significant. */
export const slowPathReasons: readonly string[] = ["cfm", "bfd", "lacp", "stp", "lldp", "action", "match"];

/** The headers a `set` changes, under the mask: as in a flow's key, but for where the packet came from. */
function formatSet(value: FlowKey, mask: FlowKey, key: FlowKey = newKey()): string {
  const plain = key[W.packetType] === 0 ? formatPlainSet(value, mask, value[W.ethType]! || key[W.ethType]!) : undefined;
  if (plain !== undefined) return plain;
  if ((mask[W.vlan0]! & 0xffff) !== 0) return formatVlanSet(value[W.vlan0]!, mask[W.vlan0]!);
  if (mask[W.mpls] !== 0) return `mpls(${formatLse(value[W.mpls]!)})`;
  if (mask[W.igmpGroup] !== 0 || mask[W.l4]! >>> 16 !== 0) return formatNeighbourExtension(value, mask);
  const shown = value.slice();
  // Which headers there are is said by the flow, or where there is none by the value itself.
  const protocol = value[W.nw]! & 0xff || key[W.nw]! & 0xff;
  shown[W.packetType] = key[W.packetType]!;
  shown[W.ethType] = value[W.ethType]! || key[W.ethType]! || (protocol === 0 ? 0 : EtherType.ipv4);
  shown[W.nw] = (shown[W.nw]! & ~0xff) | protocol;
  const isNd = mask.subarray(W.ndTarget, W.arpHw + 3).some((m) => m !== 0) && shown[W.ethType] === EtherType.ipv6;
  if (isNd && mask[W.tp] === 0) shown[W.tp] = key[W.tp]! || ND_SOLICIT << 16;
  const text = formatOdpKey(shown, mask).replace(unset, "");
  return text.startsWith(",") ? text.slice(1) : text;
}

/** What is in the text of every key, and not set. */
const unset = /(^|,)(?:(?:recirc_id|in_port|eth_type)\([^)]*\)|eth\(\))/g;

const ND_SOLICIT = 135;

function formatNeighbourExtension(value: FlowKey, mask: FlowKey): string {
  const parts = [
    ...(mask[W.igmpGroup] === 0 ? [] : [`nd_reserved=0x${value[W.igmpGroup]!.toString(16)}`]),
    ...(mask[W.l4]! >>> 16 === 0 ? [] : [`nd_options_type=${value[W.l4]! >>> 16}`]),
  ];
  return `nd_ext(${parts.join(",")})`;
}

function formatVlanSet(value: number, mask: number): string {
  const part = (name: string, v: number, m: number, full: number): string[] =>
    m === 0 ? [] : [m === full ? `${name}=${v}` : `${name}=${v}/0x${m.toString(16)}`];
  const parts = [
    ...part("vid", value & 0xfff, mask & 0xfff, 0xfff),
    ...part("pcp", (value >>> 13) & 7, (mask >>> 13) & 7, 7),
  ];
  return `vlan(${parts.join(",")})`;
}

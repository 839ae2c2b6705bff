import type { FlowKey } from "#flow/key.js";
import { FRAG_LATER, VLAN_PRESENT, W } from "#flow/layout.js";
import { isVlanType } from "#wire/ethernet.js";
import type { Random } from "./random.js";

/** What actions are made for: a packet's key, and whether all its headers are whole. */
export interface Subject {
  readonly key: FlowKey;
  readonly whole: boolean;
  /** It has an IPv6 routing header. */
  readonly routed: boolean;
  /** Packets are cut off in this scene; and then no lengths are compared (see expected.ts). */
  readonly cuts: boolean;
  /** A tunnel's header is in front of it, whose UDP source port is the switch's choice. */
  readonly pushed: boolean;
}

/** What the text of a list of actions has room for. */
interface Place extends Omit<Subject, "pushed"> {
  readonly depth: number;
  /** Tags on the packet where the action is. */
  tags: number;
  pushed: boolean;
  readonly tunnels: ReadonlyMap<string, number>;
}

/** Some of these, at least one, in their order. */
function some(r: Random, parts: readonly string[]): string {
  const kept = parts.filter(() => r.once(2));
  return (kept.length > 0 ? kept : [r.pick(parts)]).join(",");
}

/** A number of so many bits and now and then a mask, bits beyond which are not set. */
function number(r: Random, name: string, bits: number, base: 10 | 16 = 10): string {
  const shown = (n: number): string => (base === 10 ? String(n) : `0x${n.toString(16)}`);
  const value = r.int(2 ** bits);
  const mask = r.once(3) ? 1 + r.int(2 ** bits - 1) : undefined;
  return mask === undefined ? `${name}=${shown(value)}` : `${name}=${shown(value & mask)}/0x${mask.toString(16)}`;
}

function bytes(r: Random, name: string, value: Uint8Array, show: (bytes: Uint8Array) => string): string {
  if (!r.once(3)) return `${name}=${show(value)}`;
  const mask = r.bytes(value.length).map((b) => r.pick([0, 255, b]));
  return mask.every((b) => b === 0)
    ? `${name}=${show(value)}`
    : `${name}=${show(value.map((b, i) => b & mask[i]!))}/${show(mask)}`;
}

const showMac = (b: Uint8Array): string => Array.from(b, (n) => n.toString(16).padStart(2, "0")).join(":");
const mac = (r: Random): string => showMac(r.bytes(6));

function ip6(r: Random): string {
  return `fc00::${r.int(65536).toString(16)}:${(1 + r.int(65535)).toString(16)}`;
}

function setEthernet(r: Random): string {
  const address = (name: string): string => bytes(r, name, r.bytes(6), showMac);
  return `set(eth(${some(r, [address("src"), address("dst")])}))`;
}

/** Sets of what is in IP and beyond. */
function setNetwork(r: Random, at: Subject): string {
  const { key } = at;
  const choices: (() => string)[] = [() => setEthernet(r)];
  const type = key[W.ethType]!;
  const protocol = key[W.nw]! & 0xff;
  const v4 = (name: string): string => bytes(r, name, r.bytes(4), (b) => b.join("."));
  const v6 = (name: string): string =>
    r.once(3) ? `${name}=fc00::${(1 + r.int(255)).toString(16)}/ffff::ff` : `${name}=${ip6(r)}`;
  const tos = (name: string): string => number(r, name, 8, 16);
  // The installed switch takes what stands in a later fragment for a transport header, and writes a checksum there (see expected.ts).
  const later = ((key[W.nw]! >>> 24) & FRAG_LATER) !== 0;
  if (later) return setEthernet(r);
  if (type === 0x0800) {
    choices.push(() => `set(ipv4(${some(r, [v4("src"), v4("dst"), tos("tos"), number(r, "ttl", 8)])}))`);
  } else if (type === 0x86dd) {
    const label = (): string => number(r, "label", 20, 16);
    // Of a packet with a routing header the installed switch spoils the checksum (see expected.ts).
    const addresses = at.routed ? [] : [v6("src"), v6("dst")];
    const parts = (): string[] => [...addresses, label(), tos("tclass"), number(r, "hlimit", 8)];
    choices.push(() => `set(ipv6(${some(r, parts())}))`);
  } else if (type === 0x0806) {
    const parts = (): string[] => [v4("sip"), v4("tip"), `op=${1 + r.int(2)}`, `sha=${mac(r)}`, `tha=${mac(r)}`];
    choices.push(() => `set(arp(${some(r, parts())}))`);
  } else if (type === 0x8847 || type === 0x8848) {
    choices.push(
      () => `set(mpls(label=${r.int(1 << 20)},tc=${r.int(8)},ttl=${r.int(256)},bos=${(key[W.mpls]! >>> 8) & 1}))`,
    );
  }
  if (type === 0x0800 || type === 0x86dd) {
    const ports = (name: string): string => `set(${name}(${some(r, [number(r, "src", 16), number(r, "dst", 16)])}))`;
    if (protocol === 6) choices.push(() => ports("tcp"));
    if (protocol === 17) choices.push(() => ports("udp"));
    if (protocol === 132) choices.push(() => ports("sctp"));
    if (protocol === 1 && type === 0x0800) choices.push(() => `set(icmp(type=${r.int(20)},code=${r.int(9)}))`);
    if (protocol === 58 && (key[W.tp]! >>> 16 === 135 || key[W.tp]! >>> 16 === 136)) {
      choices.push(() => `set(nd(${some(r, [`target=${ip6(r)}`, `sll=${mac(r)}`, `tll=${mac(r)}`])}))`);
    }
  }
  return r.pick(choices)();
}

function outer(r: Random, isIpv6: boolean, protocol: number): string {
  const start = `eth(dst=${mac(r)},src=${mac(r)},dl_type=${isIpv6 ? "0x86dd" : "0x0800"})`;
  const tos = r.pick([0, 0, 4]);
  return isIpv6
    ? `${start},ipv6(src=fc00::1,dst=fc00::2,label=${r.pick([0, 5])},proto=${protocol},tclass=0x${tos},hlimit=64)`
    : `${start},ipv4(src=1.1.2.88,dst=1.1.2.92,proto=${protocol},tos=${tos === 0 ? "0" : "0x4"},ttl=64,frag=0x${r.pick(["0", "4000"])})`;
}

/** A header that the installed switch can read: it has no text for those of ERSPAN and GTP-U. */
function push(r: Random, tunnels: ReadonlyMap<string, number>): string {
  const isIpv6 = r.once(3);
  const start = 14 + (isIpv6 ? 40 : 20);
  const udp = (port: number): string => `udp(src=0,dst=${port},csum=${r.pick(["0x0", "0xffff"])})`;
  const [type, port, size, rest] = ((): readonly [number, string, number, string] => {
    switch (r.int(4)) {
      case 0:
        return [
          4,
          "vxlan_sys_4789",
          16,
          `${outer(r, isIpv6, 17)},${udp(4789)},vxlan(flags=0x8000000,vni=0x${r.pick(["0", "7b"])})`,
        ];
      case 1: {
        const options = r.pick(["", ",options({class=0xffff,type=0x80,len=4,0xa}{class=0x102,type=0,len=8,0x1234})"]);
        return [
          5,
          "genev_sys_6081",
          16 + (options === "" ? 0 : 20),
          `${outer(r, isIpv6, 17)},${udp(6081)},geneve(${r.pick(["", "oam,"])}vni=0x7${options})`,
        ];
      }
      default: {
        const [csum, key] = [r.once(2), r.once(2)];
        const flags = (csum ? 0x8000 : 0) | (key ? 0x2000 : 0);
        const optional = `${csum ? ",csum=0x0" : ""}${key ? ",key=0x1e241" : ""}`;
        const header = `gre((flags=0x${flags.toString(16)},proto=0x6558)${optional})`;
        return [
          isIpv6 ? 109 : 3,
          isIpv6 ? "ip6gre_sys" : "gre_sys",
          4 + (csum ? 4 : 0) + (key ? 4 : 0),
          `${outer(r, isIpv6, 47)},${header}`,
        ];
      }
    }
  })();
  return `tnl_push(tnl_port(${tunnels.get(port)}),header(size=${start + size},type=${type},${rest}),out_port(2))`;
}

function tracking(r: Random, key: FlowKey): string {
  const isIpv6 = key[W.ethType] === 0x86dd;
  const first = isIpv6 ? "fc00::77" : "10.9.9.9";
  const parts = [
    ...(r.once(2) ? ["commit"] : []),
    ...(r.once(2) ? [`zone=${r.int(3)}`] : []),
    ...(r.once(4) ? [`mark=0x${r.int(99).toString(16)}/0xffffffff`] : []),
    ...(r.once(4) ? [`nat(${r.pick(["src", "dst"])}=${first})`] : []),
  ];
  if (!parts.includes("commit"))
    return `ct(${parts.filter((p) => p.startsWith("zone")).join(",")})`.replace("ct()", "ct");
  return `ct(${parts.join(",")})`;
}

/** Only packets with an Ethernet header: to send another one makes the installed switch's dummy devices lose all that is with it. */
function output(r: Random, at: Place): string {
  return at.key[W.packetType] === 0 || at.pushed ? String(2 + r.int(3)) : "set(skb_priority(0x4))";
}

function one(r: Random, at: Place): string {
  const { key } = at;
  const isIp = (key[W.ethType] === 0x0800 || key[W.ethType] === 0x86dd) && at.whole && !at.pushed;
  switch (r.int(16)) {
    case 0:
    case 1:
    case 2:
      return output(r, at);
    case 3:
    case 4:
    case 5:
      if (key[W.packetType] !== 0 && !at.pushed) return output(r, at);
      return at.whole && !at.pushed ? setNetwork(r, at) : setEthernet(r);
    case 6:
      if (key[W.packetType] !== 0 && !at.pushed) return output(r, at);
      at.tags++;
      return `push_vlan(${r.once(3) ? "tpid=0x88a8," : ""}vid=${r.int(4096)},pcp=${r.int(8)}${r.once(8) ? ",cfi=0" : ""})`;
    case 7:
      if (at.tags > 0) at.tags--;
      return "pop_vlan";
    case 8:
      return r.pick(["set(skb_mark(0x5))", "set(skb_priority(0x3))", "set(skb_mark(0x50/0xf0))", "ct_clear"]);
    case 9:
      if (at.cuts) return `trunc(${r.pick([34, 40, 60, 100, 2000])})`;
      return "set(skb_mark(0x6))";
    case 10:
      return at.depth > 2 ? output(r, at) : `clone(${list(r, { ...at, depth: at.depth + 1 })})`;
    case 11:
      return at.depth > 2
        ? output(r, at)
        : `sample(sample=${r.pick([0, 100])}%,actions(${list(r, { ...at, depth: at.depth + 1 })}))`;
    case 12: {
      // What pads a packet behind three tags the installed switch does not know, unless it has seen it with fewer.
      if (at.depth > 2 || at.cuts || isVlanType(key[W.ethType]!)) return output(r, at);
      const branch = (): string => list(r, { ...at, depth: at.depth + 1 });
      return `check_pkt_len(size=${r.pick([40, 64, 90, 150])},gt(${branch()}),le(${branch()}))`;
    }
    case 13:
      at.pushed = true;
      return push(r, at.tunnels);
    case 14:
      return isIp && !at.routed && isTrackable(key) && at.tags === tagsOf(key) && r.once(2)
        ? tracking(r, key)
        : "meter(7)";
    default:
      return `recirc(${1 + r.int(9)})`;
  }
}

/** What of connection tracking is compared elsewhere is left out: fragments, packets without Ethernet, unusual ICMP. */
function isTrackable(key: FlowKey): boolean {
  const protocol = key[W.nw]! & 0xff;
  if (key[W.nw]! >>> 24 !== 0 || key[W.packetType] !== 0) return false;
  return (protocol !== 1 && protocol !== 58) || (key[W.tp]! & 0xffff) === 0;
}

function tagsOf(key: FlowKey): number {
  return [0, 1].filter((i) => (key[W.vlan0 + i]! & VLAN_PRESENT) !== 0).length;
}

function list(r: Random, at: Place): string {
  const actions = Array.from({ length: 1 + r.int(at.depth === 0 ? 5 : 3) }, () => one(r, at));
  return actions.join(",");
}

/** The text of actions for a packet, at most so often sending it through the flows again. */
export function randomActions(r: Random, subject: Subject, tunnels: ReadonlyMap<string, number>): string {
  const at: Place = { ...subject, depth: 0, tags: tagsOf(subject.key), tunnels };
  const actions = list(r, at);
  return `${actions},${output(r, at)}`;
}

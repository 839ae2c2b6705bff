import { formatGeneveOptions } from "#flow/geneve-options.js";
import { u16, u32 } from "#util/big-endian.js";
import { formatIpv4, formatIpv6 } from "#util/ip.js";
import { formatMac } from "#util/mac.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { tunnelProtocol } from "../tunnel-kinds.js";
import { ERSPAN_2, ETHERNET, GENEVE, GRE, IPV4, IPV6, UDP } from "./tunnel-layout.js";

/** An outer header as the text of `tnl_push` has it: `size=…,type=…,eth(…),ipv4(…),udp(…),vxlan(…)`. `type` is of `tunnelKinds`. */
export function formatTunnelHeader(type: number, header: Uint8Array): string {
  const isIpv6 = u16(header, 12) === EtherType.ipv6;
  const l4 = ETHERNET + (isIpv6 ? IPV6 : IPV4);
  const protocol = header[isIpv6 ? ETHERNET + 6 : ETHERNET + 9]!;
  const parts = [
    `size=${header.length},type=${type}`,
    `eth(dst=${formatMac(header)},src=${formatMac(header, 6)},dl_type=0x${pad(u16(header, 12), 4)})`,
    isIpv6 ? ipv6(header) : ipv4(header),
  ];
  if (protocol === IpProtocol.udp) {
    parts.push(`udp(src=${u16(header, l4)},dst=${u16(header, l4 + 2)},csum=${hexOf(u16(header, l4 + 6))})`);
    parts.push(overUdp(type, header, l4 + UDP));
  } else parts.push(tunnelProtocol(type) === "erspan" ? erspan(header, l4) : gre(header, l4));
  return parts.join(",");
}

function ipv4(h: Uint8Array): string {
  const at = ETHERNET;
  return (
    `ipv4(src=${formatIpv4(u32(h, at + 12))},dst=${formatIpv4(u32(h, at + 16))},proto=${h[at + 9]},` +
    `tos=${hexOrZero(h[at + 1]!)},ttl=${h[at + 8]},frag=${hexOf(u16(h, at + 6))})`
  );
}

function ipv6(h: Uint8Array): string {
  const address = (at: number): string => formatIpv6(u32(h, at), u32(h, at + 4), u32(h, at + 8), u32(h, at + 12));
  const first = u32(h, ETHERNET);
  return (
    `ipv6(src=${address(ETHERNET + 8)},dst=${address(ETHERNET + 24)},label=${first & 0xfffff},proto=${h[ETHERNET + 6]},` +
    `tclass=${hexOf((first >>> 20) & 0xff)},hlimit=${h[ETHERNET + 7]})`
  );
}

function overUdp(type: number, h: Uint8Array, at: number): string {
  switch (tunnelProtocol(type)) {
    case "geneve":
      return geneve(h, at);
    case "gtpu":
      return `gtpu(flags=${hexOf(h[at]!)},msgtype=${h[at + 1]},teid=${hexOf(u32(h, at + 4))})`;
    default:
      return `vxlan(flags=${hexOf(u32(h, at))},vni=${hexOf(u32(h, at + 4) >>> 8)})`;
  }
}

function geneve(h: Uint8Array, at: number): string {
  const flags = h[at + 1]!;
  const options = h.subarray(at + GENEVE, at + GENEVE + 4 * (h[at]! & 0x3f));
  const parts = [
    ...((flags & 0x80) !== 0 ? ["oam"] : []),
    ...((flags & 0x40) !== 0 ? ["crit"] : []),
    `vni=${hexOf(u32(h, at + 4) >>> 8)}`,
    ...(options.length > 0 ? [`options(${formatGeneveOptions(options)})`] : []),
  ];
  return `geneve(${parts.join(",")})`;
}

function gre(h: Uint8Array, at: number): string {
  const flags = u16(h, at);
  const parts = [`(flags=${hexOf(flags)},proto=${hexOf(u16(h, at + 2))})`];
  let next = at + GRE;
  if ((flags & 0x8000) !== 0) {
    parts.push(`csum=${hexOf(u16(h, next))}`);
    next += 4;
  }
  if ((flags & 0x2000) !== 0) {
    parts.push(`key=${hexOf(u32(h, next))}`);
    next += 4;
  }
  if ((flags & 0x1000) !== 0) parts.push(`seq=${hexOf(u32(h, next))}`);
  return `gre(${parts.join(",")})`;
}

function erspan(h: Uint8Array, l4: number): string {
  const at = l4 + GRE + 4;
  const [version, session] = [h[at]! >>> 4, u16(h, at + 2) & 0x3ff];
  const start = `erspan(ver=${version},sid=${hexOf(session)}`;
  if (version !== 2) return `${start},idx=${hexOf(u32(h, at + 4) & 0xfffff)})`;
  const last = u16(h, at + ERSPAN_2 - 2);
  return `${start},dir=${(last >>> 3) & 1},hwid=${hexOf((last >>> 4) & 0x3f)})`;
}

function pad(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function hexOf(value: number): string {
  return `0x${value.toString(16)}`;
}

function hexOrZero(value: number): string {
  return value === 0 ? "0" : hexOf(value);
}

import { parseGeneveOptions } from "#flow/geneve-options.js";
import { put16, put32, u16, wordBytes } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import { parseMac } from "#util/mac.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import { tunnelProtocol } from "../tunnel-kinds.js";
import { ERSPAN_1, ERSPAN_2, ETHERNET, GENEVE, GRE, IPV4, IPV6, UDP } from "./tunnel-layout.js";

/** An outer header and the number of its type. */
export interface TunnelHeader {
  readonly type: number;
  readonly header: Uint8Array;
}

/**
 * Reads an outer header as `formatTunnelHeader` writes it. Lengths and checksums in it are 0 but for a UDP or GRE checksum that is said. Throws
 * `UserError` "Invalid argument" also where `size` is not the header's.
 */
export function parseTunnelHeader(text: string): TunnelHeader {
  const m = /^size=(\d+),type=(\d+),(.*)$/s.exec(text);
  if (m === null) throw invalid();
  const bytes: number[] = [];
  const names: string[] = [];
  for (const [name, body] of items(m[3]!)) {
    const write = writers[name];
    if (write === undefined) throw invalid();
    bytes.push(...write(body));
    names.push(name);
  }
  const header = Uint8Array.from(bytes);
  const type = bounded(m[2]!, 0xffffffff);
  if (header.length !== Number(m[1]) || !isWhole(names, type, header)) throw invalid();
  return { type, header };
}

/** Whether the parts make a header of that type, each announced by the one before it. */
function isWhole(names: readonly string[], type: number, header: Uint8Array): boolean {
  const [, ip, transport, inUdp] = names;
  if (!/^eth,(ipv4|ipv6),(udp,(vxlan|geneve|gtpu)|gre|erspan)$/.test(names.join())) return false;
  const protocol = header[ip === "ipv6" ? ETHERNET + 6 : ETHERNET + 9];
  return (
    u16(header, 12) === (ip === "ipv6" ? EtherType.ipv6 : EtherType.ipv4) &&
    protocol === (transport === "udp" ? IpProtocol.udp : IpProtocol.gre) &&
    tunnelProtocol(type) === (inUdp ?? transport)
  );
}

function invalid(): UserError {
  return new UserError("Invalid argument");
}

/** `name(body)` after `name(body)`. */
function* items(text: string): Generator<[name: string, body: string]> {
  for (let at = 0; at < text.length; ) {
    const m = /^,?([a-z0-9]+)\(/.exec(text.slice(at));
    if (m === null) throw invalid();
    const start = at + m[0].length;
    let depth = 1;
    let end = start;
    for (; end < text.length && depth > 0; end++) {
      if (text[end] === "(") depth++;
      else if (text[end] === ")") depth--;
    }
    if (depth > 0) throw invalid();
    yield [m[1]!, text.slice(start, end - 1)];
    at = end;
  }
}

function bounded(text: string | undefined, max: number): number {
  const value = text !== undefined && /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw invalid();
  return value;
}

/** The values of `a=1,b=2`, all of these names and in this order. */
function values(text: string, ...names: readonly string[]): string[] {
  const parts = text.split(",");
  if (parts.length !== names.length) throw invalid();
  return parts.map((part, i) => {
    const start = `${names[i]}=`;
    if (!part.startsWith(start)) throw invalid();
    return part.slice(start.length);
  });
}

const writers: Readonly<Record<string, (text: string) => Uint8Array>> = {
  eth(text) {
    const [destination, source, type] = values(text, "dst", "src", "dl_type");
    const header = new Uint8Array(ETHERNET);
    header.set(need(parseMac(destination!)), 0);
    header.set(need(parseMac(source!)), 6);
    put16(header, 12, bounded(type, 0xffff));
    return header;
  },
  ipv4(text) {
    const [source, destination, protocol, tos, ttl, fragment] = values(
      text,
      "src",
      "dst",
      "proto",
      "tos",
      "ttl",
      "frag",
    );
    const header = new Uint8Array(IPV4);
    header[0] = 0x45;
    header[1] = bounded(tos, 255);
    put16(header, 6, bounded(fragment, 0xffff));
    header[8] = bounded(ttl, 255);
    header[9] = bounded(protocol, 255);
    put32(header, 12, need(parseIpv4(source!)));
    put32(header, 16, need(parseIpv4(destination!)));
    return header;
  },
  ipv6(text) {
    const [source, destination, label, protocol, tclass, hlimit] = values(
      text,
      ...["src", "dst", "label", "proto", "tclass", "hlimit"],
    );
    const header = new Uint8Array(IPV6);
    put32(header, 0, ((6 << 28) | (bounded(tclass, 255) << 20) | bounded(label, 0xfffff)) >>> 0);
    header[6] = bounded(protocol, 255);
    header[7] = bounded(hlimit, 255);
    header.set(wordBytes(need(parseIpv6(source!))), 8);
    header.set(wordBytes(need(parseIpv6(destination!))), 24);
    return header;
  },
  udp(text) {
    const [source, destination, checksum] = values(text, "src", "dst", "csum");
    const header = new Uint8Array(UDP);
    put16(header, 0, bounded(source, 0xffff));
    put16(header, 2, bounded(destination, 0xffff));
    put16(header, 6, bounded(checksum, 0xffff));
    return header;
  },
  vxlan(text) {
    const [flags, vni] = values(text, "flags", "vni");
    return words(bounded(flags, 0xffffffff), bounded(vni, 0xffffff) << 8);
  },
  gtpu(text) {
    const [flags, type, teid] = values(text, "flags", "msgtype", "teid");
    return words((bounded(flags, 255) << 24) | (bounded(type, 255) << 16), bounded(teid, 0xffffffff));
  },
  geneve,
  gre,
  erspan,
};

function geneve(text: string): Uint8Array {
  const m = /^(oam,)?(crit,)?vni=(0x[0-9a-f]+|\d+)(?:,options\((.*)\))?$/i.exec(text);
  if (m === null) throw invalid();
  const options = parseGeneveOptions(m[4] ?? "").bytes;
  const flags = (m[1] === undefined ? 0 : 0x80) | (m[2] === undefined ? 0 : 0x40);
  const header = new Uint8Array(GENEVE + options.length);
  header[0] = options.length >> 2;
  header[1] = flags;
  put16(header, 2, 0x6558);
  put32(header, 4, bounded(m[3], 0xffffff) << 8);
  header.set(options, GENEVE);
  return header;
}

function gre(text: string): Uint8Array {
  const m = /^\(flags=(\w+),proto=(\w+)\)(?:,csum=(\w+))?(?:,key=(\w+))?(?:,seq=(\w+))?$/i.exec(text);
  if (m === null) throw invalid();
  const flags = bounded(m[1], 0xffff);
  const first = ((flags << 16) | bounded(m[2], 0xffff)) >>> 0;
  // The flags say which words there are.
  const optional = [0x8000, 0x2000, 0x1000].map((bit, i) => {
    if (((flags & bit) !== 0) !== (m[3 + i] !== undefined)) throw invalid();
    return m[3 + i];
  });
  const [checksum, key, sequence] = optional;
  return words(
    first,
    ...(checksum === undefined ? [] : [bounded(checksum, 0xffff) << 16]),
    ...(key === undefined ? [] : [bounded(key, 0xffffffff)]),
    ...(sequence === undefined ? [] : [bounded(sequence, 0xffffffff)]),
  );
}

/** GRE with a sequence number (draft-foschiano-erspan-03), whose values are the engine's to fill in. */
function erspan(text: string): Uint8Array {
  const m = /^ver=([12]),sid=(\w+),(?:idx=(\w+)|dir=(\w+),hwid=(\w+))$/i.exec(text);
  if (m === null || (m[1] === "1") !== (m[3] !== undefined)) throw invalid();
  const version = Number(m[1]);
  const header = new Uint8Array(GRE + 4 + (version === 1 ? ERSPAN_1 : ERSPAN_2));
  put16(header, 0, 0x1000);
  put16(header, 2, version === 1 ? 0x88be : 0x22eb);
  put32(header, 8, ((version << 28) | bounded(m[2], 0x3ff)) >>> 0);
  if (version === 1) put32(header, 12, bounded(m[3], 0xfffff));
  else put16(header, 18, (bounded(m[5], 0x3f) << 4) | (bounded(m[4], 1) << 3));
  return header;
}

function words(...list: readonly number[]): Uint8Array {
  return wordBytes(list.map((word) => word >>> 0));
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw invalid();
  return value;
}

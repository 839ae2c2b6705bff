import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { murmurAdd, murmurFinish, murmurNumber, swapBytes } from "#util/murmur-hash.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";

/** What the hash of packets ends with, whatever they are. */
const FINAL = 42;

/**
 * The value of dp_hash, which is Open vSwitch's: of addresses, protocol and ports. `algorithm` 0 (l4) tells the directions of a connection apart, 1 (sym_l4)
 * does not. Never 0, which means that no hash was made.
 */
export function packetHash(key: FlowKey, algorithm: number, basis: number): number {
  return (algorithm === 0 ? murmurNumber(directed(key), basis) : symmetric(key, basis)) || 1;
}

/** What tells a packet's connection from others, of 32 bits: as Open vSwitch has it of a packet that comes in. */
export function connectionHash(key: FlowKey): number {
  return directed(key) >>> 0;
}

function directed(key: FlowKey): number {
  let h = 0;
  const type = key[W.ethType]!;
  if (type === EtherType.ipv6) h = addWords(h, key, W.ipv6Src, 8);
  else if (type === EtherType.ipv4 || type === EtherType.arp || type === EtherType.rarp) {
    h = addWords(h, key, W.nwSrc, 2);
  } else return murmurFinish(0, FINAL);
  const protocol = key[W.nw]! & 0xff;
  h = murmurAdd(h, protocol);
  return murmurFinish(hasPorts(protocol) ? murmurAdd(h, swapBytes(key[W.tp]!)) : h, FINAL);
}

/** Protocols whose ports, or type and code, are part of the hash. */
function hasPorts(protocol: number): boolean {
  switch (protocol) {
    case IpProtocol.tcp:
    case IpProtocol.udp:
    case IpProtocol.sctp:
    case IpProtocol.icmp:
    case IpProtocol.icmpv6:
      return true;
    default:
      return false;
  }
}

function addWords(hash: number, key: FlowKey, first: number, count: number): number {
  let h = hash;
  for (let i = 0; i < count; i++) h = murmurAdd(h, swapBytes(key[first + i]!));
  return h;
}

function symmetric(key: FlowKey, basis: number): number {
  const type = key[W.ethType]!;
  let h = basis;
  if (type === EtherType.ipv4) h = murmurAdd(h, swapBytes(key[W.nwSrc]! ^ key[W.nwDst]!));
  else if (type === EtherType.ipv6) {
    for (let i = 0; i < 4; i++) h = murmurAdd(h, swapBytes(key[W.ipv6Src + i]! ^ key[W.ipv6Dst + i]!));
  } else return murmurFinish(ethernet(key, type, basis), basis);
  const protocol = key[W.nw]! & 0xff;
  h = murmurAdd(h, protocol);
  // The two ports of UDP often are of two protocols' making, and so not the same in both directions.
  if (protocol === IpProtocol.tcp || protocol === IpProtocol.sctp) {
    const ports = key[W.tp]!;
    h = murmurAdd(h, swapBytes(ports ^ (ports << 16)) & 0xffff);
  }
  return murmurFinish(h, basis);
}

/** What is not IP: by type, VLAN and addresses. */
function ethernet(key: FlowKey, type: number, basis: number): number {
  const vlan = (key[W.vlan0]! ^ key[W.vlan0 + 1]!) & 0xfff;
  const [a, b, c] = [key[W.eth]!, key[W.eth + 1]!, key[W.eth + 2]!];
  const [high, low] = [a ^ ((b << 16) | (c >>> 16)), (b >>> 16) ^ (c & 0xffff)];
  let h = murmurAdd(basis, swapBytes((type << 16) | vlan));
  h = murmurAdd(h, swapBytes(high));
  return murmurAdd(h, swapBytes(low << 16));
}

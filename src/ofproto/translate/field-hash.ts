import { FRAG_LATER, VLAN_PRESENT, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "./context.js";

/**
 * A hash of the fields that multipath and bundles name (`hashFields`), which are looked at. Those called symmetric are the same for both directions.
 */
export function hashPacket(ctx: TranslationContext, fields: string, basis: number): number {
  const hash = new FieldHash(ctx, basis);
  switch (fields) {
    case "eth_src":
      hash.ethernet("source");
      break;
    case "nw_src":
      hash.address("source");
      break;
    case "nw_dst":
      hash.address("destination");
      break;
    case "symmetric_l3":
      hash.address("both");
      break;
    case "symmetric_l4":
      hash.ethernet("both");
      hash.vlans();
      hash.network([IpProtocol.tcp, IpProtocol.sctp]);
      break;
    case "symmetric_l3l4":
      hash.network([IpProtocol.tcp, IpProtocol.sctp]);
      break;
    case "symmetric_l3l4+udp":
      hash.network([IpProtocol.tcp, IpProtocol.sctp, IpProtocol.udp]);
      break;
  }
  return hash.value;
}

type Side = "source" | "destination" | "both";

class FieldHash {
  readonly #ctx: TranslationContext;
  #hash: number;

  constructor(ctx: TranslationContext, basis: number) {
    this.#ctx = ctx;
    this.#hash = basis;
  }

  /** 32 bits. */
  get value(): number {
    return finish(this.#hash);
  }

  ethernet(side: Side): void {
    const { flow, mask } = this.#ctx;
    const source = [flow[W.eth + 1]! & 0xffff, flow[W.eth + 2]!];
    const destination = [flow[W.eth]! >>> 16, ((flow[W.eth]! << 16) | (flow[W.eth + 1]! >>> 16)) >>> 0];
    mask[W.eth + 1] = mask[W.eth + 1]! | 0xffff;
    mask[W.eth + 2] = 0xffffffff;
    if (side === "both") {
      mask[W.eth] = 0xffffffff;
      mask[W.eth + 1] = 0xffffffff;
    }
    for (const [i, word] of source.entries()) this.#add(side === "both" ? word ^ destination[i]! : word);
  }

  /** IDs of all VLANs, in any order. */
  vlans(): void {
    const { flow, mask } = this.#ctx;
    let ids = 0;
    for (const w of [W.vlan0, W.vlan1]) {
      if ((flow[w]! & VLAN_PRESENT) === 0) break;
      mask[w] = mask[w]! | VLAN_PRESENT | 0xfff;
      ids ^= flow[w]! & 0xfff;
    }
    this.#add(ids);
  }

  /** IP addresses; nothing where the packet has none. */
  address(side: Side): void {
    const { flow } = this.#ctx;
    if (flow[W.ethType] === EtherType.ipv4) this.#addresses(W.nwSrc, W.nwDst, 1, side);
    else if (flow[W.ethType] === EtherType.ipv6) this.#addresses(W.ipv6Src, W.ipv6Dst, 4, side);
  }

  /** IP addresses and protocol, and the ports of these protocols. */
  network(withPorts: readonly number[]): void {
    const { flow, mask } = this.#ctx;
    if (flow[W.ethType] !== EtherType.ipv4 && flow[W.ethType] !== EtherType.ipv6) return;
    this.address("both");
    mask[W.nw] = mask[W.nw]! | 0xff;
    const protocol = flow[W.nw]! & 0xff;
    this.#add(protocol);
    if (!withPorts.includes(protocol) || ((flow[W.nw]! >>> 24) & FRAG_LATER) !== 0) return;
    mask[W.tp] = 0xffffffff;
    this.#add((flow[W.tp]! >>> 16) ^ (flow[W.tp]! & 0xffff));
  }

  #addresses(source: number, destination: number, words: number, side: Side): void {
    const { flow, mask } = this.#ctx;
    for (let i = 0; i < words; i++) {
      if (side !== "destination") mask[source + i] = 0xffffffff;
      if (side !== "source") mask[destination + i] = 0xffffffff;
      const [from, to] = [flow[source + i]!, flow[destination + i]!];
      this.#add(side === "both" ? from ^ to : side === "source" ? from : to);
    }
  }

  #add(word: number): void {
    const k = Math.imul(word, 0xcc9e2d51);
    const h = this.#hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    this.#hash = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
}

/** A hash of two numbers. */
export function hashPair(a: number, b: number): number {
  return finish(Math.imul(a ^ (a >>> 15), 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b));
}

/** Every bit decides every bit (the last steps of MurmurHash3). */
function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

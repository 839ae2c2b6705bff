/*
 * Frames as an obvious program knows them: bytes, taken apart anew for every question, with checksums computed anew after every change.
 */

const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;

/** The reference cannot say what should happen: what it was asked is outside of what it models. */
export class Unclear extends Error {}

interface Layout {
  /** Offsets of the VLAN headers' TPIDs, outermost first. */
  readonly vlans: readonly number[];
  /** Offset of the Ethernet type that says what follows. */
  readonly typeAt: number;
  readonly type: number;
  /** Offsets of label stack entries. */
  readonly labels: readonly number[];
  /** Offset of the network header; undefined where none is known. */
  readonly l3: number | undefined;
  readonly proto: number;
  /** Offset of the transport header; undefined in later fragments and where it is cut. */
  readonly l4: number | undefined;
}

function layoutOf(b: Uint8Array): Layout {
  const vlans: number[] = [];
  let at = 12;
  while (vlans.length < 2 && (u16(b, at) === 0x8100 || u16(b, at) === 0x88a8)) {
    vlans.push(at);
    at += 4;
  }
  const type = u16(b, at);
  const base = { vlans, typeAt: at, type };
  at += 2;
  if (type === 0x8847 || type === 0x8848) {
    const labels: number[] = [];
    for (let bottom = false; !bottom; at += 4) {
      labels.push(at);
      bottom = (b[at + 2]! & 1) === 1;
    }
    return { ...base, labels, l3: undefined, proto: 0, l4: undefined };
  }
  const none = { ...base, labels: [], proto: 0, l4: undefined };
  if (type === 0x0800) {
    const later = (u16(b, at + 6) & 0x1fff) !== 0;
    return { ...none, l3: at, proto: b[at + 9]!, l4: later ? undefined : at + (b[at]! & 15) * 4 };
  }
  if (type === 0x86dd) return { ...none, l3: at, proto: b[at + 6]!, l4: at + 40 };
  return { ...none, l3: type === 0x0806 ? at : undefined };
}

const tcp = 6;
const udp = 17;
const sctp = 132;
const icmp4 = 1;
const icmp6 = 58;

/** Where a field of a frame lies: byte offset, bytes, and the bits of them. */
interface Place {
  readonly at: number;
  readonly bytes: number;
  readonly mask: bigint;
  readonly shift: number;
}

const whole = (at: number, bytes: number): Place => ({ at, bytes, mask: (1n << BigInt(8 * bytes)) - 1n, shift: 0 });
const part = (at: number, bytes: number, bits: number, shift: number): Place => ({
  ...{ at, bytes, shift },
  mask: (1n << BigInt(bits)) - 1n,
});

const ipAny = (l: Layout): boolean => l.type === 0x0800 || l.type === 0x86dd;

/** Where a field is; undefined where the frame has no such field. */
const places: Readonly<Record<string, (l: Layout) => Place | undefined>> = {
  eth_dst: () => whole(0, 6),
  eth_src: () => whole(6, 6),
  vlan_vid: (l) => (l.vlans.length > 0 ? part(l.vlans[0]! + 2, 2, 12, 0) : undefined),
  vlan_pcp: (l) => (l.vlans.length > 0 ? part(l.vlans[0]! + 2, 2, 3, 13) : undefined),
  mpls_label: (l) => (l.labels.length > 0 ? part(l.labels[0]!, 4, 20, 12) : undefined),
  mpls_tc: (l) => (l.labels.length > 0 ? part(l.labels[0]!, 4, 3, 9) : undefined),
  mpls_bos: (l) => (l.labels.length > 0 ? part(l.labels[0]!, 4, 1, 8) : undefined),
  mpls_ttl: (l) => (l.labels.length > 0 ? part(l.labels[0]!, 4, 8, 0) : undefined),
  ip_src: (l) => (l.type === 0x0800 ? whole(l.l3! + 12, 4) : undefined),
  ip_dst: (l) => (l.type === 0x0800 ? whole(l.l3! + 16, 4) : undefined),
  ipv6_src: (l) => (l.type === 0x86dd ? whole(l.l3! + 8, 16) : undefined),
  ipv6_dst: (l) => (l.type === 0x86dd ? whole(l.l3! + 24, 16) : undefined),
  ipv6_label: (l) => (l.type === 0x86dd ? part(l.l3!, 4, 20, 0) : undefined),
  ip_dscp: (l) => (l.type === 0x0800 ? part(l.l3! + 1, 1, 6, 2) : l.type === 0x86dd ? part(l.l3!, 2, 6, 6) : undefined),
  ip_ecn: (l) => (l.type === 0x0800 ? part(l.l3! + 1, 1, 2, 0) : l.type === 0x86dd ? part(l.l3!, 2, 2, 4) : undefined),
  nw_ttl: (l) => (l.type === 0x0800 ? whole(l.l3! + 8, 1) : l.type === 0x86dd ? whole(l.l3! + 7, 1) : undefined),
  nw_proto: (l) => (l.type === 0x0800 ? whole(l.l3! + 9, 1) : l.type === 0x86dd ? whole(l.l3! + 6, 1) : undefined),
  tcp_src: (l) => (ipAny(l) && l.proto === tcp && l.l4 !== undefined ? whole(l.l4, 2) : undefined),
  tcp_dst: (l) => (ipAny(l) && l.proto === tcp && l.l4 !== undefined ? whole(l.l4 + 2, 2) : undefined),
  tcp_flags: (l) => (ipAny(l) && l.proto === tcp && l.l4 !== undefined ? part(l.l4 + 12, 2, 12, 0) : undefined),
  udp_src: (l) => (ipAny(l) && l.proto === udp && l.l4 !== undefined ? whole(l.l4, 2) : undefined),
  udp_dst: (l) => (ipAny(l) && l.proto === udp && l.l4 !== undefined ? whole(l.l4 + 2, 2) : undefined),
  sctp_src: (l) => (ipAny(l) && l.proto === sctp && l.l4 !== undefined ? whole(l.l4, 2) : undefined),
  sctp_dst: (l) => (ipAny(l) && l.proto === sctp && l.l4 !== undefined ? whole(l.l4 + 2, 2) : undefined),
  icmp_type: (l) => (l.type === 0x0800 && l.proto === icmp4 && l.l4 !== undefined ? whole(l.l4, 1) : undefined),
  icmp_code: (l) => (l.type === 0x0800 && l.proto === icmp4 && l.l4 !== undefined ? whole(l.l4 + 1, 1) : undefined),
  icmpv6_type: (l) => (l.type === 0x86dd && l.proto === icmp6 ? whole(l.l4!, 1) : undefined),
  icmpv6_code: (l) => (l.type === 0x86dd && l.proto === icmp6 ? whole(l.l4! + 1, 1) : undefined),
  arp_op: (l) => (l.type === 0x0806 ? whole(l.l3! + 6, 2) : undefined),
  arp_sha: (l) => (l.type === 0x0806 ? whole(l.l3! + 8, 6) : undefined),
  arp_spa: (l) => (l.type === 0x0806 ? whole(l.l3! + 14, 4) : undefined),
  arp_tha: (l) => (l.type === 0x0806 ? whole(l.l3! + 18, 6) : undefined),
  arp_tpa: (l) => (l.type === 0x0806 ? whole(l.l3! + 24, 4) : undefined),
};

function read(b: Uint8Array, { at, bytes }: Place): bigint {
  let value = 0n;
  for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(b[at + i]!);
  return value;
}

/** A frame that may be changed. */
export class PlainFrame {
  bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  copy(): PlainFrame {
    return new PlainFrame(this.bytes.slice());
  }

  get hex(): string {
    return Buffer.from(this.bytes).toString("hex");
  }

  get type(): number {
    return layoutOf(this.bytes).type;
  }

  get vlans(): number {
    return layoutOf(this.bytes).vlans.length;
  }

  get labels(): number {
    return layoutOf(this.bytes).labels.length;
  }

  get protocol(): number {
    return layoutOf(this.bytes).proto;
  }

  /** False where the network header is of another version of IP than the Ethernet type says. */
  get isPlausible(): boolean {
    const { type, typeAt } = layoutOf(this.bytes);
    const version = this.bytes[typeAt + 2]! >> 4;
    return type === 0x0800 ? version === 4 : type === 0x86dd ? version === 6 : true;
  }

  /** A field's value; undefined where the frame has none of that name. */
  get(name: string): bigint | undefined {
    const place = places[name]?.(layoutOf(this.bytes));
    return place && (read(this.bytes, place) >> BigInt(place.shift)) & place.mask;
  }

  /** Writes a field that is there. */
  set(name: string, value: bigint): void {
    const place = places[name]!(layoutOf(this.bytes))!;
    const bits = place.mask << BigInt(place.shift);
    let rest = (read(this.bytes, place) & ~bits) | ((value & place.mask) << BigInt(place.shift));
    for (let i = place.bytes - 1; i >= 0; i--) {
      this.bytes[place.at + i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    this.writeChecksums();
  }

  /** Puts a VLAN header on, of VLAN 0. */
  pushVlan(tpid: number): void {
    this.#splice(12, 0, [tpid >> 8, tpid & 255, 0, 0]);
  }

  popVlan(): void {
    if (this.vlans > 0) this.#splice(12, 4, []);
  }

  /** Puts a label stack entry on the outside. */
  pushLabel(ethertype: number, lse: number): void {
    const { typeAt } = layoutOf(this.bytes);
    const entry = [lse >>> 24, (lse >>> 16) & 255, (lse >>> 8) & 255, lse & 255];
    this.#splice(typeAt, 2, [ethertype >> 8, ethertype & 255, ...entry]);
  }

  popLabel(ethertype: number): void {
    const { typeAt } = layoutOf(this.bytes);
    this.#splice(typeAt, 6, [ethertype >> 8, ethertype & 255]);
  }

  #splice(at: number, remove: number, insert: readonly number[]): void {
    const b = this.bytes;
    this.bytes = Uint8Array.from([...b.subarray(0, at), ...insert, ...b.subarray(at + remove)]);
  }

  /** Computes every checksum anew. */
  writeChecksums(): void {
    const b = this.bytes;
    const { type, l3, proto, l4 } = layoutOf(b);
    if (type === 0x0800) {
      putU16(b, l3! + 10, 0);
      putU16(b, l3! + 10, sumOf(b.subarray(l3!, l3! + (b[l3!]! & 15) * 4)));
      const fragment = (u16(b, l3! + 6) & 0x3fff) !== 0;
      if (fragment || l4 === undefined) return;
      const end = l3! + u16(b, l3! + 2);
      transport(b, proto, l4, end, [...b.subarray(l3! + 12, l3! + 20), 0, proto, (end - l4) >> 8, (end - l4) & 255]);
    } else if (type === 0x86dd) {
      const length = u16(b, l3! + 4);
      const pseudo = [...b.subarray(l3! + 8, l3! + 40), 0, 0, length >> 8, length & 255, 0, 0, 0, proto];
      transport(b, proto, l4!, l4! + length, pseudo);
    }
  }
}

function transport(b: Uint8Array, proto: number, l4: number, end: number, pseudo: readonly number[]): void {
  const offset = { [tcp]: 16, [udp]: 6, [icmp6]: 2, [icmp4]: 2 }[proto];
  if (offset === undefined) return;
  // A datagram without a checksum stays one.
  if (proto === udp && u16(b, l4 + 6) === 0) return;
  putU16(b, l4 + offset, 0);
  const covered = Uint8Array.from([...(proto === icmp4 ? [] : pseudo), ...b.subarray(l4, end)]);
  const sum = sumOf(covered);
  putU16(b, l4 + offset, proto === udp && sum === 0 ? 0xffff : sum);
}

function putU16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >> 8;
  b[at + 1] = value & 255;
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

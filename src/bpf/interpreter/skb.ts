import type { AddressSpace, FieldAccess, Region } from "./address-space.js";
import type { Context } from "./machine.js";
import { PacketMemory } from "./packet-memory.js";

/** A VLAN tag that a packet carries beside its bytes. */
export interface SkbTag {
  readonly tpid: number;
  readonly tci: number;
}

/** What a test says of a packet; all but its bytes can be left out. */
export interface SkbSettings {
  /** Bytes from the start that lie in the packet's head; all by default. */
  readonly linear?: number;
  /** EtherType; from the bytes by default. */
  readonly protocol?: number;
  readonly tag?: SkbTag;
  readonly mark?: number;
  readonly priority?: number;
  readonly ifindex?: number;
  readonly queueMapping?: number;
  /** What `bpf_get_hash_recalc` gives. */
  readonly hash?: number;
  readonly gsoSize?: number;
  readonly gsoSegments?: number;
  /** skb->ip_summed (3 is CHECKSUM_PARTIAL), and where the checksum starts and goes, from the start of the bytes. */
  readonly checksum?: { readonly state: number; readonly start?: number; readonly offset?: number };
}

/** Where a packet or a copy of it was sent. */
export interface Redirection {
  readonly ifindex: number;
  readonly flags: number;
  /** How: `bpf_redirect`, `bpf_redirect_peer`, `bpf_redirect_neigh`. */
  readonly by: string;
}

const ETHERNET = 14;
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** Offsets in struct __sk_buff (linux/bpf.h) of the words that programs here use. */
const at = {
  length: 0,
  packetType: 4,
  mark: 8,
  queueMapping: 12,
  protocol: 16,
  vlanPresent: 20,
  vlanTci: 24,
  vlanProto: 28,
  priority: 32,
  ingressIfindex: 36,
  ifindex: 40,
  cb: 48,
  hash: 68,
  data: 76,
  dataEnd: 80,
  dataMeta: 140,
  wireLength: 160,
  gsoSegments: 164,
  gsoSize: 176,
  size: 192,
} as const;

/** A packet as programs at tc hooks see it (struct __sk_buff), and what they did with it. */
export class Skb implements Context {
  readonly packet: PacketMemory;
  protocol: number;
  tag: SkbTag | undefined;
  mark: number;
  priority: number;
  queueMapping: number;
  hash: number;
  packetType = 0;
  /** Where the kernel takes the network header to begin, and the transport header where it has been told. */
  networkOffset: number = ETHERNET;
  transportOffset: number | undefined;
  /** Whether the packet is in a tunnel: a second one it cannot enter. */
  isEncapsulated = false;
  readonly ifindex: number;
  readonly gsoSize: number;
  readonly gsoSegments: number;
  readonly checksum: { readonly state: number; readonly start: number; readonly offset: number };
  /** The five words that programs may use as they like. */
  readonly cb: Uint32Array = new Uint32Array(5);
  /** Where the packet goes, if the program says so in the end. */
  redirection: Redirection | undefined;
  /** Copies that went elsewhere. */
  readonly clones: (Redirection & { readonly bytes: Uint8Array; readonly tag: SkbTag | undefined })[] = [];
  #region: Region | undefined;
  /** Pieces that functions have put into memory for this packet. */
  readonly #added: Region[] = [];
  #memory: AddressSpace | undefined;

  constructor(bytes: Uint8Array, settings: SkbSettings = {}) {
    this.packet = new PacketMemory(bytes.slice(), settings.linear ?? bytes.length);
    this.protocol = settings.protocol ?? ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
    this.tag = settings.tag;
    this.mark = settings.mark ?? 0;
    this.priority = settings.priority ?? 0;
    this.queueMapping = settings.queueMapping ?? 0;
    this.hash = settings.hash ?? 0;
    this.ifindex = settings.ifindex ?? 1;
    this.gsoSize = settings.gsoSize ?? 0;
    this.gsoSegments = settings.gsoSegments ?? 0;
    this.checksum = { state: 0, start: 0, offset: 0, ...settings.checksum };
  }

  /** The packet as it is now. */
  get bytes(): Uint8Array {
    return this.packet.bytes;
  }

  /** Bytes that have to be left of the packet: its headers, as far as the kernel knows them. */
  get shortest(): number {
    return this.transportOffset ?? this.networkOffset;
  }

  /** Bytes came in before the headers, or went. */
  moveHeaders(count: number): void {
    this.networkOffset = Math.max(this.networkOffset + count, ETHERNET);
    if (this.transportOffset !== undefined) this.transportOffset += count;
  }

  enter(memory: AddressSpace): bigint {
    this.#memory = memory;
    this.packet.enter(memory);
    this.#region = memory.add("__sk_buff", new Uint8Array(at.size), { fields: this.#fields });
    return this.#region.base;
  }

  leave(memory: AddressSpace): void {
    this.packet.leave();
    for (const region of [this.#region!, ...this.#added.splice(0)]) {
      memory.remove(region, "belongs to a run that has ended");
    }
  }

  /** Puts something of this packet's into memory for as long as the program runs. */
  add(name: string, bytes: Uint8Array): bigint {
    const region = this.#memory!.add(name, bytes, { isWritable: false });
    this.#added.push(region);
    return region.base;
  }

  readonly #fields: FieldAccess = {
    load: (offset, size) => {
      const value = this.#word(offset & ~3);
      if (value === undefined) return undefined;
      const isAddress = offset === at.data || offset === at.dataEnd || offset === at.dataMeta;
      if (isAddress) return size === 4 ? value : undefined;
      if ((offset & 3) + size > 4) return undefined;
      return BigInt.asUintN(8 * size, value >> BigInt(8 * (offset & 3)));
    },
    store: (offset, size, value) => size === 4 && this.#setWord(offset, Number(BigInt.asUintN(32, value))),
  };

  #word(offset: number): bigint | undefined {
    if (offset >= at.cb && offset < at.cb + 20) return BigInt(this.cb[(offset - at.cb) / 4]!);
    switch (offset) {
      case at.length:
        return BigInt(this.packet.length);
      case at.packetType:
        return BigInt(this.packetType);
      case at.mark:
        return BigInt(this.mark >>> 0);
      case at.queueMapping:
        return BigInt(this.queueMapping);
      case at.protocol:
        return BigInt(swap16(this.protocol));
      case at.vlanPresent:
        return this.tag ? 1n : 0n;
      case at.vlanTci:
        return BigInt(this.tag?.tci ?? 0);
      case at.vlanProto:
        return BigInt(swap16(this.tag?.tpid ?? 0));
      case at.priority:
        return BigInt(this.priority >>> 0);
      case at.ingressIfindex:
      case at.ifindex:
        return BigInt(this.ifindex);
      case at.hash:
        return BigInt(this.hash >>> 0);
      case at.data:
      case at.dataMeta:
        return this.packet.start;
      case at.dataEnd:
        return this.packet.end;
      case at.wireLength:
        return BigInt(this.packet.length);
      case at.gsoSegments:
        return BigInt(this.gsoSegments);
      case at.gsoSize:
        return BigInt(this.gsoSize);
      default:
        return undefined;
    }
  }

  #setWord(offset: number, value: number): boolean {
    if (offset === at.mark) this.mark = value;
    else if (offset === at.priority) this.priority = value;
    else if (offset === at.queueMapping) this.queueMapping = value & 0xffff;
    else if (offset >= at.cb && offset < at.cb + 20 && (offset & 3) === 0) this.cb[(offset - at.cb) / 4] = value;
    else return false;
    return true;
  }
}

import type { AddressSpace, FieldAccess, Region } from "./address-space.js";
import type { Context } from "./machine.js";
import { PacketMemory } from "./packet-memory.js";

/** What a test says of a frame beside its bytes. */
export interface XdpFrameSettings {
  readonly ifindex?: number;
  readonly queue?: number;
  /** Bytes in front of the frame that a program may take; 256 by default. */
  readonly headroom?: number;
  /** Bytes behind it; 320 by default. */
  readonly tailroom?: number;
  /** The VLAN tag that the device has taken out. */
  readonly tag?: { readonly tpid: number; readonly tci: number };
}

/** A frame as XDP programs see it (struct xdp_md), and where they sent it. */
export class XdpFrame implements Context {
  readonly packet: PacketMemory;
  readonly tag: { readonly tpid: number; readonly tci: number } | undefined;
  readonly ifindex: number;
  readonly queue: number;
  headroom: number;
  tailroom: number;
  /** The map and the index in it, or the device, that `bpf_redirect_map` and `bpf_redirect` named. */
  target: { readonly map: string; readonly index: number } | { readonly ifindex: number } | undefined;
  #region: Region | undefined;

  constructor(bytes: Uint8Array, settings: XdpFrameSettings = {}) {
    this.packet = new PacketMemory(bytes.slice(), bytes.length);
    this.tag = settings.tag;
    this.ifindex = settings.ifindex ?? 1;
    this.queue = settings.queue ?? 0;
    this.headroom = settings.headroom ?? 256;
    this.tailroom = settings.tailroom ?? 320;
  }

  /** The frame as it is now. */
  get bytes(): Uint8Array {
    return this.packet.bytes;
  }

  enter(memory: AddressSpace): bigint {
    this.packet.enter(memory);
    this.#region = memory.add("xdp_md", new Uint8Array(24), { fields: this.#fields });
    return this.#region.base;
  }

  leave(memory: AddressSpace): void {
    this.packet.leave();
    memory.remove(this.#region!, "belongs to a run that has ended");
  }

  readonly #fields: FieldAccess = {
    load: (offset, size) => {
      const { start, end } = this.packet;
      return size === 4 ? [start, end, start, BigInt(this.ifindex), BigInt(this.queue), 0n][offset / 4] : undefined;
    },
    store: () => false,
  };
}

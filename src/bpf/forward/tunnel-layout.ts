/**
 * Operations of tunnels, numbers in the byte order of the host. Behind the code of a push: u16 how many units of 16 bytes follow that hold the header, u16 its length, u16 the folded sum of
 * the IPv4 header without its length and checksum, u16 `TunnelUnder` of what comes under the tunnel. The header begins in the next unit.
 */
export const tunnelPush = { units: 4, size: 6, sum: 8, under: 10, header: 16 } as const;

/** Units of a push's header at most. */
const MAX_PUSH_UNITS = 20;
/** Bytes of it. */
export const MAX_PUSHED: number = 16 * MAX_PUSH_UNITS;

/** What a packet goes through a tunnel in: bits. */
export const TunnelUnder = { ipv6: 1, udp: 2 } as const;

/** Behind the code of a pop: u32 the slot of the tunnel's port, u32 that port's number, u32 `TunnelCode`. */
export const tunnelPop = { slot: 4, port: 8, code: 12 } as const;

/** The kinds of tunnels that packets are taken out of. */
export const TunnelCode = { vxlan: 1, geneve: 2, gre: 3 } as const;

/** Words of a packet's key that say what it came out of, as `W` of the flow layer names them. */
export interface TunnelWords {
  readonly tunSrc: number;
  readonly tunDst: number;
  readonly tunIpv6Src: number;
  readonly tunId: number;
  readonly tunMeta: number;
  readonly tunTp: number;
  readonly inPort: number;
}

/** Flags in `tunMeta`: the outer checksum was there and right; there was an identifier; the packet is the tunnel's own affair. */
export const TunnelMark = { oam: 1, checksum: 4, key: 8 } as const;

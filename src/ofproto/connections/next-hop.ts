import { parseIpv4 } from "#util/ip.js";

/** Where packets to an address go first. */
export interface Route {
  readonly device: string;
  /** The gateway's address, or the destination's own where it is near. */
  readonly nextHop: number;
}

/** A word of `/proc/net/route`: the bytes of an address, the last one first. */
const reversed = (hex: string): number => Buffer.from(hex, "hex").readUInt32LE(0);

/** The route to an address by the text of Linux's `/proc/net/route`; the longest prefix, then the least metric. */
export function findRoute(text: string, address: number): Route | undefined {
  let best: { readonly mask: number; readonly metric: number; readonly route: Route } | undefined;
  for (const line of text.split("\n").slice(1)) {
    const [device, destination, gateway, flags, , , metricText, maskText] = line.split(/\s+/);
    if (device === undefined || maskText === undefined || (Number.parseInt(flags!, 16) & 1) === 0) continue;
    const mask = reversed(maskText);
    if ((address & mask) >>> 0 !== reversed(destination!)) continue;
    const metric = Number(metricText);
    if (best && (best.mask > mask || (best.mask === mask && best.metric <= metric))) continue;
    best = { mask, metric, route: { device, nextHop: reversed(gateway!) || address } };
  }
  return best?.route;
}

/** The Ethernet address of a neighbour by the text of Linux's `/proc/net/arp`; undefined where it is not known. */
export function findNeighbour(text: string, { device, nextHop }: Route): string | undefined {
  for (const line of text.split("\n").slice(1)) {
    const [ip, , flags, mac, , name] = line.split(/\s+/);
    if (name !== device || mac === undefined || parseIpv4(ip!) !== nextHop) continue;
    // Complete ones have the bit 2.
    if ((Number.parseInt(flags!, 16) & 2) !== 0 && mac !== "00:00:00:00:00:00") return mac;
  }
  return undefined;
}

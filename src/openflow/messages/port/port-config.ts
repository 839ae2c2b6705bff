import { OF10, type Version } from "../../version.js";

/** Bits of a port's configuration, the same in all versions that have them. */
export const PortConfig = {
  portDown: 1 << 0,
  noStp: 1 << 1,
  noReceive: 1 << 2,
  noReceiveStp: 1 << 3,
  noFlood: 1 << 4,
  noForward: 1 << 5,
  noPacketIn: 1 << 6,
} as const;

const bits: readonly (readonly [bit: number, name: string])[] = [
  [PortConfig.portDown, "PORT_DOWN"],
  [PortConfig.noStp, "NO_STP"],
  [PortConfig.noReceive, "NO_RECV"],
  [PortConfig.noReceiveStp, "NO_RECV_STP"],
  [PortConfig.noFlood, "NO_FLOOD"],
  [PortConfig.noForward, "NO_FWD"],
  [PortConfig.noPacketIn, "NO_PACKET_IN"],
];

const SINCE_11: number = PortConfig.portDown | PortConfig.noReceive | PortConfig.noForward | PortConfig.noPacketIn;

/** The bits that a version has. */
export const portConfigMask = (version: Version): number => (version === OF10 ? 0x7f : SINCE_11);

/** `PORT_DOWN NO_FLOOD`; `0` for none. */
export function formatPortConfig(config: number): string {
  const names = bits.filter(([bit]) => (config & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? "0" : names.join(" ");
}

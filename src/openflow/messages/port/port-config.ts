import { OF10, type Version } from "../../version.js";

/** Bits of a port's configuration, the same in all versions that have them. */
export const PortConfig = {
  portDown: 0x1,
  noStp: 0x2,
  noReceive: 0x4,
  noReceiveStp: 0x8,
  noFlood: 0x10,
  noForward: 0x20,
  noPacketIn: 0x40,
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

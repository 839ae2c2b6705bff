import type { DeviceInfo } from "#datapath/device.js";
import type { PhyPort } from "#openflow/messages/port/phy-port.js";

/** A speed in bits per second, and its feature bits in OpenFlow 1.1 and later: half duplex and full. */
const speeds: readonly (readonly [speed: number, half: number, full: number])[] = [
  [10e6, 0x1, 0x2],
  [100e6, 0x4, 0x8],
  [1e9, 0x10, 0x20],
  [10e9, 0, 0x40],
  [40e9, 0, 0x80],
  [100e9, 0, 0x100],
  [1e12, 0, 0x200],
];

const OTHER = 0x400;
const COPPER = 0x800;
const FIBER = 0x1000;
const AUTO_NEGOTIATION = 0x2000;
const PAUSE = 0x4000;
const PAUSE_ASYMMETRIC = 0x8000;

/** Features by the numbers of ethtool's link modes. What is not here is a speed that OpenFlow has no bit for. */
const features: ReadonlyMap<number, number> = new Map([
  ...[0x1, 0x2, 0x4, 0x8, 0x10, 0x20, AUTO_NEGOTIATION, COPPER].map((bit, mode) => [mode, bit] as const),
  // AUI, MII, BNC and a backplane are no feature; fibre is.
  ...[8, 9, 11, 16].map((mode) => [mode, 0] as const),
  [10, FIBER],
  [13, PAUSE],
  [14, PAUSE_ASYMMETRIC],
  ...[17, 41].map((mode) => [mode, 0x20] as const),
  ...[12, 18, 19, 20, 42, 43, 44, 45, 46].map((mode) => [mode, 0x40] as const),
  ...[23, 24, 25, 26].map((mode) => [mode, 0x80] as const),
  ...[36, 37, 38, 39].map((mode) => [mode, 0x100] as const),
  // Forward error correction: none, RS, BASER, LLRS.
  ...[49, 50, 51, 74].map((mode) => [mode, 0] as const),
]);

function featuresOf(modes: readonly number[] = []): number {
  return modes.reduce((all, mode) => all | (features.get(mode) ?? OTHER), 0);
}

function current({ speed, duplex, modes }: DeviceInfo): number {
  if (speed === undefined) return 0;
  const found = speeds.find(([bits]) => bits === speed);
  const bit = found === undefined ? OTHER : duplex === "half" ? found[1] : found[2];
  const medium = modes?.medium === "copper" ? COPPER : modes?.medium === "fiber" ? FIBER : 0;
  return bit | medium | (modes?.negotiates ? AUTO_NEGOTIATION : 0);
}

/** What controllers are told of a port's speed and what it can be; speeds in kb/s. */
export function portFeatures(
  info: DeviceInfo,
): Pick<PhyPort, "current" | "advertised" | "supported" | "peer" | "currentSpeed" | "maxSpeed"> {
  const supported = featuresOf(info.modes?.supported);
  const fastest = speeds.findLast(([, half, full]) => (supported & (half | full)) !== 0);
  return {
    current: current(info),
    advertised: featuresOf(info.modes?.advertised),
    supported,
    peer: featuresOf(info.modes?.peer),
    currentSpeed: Math.floor((info.speed ?? 0) / 1000),
    maxSpeed: (fastest?.[0] ?? 0) / 1000,
  };
}

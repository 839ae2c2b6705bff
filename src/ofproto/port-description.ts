import type { DeviceInfo } from "#datapath/device.js";
import { type PhyPort, PortState } from "#openflow/messages/port/phy-port.js";
import { macNumber } from "#util/mac-number.js";
import type { BridgeState } from "./bridge-state.js";
import type { OfPort } from "./port.js";
import { PortConfig } from "./port-config.js";

/** Features by the bits of OpenFlow 1.1 and later: of a speed in bits per second, half duplex and full. */
const ofSpeed: readonly (readonly [speed: number, half: number, full: number])[] = [
  [10e6, 0x1, 0x2],
  [100e6, 0x4, 0x8],
  [1e9, 0x10, 0x20],
  [10e9, 0, 0x40],
  [40e9, 0, 0x80],
  [100e9, 0, 0x100],
  [1e12, 0, 0x200],
];

function currentFeatures({ speed, duplex }: DeviceInfo): number {
  const found = ofSpeed.find(([bits]) => bits === speed);
  if (found === undefined) return 0;
  return duplex === "half" ? found[1] : found[2];
}

/** A port's configuration as controllers see it: whether it is down is a matter of its device. */
function portConfig(port: OfPort): number {
  const others = port.config & ~PortConfig.portDown;
  return port.device.info().up ? others : others | PortConfig.portDown;
}

/** What controllers are told of a port. */
export function portDescription(port: OfPort): PhyPort {
  const info = port.device.info();
  const isUp = info.up && info.carrier;
  return {
    number: port.ofport,
    address: macNumber(info.mac),
    name: port.name,
    config: portConfig(port),
    state: isUp ? PortState.live : PortState.linkDown,
    current: currentFeatures(info),
    advertised: 0,
    supported: 0,
    peer: 0,
    currentSpeed: Math.floor((info.speed ?? 0) / 1000),
    maxSpeed: 0,
  };
}

/** True where controllers would be told the same of a port. */
export function sameDescription(a: PhyPort, b: PhyPort): boolean {
  return (Object.keys(a) as (keyof PhyPort)[]).every((key) => a[key] === b[key]);
}

/** A bridge's ports: its own first, then by number. */
export function portsInOrder({ ports }: BridgeState): OfPort[] {
  return [...ports.values()].sort((a, b) => Number(b.isLocal) - Number(a.isLocal) || a.ofport - b.ofport);
}

/** The port of a number, or all of them; for a number that no port has, none. */
export function portsOf(state: BridgeState, number: number, all: number): OfPort[] {
  if (number === all) return portsInOrder(state);
  const port = state.ports.get(number);
  return port ? [port] : [];
}

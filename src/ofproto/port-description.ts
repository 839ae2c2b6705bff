import { type PhyPort, PortState } from "#openflow/messages/port/phy-port.js";
import { macNumber } from "#util/mac-number.js";
import type { BridgeState } from "./bridge-state.js";
import type { OfPort } from "./port.js";
import { PortConfig } from "./port-config.js";
import { portFeatures } from "./port-features.js";

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
    ...portFeatures(info),
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

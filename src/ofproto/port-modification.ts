import type { PortMod } from "#openflow/messages/port/port-mod.js";
import { OfpError } from "#openflow/ofp-error.js";
import { HostError, UserError } from "#util/errors.js";
import { macNumber } from "#util/mac-number.js";
import type { Bridge } from "./bridge.js";
import type { Modification } from "./modification.js";
import type { OfPort } from "./port.js";
import { PortConfig } from "./port-config.js";
import type { Origin } from "./tables/flow-changes.js";

/** A port-mod as a change of a bridge. `start` throws OFPPMFC_BAD_PORT, and OFPPMFC_BAD_HW_ADDR where the address is not the port's. */
export function portModification(bridge: Bridge, mod: PortMod, { connection }: Origin): Modification {
  return {
    start: () => void portOf(bridge, mod),
    finish: () => {
      const port = bridge.state.ports.get(mod.port);
      if (port) apply(bridge, port, mod, connection);
    },
    revert: () => {},
  };
}

function portOf({ state }: Bridge, { port: number, address }: PortMod): OfPort {
  const port = state.ports.get(number);
  if (port === undefined) throw new OfpError("OFPPMFC_BAD_PORT");
  if (macNumber(port.device.info().mac) !== address) throw new OfpError("OFPPMFC_BAD_HW_ADDR");
  return port;
}

function apply(bridge: Bridge, port: OfPort, { config, mask }: PortMod, source: object | undefined): void {
  const others = mask & ~PortConfig.portDown;
  port.config = (port.config & ~others) | (config & others);
  if ((mask & PortConfig.portDown) !== 0) setUp(bridge, port, (config & PortConfig.portDown) === 0);
  bridge.portChanged(port, source);
}

/** Brings the device up or down; one that refuses stays as it is, and the log says so. */
function setUp(bridge: Bridge, port: OfPort, up: boolean): void {
  if (port.device.info().up === up) return;
  try {
    port.device.setUp(up);
  } catch (error) {
    if (!(error instanceof HostError || error instanceof UserError)) throw error;
    bridge.backer.log.warn(`${port.name}: cannot be brought ${up ? "up" : "down"} (${error.message})`);
  }
}

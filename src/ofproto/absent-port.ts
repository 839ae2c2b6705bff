import type { Device } from "#datapath/device.js";
import type { BridgeState } from "./bridge-state.js";
import { patchClass } from "./patch-device.js";
import { OfPort } from "./port.js";

let device: Device | undefined;

/** The port of a number; where the bridge has none, one of no bundle that leads nowhere: where packets of controllers and of what-ifs come from. */
export function portOrAbsent(bridge: BridgeState, number: number): OfPort {
  device ??= patchClass().open("unknown", new Map([["peer", ""]]));
  return bridge.ports.get(number) ?? new OfPort(bridge, number, device, undefined);
}

import { bundleFamily } from "./bundle.js";
import { connection } from "./connection.js";
import { flowFamily } from "./flow.js";
import { groupFamily } from "./group.js";
import type { MessageFamily } from "./harness.js";
import { meterFamily } from "./meter.js";
import { packet } from "./packet.js";
import { portFamily } from "./port.js";
import { tableFamily } from "./table.js";

/** The families that are compared. */
export const families: readonly MessageFamily[] = [
  connection,
  packet,
  portFamily,
  tableFamily,
  flowFamily,
  groupFamily,
  meterFamily,
  bundleFamily,
];

import { bundleFamily } from "./bundle.js";
import { connection } from "./connection.js";
import { flowFamily } from "./flow.js";
import { groupFamily } from "./group.js";
import type { MessageFamily } from "./harness.js";
import { meterFamily } from "./meter.js";
import { packet } from "./packet.js";

/** The families that are compared. */
export const families: readonly MessageFamily[] = [
  connection,
  packet,
  flowFamily,
  groupFamily,
  meterFamily,
  bundleFamily,
];

import { bundleFamily } from "./bundle.js";
import { connection } from "./connection.js";
import { groupFamily } from "./group.js";
import type { MessageFamily } from "./harness.js";
import { meterFamily } from "./meter.js";

/** The families that are compared. */
export const families: readonly MessageFamily[] = [connection, groupFamily, meterFamily, bundleFamily];

import { type BundleBody, bundleRows } from "./bundle/rows.js";
import { type ConnectionBody, connectionRows } from "./connection/rows.js";
import { type FlowBody, flowRows } from "./flow/rows.js";
import { type GroupBody, groupRows } from "./group/rows.js";
import type { MessageRow } from "./message.js";
import { type MeterBody, meterRows } from "./meter/rows.js";
import { type PacketBody, packetRows } from "./packet/rows.js";
import { type PortBody, portRows } from "./port/rows.js";
import { type TableBody, tableRows } from "./table/rows.js";

/** What a message says, free of versions. */
export type Body = ConnectionBody | FlowBody | PacketBody | PortBody | TableBody | GroupBody | MeterBody | BundleBody;

/** Every kind of message. */
export const messageRows: readonly MessageRow<Body>[] = [
  ...connectionRows,
  ...flowRows,
  ...packetRows,
  ...portRows,
  ...tableRows,
  ...groupRows,
  ...meterRows,
  ...bundleRows,
];

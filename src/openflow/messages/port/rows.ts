import type { MessageRow } from "../message.js";
import { type PortStatus, portStatus } from "./port-status.js";

/** Messages about ports and their queues. */
export type PortBody = PortStatus;

export const portRows: readonly MessageRow<PortBody>[] = [portStatus];

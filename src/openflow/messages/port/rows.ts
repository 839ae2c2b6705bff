import type { MessageRow } from "../message.js";

/** Messages about ports and their queues. */
export type PortBody = never;

export const portRows: readonly MessageRow<PortBody>[] = [];

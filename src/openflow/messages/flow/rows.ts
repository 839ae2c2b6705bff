import type { MessageRow } from "../message.js";

/** Messages about flows: mods, removals, statistics, monitors. */
export type FlowBody = never;

export const flowRows: readonly MessageRow<FlowBody>[] = [];

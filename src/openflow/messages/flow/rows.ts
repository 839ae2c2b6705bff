import type { MessageRow } from "../message.js";
import { type FlowMod, flowMod } from "./flow-mod.js";

/** Messages about flows: mods, removals, statistics, monitors. */
export type FlowBody = FlowMod;

export const flowRows: readonly MessageRow<FlowBody>[] = [flowMod];

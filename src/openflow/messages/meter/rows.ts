import type { MessageRow } from "../message.js";

/** Messages about meters. */
export type MeterBody = never;

export const meterRows: readonly MessageRow<MeterBody>[] = [];

import type { MessageRow } from "../message.js";

/** Messages about flow tables. */
export type TableBody = never;

export const tableRows: readonly MessageRow<TableBody>[] = [];

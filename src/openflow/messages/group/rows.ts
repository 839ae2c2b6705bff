import type { MessageRow } from "../message.js";

/** Messages about groups. */
export type GroupBody = never;

export const groupRows: readonly MessageRow<GroupBody>[] = [];

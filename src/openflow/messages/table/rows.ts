import type { MessageRow } from "../message.js";
import { type TableFeaturesMessage, tableFeaturesReply, tableFeaturesRequest } from "./table-features.js";
import { type TableStatsReply, type TableStatsRequest, tableStatsReply, tableStatsRequest } from "./table-stats.js";

/** Messages about flow tables. */
export type TableBody = TableStatsRequest | TableStatsReply | TableFeaturesMessage;

export const tableRows: readonly MessageRow<TableBody>[] = [
  tableStatsRequest,
  tableStatsReply,
  tableFeaturesRequest,
  tableFeaturesReply,
] as readonly MessageRow<TableBody>[];

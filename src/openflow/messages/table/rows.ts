import type { MessageRow } from "../message.js";
import { type TableDescReply, type TableDescRequest, tableDescReply, tableDescRequest } from "./table-desc.js";
import { type TableFeaturesMessage, tableFeaturesReply, tableFeaturesRequest } from "./table-features.js";
import { type TableMod, tableMod } from "./table-mod.js";
import { type TableStatsReply, type TableStatsRequest, tableStatsReply, tableStatsRequest } from "./table-stats.js";
import { type TableStatus, tableStatus } from "./table-status.js";

/** Messages about flow tables. */
export type TableBody =
  | TableStatsRequest
  | TableStatsReply
  | TableFeaturesMessage
  | TableMod
  | TableDescRequest
  | TableDescReply
  | TableStatus;

export const tableRows: readonly MessageRow<TableBody>[] = [
  tableStatsRequest,
  tableStatsReply,
  tableFeaturesRequest,
  tableFeaturesReply,
  tableMod,
  tableDescRequest,
  tableDescReply,
  tableStatus,
];

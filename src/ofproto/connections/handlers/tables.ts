import type { TableDescRequest } from "#openflow/messages/table/table-desc.js";
import type { TableFeaturesMessage } from "#openflow/messages/table/table-features.js";
import type { TableMod } from "#openflow/messages/table/table-mod.js";
import type { TableStatsRequest } from "#openflow/messages/table/table-stats.js";
import { OfpError } from "#openflow/ofp-error.js";
import { setTableNames, tableDescReply, tableFeaturesReply, tableStatsReply } from "../../tables/table-replies.js";
import type { Handler } from "../handler.js";

/** What tables have counted: OFPMP_TABLE. */
export const tableStatsHandler: Handler<TableStatsRequest> = {
  kind: "table_stats_request",
  changes: false,
  handle: (_, { bridge, connection }) => {
    bridge.collectStatistics();
    return [tableStatsReply(bridge.state.tables, connection.version)];
  },
};

/** How tables are configured: OFPMP_TABLE_DESC. */
export const tableDescHandler: Handler<TableDescRequest> = {
  kind: "table_desc_request",
  changes: false,
  handle: (_, { bridge }) => [tableDescReply(bridge.state.tables)],
};

/** What tables can do: OFPMP_TABLE_FEATURES. A request that tells features gives tables their names, which a secondary controller may not. */
export const tableFeaturesHandler: Handler<TableFeaturesMessage & { kind: "table_features_request" }> = {
  kind: "table_features_request",
  changes: false,
  handle: (body, { bridge, connection }) => {
    if (body.tables.length > 0) {
      if (connection.role === "secondary") throw new OfpError("OFPBRC_IS_SECONDARY");
      setTableNames(bridge.state.tables, body);
    }
    return [tableFeaturesReply(bridge.state.tables, connection.version)];
  },
};

/** OFPT_TABLE_MOD. */
export const tableModHandler: Handler<TableMod> = {
  kind: "table_mod",
  changes: true,
  handle: (mod, { bridge }) => {
    bridge.tableMod(mod);
    return undefined;
  },
};

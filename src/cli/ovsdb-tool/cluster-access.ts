import { type ClusterHeader, clusterHeaderFromJson } from "#ovsdb/cluster/cluster-header.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { LogFile } from "#ovsdb-server/log-file.js";
import { openLog } from "./log-access.js";
import type { ToolContext } from "./tool-command.js";

/** The first record of a clustered database; undefined for a standalone one. Throws `OvsdbError`. */
export function readClusterHeader(context: ToolContext, path: string): ClusterHeader | undefined {
  const log = openLog(context, path, "read");
  try {
    return log.magic === "CLUSTER" ? nextHeader(log) : undefined;
  } finally {
    log.close();
  }
}

/** Opens a clustered database and reads its first record. Throws `OvsdbError`. */
export function openCluster(context: ToolContext, path: string): { log: LogFile; header: ClusterHeader } {
  const log = openLog(context, path, "read");
  try {
    // What upstream says of a file that is not clustered.
    if (log.magic !== "CLUSTER") throw new OvsdbError("ovsdb error", `${path}: cannot identify file type`);
    return { log, header: nextHeader(log) };
  } catch (error) {
    log.close();
    throw error;
  }
}

function nextHeader(log: LogFile): ClusterHeader {
  return clusterHeaderFromJson(log.next() ?? null);
}

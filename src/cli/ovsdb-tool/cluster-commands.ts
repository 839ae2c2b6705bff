import { UserError } from "#util/errors.js";
import { openLog } from "./log-access.js";
import type { ToolCommand } from "./tool-command.js";

/** Reads one thing of a clustered database; a standalone one is refused as upstream refuses it. */
const ofCluster = (name: string): ToolCommand => ({
  name,
  usage: "db",
  minArgs: 1,
  maxArgs: 1,
  support: "missing",
  run(context, [path = ""]) {
    const log = openLog(context, path, "read");
    log.close();
    if (log.magic === "JSON") throw new UserError(`${path}: not a clustered database`);
    throw new UserError(`${name} is not implemented yet`);
  },
});

const missing = (name: string, usage: string, minArgs: number, maxArgs: number): ToolCommand => ({
  name,
  usage,
  minArgs,
  maxArgs,
  support: "missing",
  run() {
    throw new UserError(`${name} is not implemented yet`);
  },
});

/** The commands for clustered databases, which Weft does not serve yet. */
export const clusterCommands: readonly ToolCommand[] = [
  missing("create-cluster", "db contents local", 3, 3),
  missing("join-cluster", "db name local remote...", 4, Number.POSITIVE_INFINITY),
  ofCluster("db-cid"),
  ofCluster("db-sid"),
  ofCluster("db-local-address"),
  missing("check-cluster", "db...", 1, Number.POSITIVE_INFINITY),
  missing("cluster-to-standalone", "db clusterdb", 2, 2),
];

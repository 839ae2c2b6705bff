import { isId, parseUuid, ZERO_UUID } from "#ovsdb/atom.js";
import { clusterFault, type NamedLog } from "#ovsdb/cluster/check-cluster.js";
import type { ClusterHeader } from "#ovsdb/cluster/cluster-header.js";
import { ClusterLog, ClusterLogError } from "#ovsdb/cluster/cluster-log.js";
import { clusterRecordFromJson } from "#ovsdb/cluster/cluster-record.js";
import { checkServerAddress, shortId } from "#ovsdb/cluster/server-list.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { LogFile } from "#ovsdb-server/log-file.js";
import { newUuid } from "#ovsdb-server/new-uuid.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { openCluster, readClusterHeader } from "./cluster-access.js";
import { readClusterContents } from "./cluster-contents.js";
import { openLog } from "./log-access.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";

/** Reads one thing of a clustered database; a standalone one is refused as upstream refuses it. */
const ofCluster = (name: string, read: (header: ClusterHeader) => string | undefined): ToolCommand => ({
  name,
  usage: "db",
  minArgs: 1,
  maxArgs: 1,
  run(context, [path = ""]) {
    const header = readClusterHeader(context, path);
    if (!header) throw new UserError(`${path}: not a clustered database`);
    const value = read(header);
    if (value === undefined) {
      context.io.stderr(`${path}: cluster ID not yet known\n`);
      return 2;
    }
    context.answer(value, `${value}\n`);
    return 0;
  },
});

/** Writes the records of a new clustered database. */
function writeCluster(context: ToolContext, path: string, records: readonly Json[]): void {
  const log = openLog(context, path, "create", "CLUSTER");
  try {
    for (const record of records) log.append(formatJson(record));
    log.syncNow();
  } finally {
    log.close();
  }
}

/** The first server of a new cluster. */
const createCluster: ToolCommand = {
  name: "create-cluster",
  usage: "db contents local",
  minArgs: 3,
  maxArgs: 3,
  async run(context, [path = "", contents = "", local = ""]) {
    const { name, data } = await readClusterContents(context, contents);
    const timer = context.electionTimer === undefined ? undefined : Number.parseInt(context.electionTimer, 10) || 0;
    if (timer !== undefined && (timer < 100 || timer > 600_000)) {
      throw new OvsdbError("ovsdb error", "election timer must be between 100 and 600000, in msec.");
    }
    checkServerAddress(local);
    const { host } = context.io;
    const serverId = newUuid(host);
    const header = {
      server_id: serverId,
      local_address: local,
      name,
      cluster_id: newUuid(host),
      prev_term: 1,
      prev_index: 1,
      prev_servers: { [serverId]: local },
      prev_data: data,
      prev_eid: newUuid(host),
    };
    writeCluster(context, path, [
      header,
      ...(timer === undefined ? [] : [{ term: 1, index: 2, election_timer: timer }]),
    ]);
    return 0;
  },
};

/** A further server, which joins its cluster when it is started first. */
const joinCluster: ToolCommand = {
  name: "join-cluster",
  usage: "db name local remote...",
  minArgs: 4,
  maxArgs: Number.POSITIVE_INFINITY,
  run(context, [path = "", name = "", local = "", ...remotes]) {
    if (!isId(name)) {
      throw new UserError(`${name}: not a valid schema name (use "schema-name" command to find the correct name)`);
    }
    const clusterId = context.clusterId === undefined ? undefined : parseUuid(context.clusterId);
    if (context.clusterId !== undefined && (clusterId === undefined || clusterId === ZERO_UUID)) {
      throw new UserError(`${context.clusterId}: not a valid UUID`);
    }
    checkServerAddress(local);
    for (const remote of remotes) checkServerAddress(remote);
    if (remotes.includes(local)) {
      throw new OvsdbError("ovsdb error", "remote addresses cannot be the same as the local address");
    }
    const header = {
      server_id: newUuid(context.io.host),
      local_address: local,
      name,
      ...(clusterId === undefined ? {} : { cluster_id: clusterId }),
      remote_addresses: [...new Set(remotes)],
    };
    writeCluster(context, path, [header]);
    return 0;
  },
};

/** The contents of a clustered database in a file of a standalone one, where its cluster cannot be revived. */
const clusterToStandalone: ToolCommand = {
  name: "cluster-to-standalone",
  usage: "db clusterdb",
  minArgs: 2,
  maxArgs: 2,
  run(context, [path = "", clusterPath = ""]) {
    const target = openLog(context, path, "create");
    let done = false;
    try {
      for (const record of standaloneRecords(context, clusterPath)) target.append(formatJson(record));
      target.syncNow();
      done = true;
    } finally {
      target.close();
      if (!done) context.io.host.files.remove(context.absolute(path));
    }
    return 0;
  },
};

/** The schema and the transactions since it was given to the database. */
function standaloneRecords(context: ToolContext, path: string): readonly Json[] {
  if (!readClusterHeader(context, path)) throw new UserError("Database is not clustered db.\n");
  const { log, header } = openCluster(context, path);
  try {
    if (header.kind === "joining") throw new UserError(`${path}: has not joined the cluster`);
    const cluster = readLog(path, header, log, shortId, () => {});
    let records: Json[] = [];
    for (const data of [header.data, ...cluster.entries.map((entry) => entry.data ?? null)]) {
      if (!Array.isArray(data)) continue;
      const [schema, transaction] = data as readonly Json[];
      // A schema comes with all contents, so that what was before does not count any longer.
      if (schema !== null && schema !== undefined) records = [schema];
      if (transaction !== null && transaction !== undefined) records.push(transaction);
    }
    return records;
  } finally {
    log.close();
  }
}

/** Reads the rest of a log. Throws `UserError` where a record does not fit those before it. */
function readLog(
  path: string,
  header: ClusterHeader & { readonly kind: "member" },
  file: LogFile,
  nameOf: (server: string) => string,
  warn: (text: string) => void,
): ClusterLog {
  const log = new ClusterLog(header, nameOf);
  try {
    for (let record = file.next(); record; record = file.next()) {
      const warning = log.add(clusterRecordFromJson(record));
      if (warning !== undefined) warn(`${path}: ${warning}\n`);
    }
    return log;
  } catch (error) {
    if (!(error instanceof ClusterLogError)) throw error;
    throw new UserError(`${path}: ${error.message}`);
  }
}

/** Checks the files of servers of a cluster, each and against each other. */
const checkCluster: ToolCommand = {
  name: "check-cluster",
  usage: "db...",
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  run(context, paths) {
    const open: { path: string; log: LogFile; header: ClusterHeader & { readonly kind: "member" } }[] = [];
    try {
      for (const path of paths) {
        const { log, header } = openCluster(context, path);
        if (header.kind === "joining") {
          log.close();
          context.io.stdout(`${path} has not joined the cluster, omitting\n`);
          continue;
        }
        const [first] = open;
        open.push({ path, log, header });
        const twin = open.find((other) => other.header.serverId === header.serverId)!;
        if (twin.log !== log) {
          throw new UserError(`Duplicate server ID ${shortId(header.serverId)} in ${path} and ${twin.path}.`);
        }
        if (first && first.header.clusterId !== header.clusterId) {
          const has = `${first.path} has cluster ID ${shortId(first.header.clusterId)}`;
          throw new UserError(`${has} but ${path} has cluster ID ${shortId(header.clusterId)}`);
        }
        if (first && first.header.name !== header.name) {
          throw new UserError(`${first.path} is named "${first.header.name}" but ${path} is named "${header.name}"`);
        }
      }
      const files = new Map<string, string>(open.map(({ path, header }) => [header.serverId, path]));
      const nameOf = (server: string): string => files.get(server) ?? shortId(server);
      const logs: NamedLog[] = open.map(({ path, header, log }) => ({
        file: path,
        log: readLog(path, header, log, nameOf, context.io.stdout),
      }));
      const fault = clusterFault(logs, nameOf);
      if (fault !== undefined) throw new UserError(fault);
      return 0;
    } finally {
      for (const { log } of open) log.close();
    }
  },
};

/** The commands for clustered databases. */
export const clusterCommands: readonly ToolCommand[] = [
  createCluster,
  joinCluster,
  ofCluster("db-cid", (header) => header.clusterId),
  ofCluster("db-sid", (header) => header.serverId),
  ofCluster("db-local-address", (header) => header.localAddress),
  checkCluster,
  clusterToStandalone,
];

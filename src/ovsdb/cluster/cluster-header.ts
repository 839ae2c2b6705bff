import type { Json } from "#util/json.js";
import { parseUuid, type Uuid } from "../atom.js";
import { syntaxError } from "../error.js";
import { JsonMembers } from "../json-members.js";
import { type ServerList, serverAddressFromJson, serverListFromJson } from "./server-list.js";

/** What every file of a clustered database says of its server, in its first record (ovsdb(5) "Clustered Format"). */
interface ClusterServer {
  readonly serverId: Uuid;
  /** Where the server listens for the others of the cluster. */
  readonly localAddress: string;
  /** The database's schema's name. */
  readonly name: string;
}

/** A file that `ovsdb-tool join-cluster` made and no server has used yet. */
interface JoiningHeader extends ClusterServer {
  readonly kind: "joining";
  readonly clusterId: Uuid | undefined;
  readonly remotes: readonly string[];
}

/** The file of a server of a cluster. */
export interface MemberHeader extends ClusterServer {
  readonly kind: "member";
  readonly clusterId: Uuid;
  readonly servers: ServerList;
  /** The last entry before the log, 0 for none; and the term it was made in. */
  readonly index: bigint;
  readonly term: bigint;
  /** The contents as of that entry: `<cluster-txn>`. */
  readonly data: Json;
  readonly entryId: Uuid | undefined;
}

export type ClusterHeader = JoiningHeader | MemberHeader;

/** Reads the first record of a clustered database. Throws `OvsdbError`. */
export function clusterHeaderFromJson(json: Json): ClusterHeader {
  const members = new JsonMembers(json, "raft header");
  const serverId = uuidMember(members, "server_id");
  const localAddress = members.need("local_address", "string") as string;
  const name = members.need("name", "string") as string;
  const remotes = members.take("remote_addresses", "array") as readonly Json[] | undefined;
  if (remotes) {
    const clusterId = members.has("cluster_id") ? uuidMember(members, "cluster_id") : undefined;
    members.finish();
    if (remotes.length === 0) throw syntaxError("at least one remote address is required", remotes);
    const addresses = remotes.map(serverAddressFromJson);
    return { kind: "joining", serverId, localAddress, name, clusterId, remotes: addresses };
  }
  const servers = members.need("prev_servers", "object");
  const index = uint64(members.take("prev_index", "integer") ?? 0);
  members.take("prev_election_timer", "integer");
  let snapshot: Pick<MemberHeader, "term" | "data" | "entryId"> = { term: 0n, data: null, entryId: undefined };
  if (index !== 0n) {
    const term = uint64(members.need("prev_term", "integer"));
    const data = members.need("prev_data", "array", "object", "string", "number", "boolean", "null");
    snapshot = { term, data, entryId: uuidMember(members, "prev_eid") };
  }
  const clusterId = uuidMember(members, "cluster_id");
  members.finish();
  return {
    kind: "member",
    serverId,
    localAddress,
    name,
    clusterId,
    servers: serverListFromJson(servers),
    index,
    ...snapshot,
  };
}

/** A member that is a UUID and must be there. */
export function uuidMember(members: JsonMembers, name: string): Uuid {
  const id = parseUuid(members.need(name, "string") as string);
  if (id === undefined) throw members.fault(`${name} is not a valid UUID`);
  return id;
}

/** `<uint64>`: what does not fit into a signed number of 64 bits stands as a negative one. */
export function uint64(json: Json): bigint {
  return BigInt.asUintN(64, BigInt(json as number | bigint));
}

import type { Json } from "#util/json.js";
import { type Uuid, ZERO_UUID } from "../atom.js";
import { JsonMembers } from "../json-members.js";
import { uint64, uuidMember } from "./cluster-header.js";
import { type ServerList, serverListFromJson } from "./server-list.js";

/** An entry of the log that the servers of a cluster agree on. */
export interface ClusterEntry {
  readonly term: bigint;
  readonly index: bigint;
  readonly servers?: ServerList;
  /** Milliseconds. */
  readonly electionTimer?: bigint;
  /** `<cluster-txn>` and its id. */
  readonly data?: Json;
  readonly entryId?: Uuid;
}

/** A record of a clustered database behind its first (ovsdb(5) "Clustered Format"). */
export type ClusterRecord = { readonly comment?: string } & (
  | ({ readonly kind: "entry" } & ClusterEntry)
  | { readonly kind: "term"; readonly term: bigint }
  | { readonly kind: "vote"; readonly term: bigint; readonly vote: Uuid }
  | { readonly kind: "leader"; readonly term: bigint; readonly leader: Uuid }
  | { readonly kind: "commit"; readonly index: bigint }
  | { readonly kind: "note"; readonly note: string }
);

/** Reads a record. Throws `OvsdbError`. */
export function clusterRecordFromJson(json: Json): ClusterRecord {
  const members = new JsonMembers(json, "raft log record");
  const comment = members.take("comment", "string") as string | undefined;
  const record = recordFromMembers(members);
  members.finish();
  return comment === undefined ? record : { ...record, comment };
}

function recordFromMembers(members: JsonMembers): ClusterRecord {
  const note = members.take("note", "string") as string | undefined;
  if (note !== undefined) return { kind: "note", note };
  const commit = uint64(members.take("commit_index", "integer") ?? 0);
  if (commit !== 0n) return { kind: "commit", index: commit };
  const term = uint64(members.need("term", "integer"));
  if (members.has("leader")) {
    const leader = uuidMember(members, "leader");
    if (leader === ZERO_UUID) throw members.fault("record says leader is all-zeros SID");
    return { kind: "leader", term, leader };
  }
  if (members.has("vote")) {
    const vote = uuidMember(members, "vote");
    if (vote === ZERO_UUID) throw members.fault("record votes for all-zeros SID");
    return { kind: "vote", term, vote };
  }
  const index = uint64(members.take("index", "integer") ?? 0);
  return index === 0n ? { kind: "term", term } : { kind: "entry", ...entryFromMembers(members, term, index) };
}

function entryFromMembers(members: JsonMembers, term: bigint, index: bigint): ClusterEntry {
  const servers = members.take("servers", "object");
  const timer = members.take("election_timer", "integer");
  const data = members.take("data", "array");
  return {
    term,
    index,
    ...(servers === undefined ? {} : { servers: serverListFromJson(servers) }),
    ...(timer === undefined ? {} : { electionTimer: uint64(timer) }),
    ...(data === undefined ? {} : { data, entryId: uuidMember(members, "eid") }),
  };
}

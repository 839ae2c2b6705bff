import type { Uuid } from "../atom.js";
import type { ReplicaTables } from "./resolve.js";
import type { AnyRow, ReplicaStore } from "./store.js";

/** The columns of `_Server`'s `Database` table (ovsdb-server(5)) that tell whether a server will do. */
export const databaseRowColumns = ["name", "model", "connected", "leader", "cid", "index"] as const;

/** Whether a server will do for a database. */
export type ServerVerdict =
  | { readonly kind: "good" }
  /** It does not have the database, now. */
  | { readonly kind: "absent" }
  | { readonly kind: "unfit"; readonly why: string };

/** What a client wants of a server. */
export interface ServerWishes {
  readonly database: string;
  readonly leaderOnly: boolean;
  /** The longest log (`index`) that a server of the cluster has shown so far. */
  readonly leastIndex: number | bigint;
  /** The cluster that the server must belong to. */
  readonly cluster?: string | undefined;
}

/** The row of `_Server` about a database. */
export function databaseRow(store: ReplicaStore, tables: ReplicaTables, database: string): AnyRow | undefined {
  if (!tables.has("Database")) return undefined;
  const entries: ReadonlyMap<Uuid, { readonly row: AnyRow }> = store.entries("Database");
  for (const { row } of entries.values()) if (row["name"] === database) return row;
  return undefined;
}

/** Looks at a server's own account of a database. */
export function judgeServer(row: AnyRow | undefined, wishes: ServerWishes): ServerVerdict {
  if (!row) return { kind: "absent" };
  if (row["model"] === "standalone") return { kind: "good" };
  if (row["connected"] !== true) {
    const why =
      row["model"] === "relay" ? "relay is disconnected from its source" : "server is disconnected from cluster";
    return { kind: "unfit", why };
  }
  if (wishes.cluster !== undefined && row["cid"] !== wishes.cluster)
    return { kind: "unfit", why: `server is not of cluster ${wishes.cluster}` };
  if (wishes.leaderOnly && row["leader"] !== true)
    return { kind: "unfit", why: "server is not the leader of the cluster" };
  const index = row["index"] as number | bigint | undefined;
  if (index !== undefined && index < wishes.leastIndex) return { kind: "unfit", why: "server has stale data" };
  return { kind: "good" };
}

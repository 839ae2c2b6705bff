import { isPassiveName } from "#host/stream-name.js";
import { logComplaints } from "#runtime/jsonrpc-session.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { connectRemote } from "../db-ctl/connection.js";
import type { ClientContext } from "./client-command.js";
import { Peer } from "./peer.js";

/** The members that a list such as `tcp:a:6641,tcp:b:6641` names. A comma that no method follows belongs to a file's name. */
export function clusterMembers(server: string): readonly string[] {
  return server.split(/, *(?=[a-z]+:)/);
}

/** Connects to the server; of a cluster, to the member that serves `database` best. Throws `UserError` in upstream's words. */
export async function connectServer(context: ClientContext, database: string | undefined): Promise<Peer> {
  const members = clusterMembers(context.server);
  if (members.length > 1) return connectCluster(context, members, database);
  try {
    return await connectOne(context, context.server);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const passive = isPassiveName(context.server) || error.code === "EAFNOSUPPORT";
    const tried = passive ? "connect or listen" : "connect";
    throw new UserError(`failed to ${tried} to "${context.server}" (${errnoText(error.code)})`);
  }
}

async function connectOne({ io, log, settings }: ClientContext, server: string): Promise<Peer> {
  try {
    const stream = await connectRemote(io.host, server, settings.tls, (listener) => {
      const [, port] = server.split(":");
      if (port === "0") log.module("socket_util").info(`0: listening on port ${listener.port}`);
      log.module("ovsdb_client").info(`${server}: waiting for connection...`);
    });
    return new Peer(stream, server, log);
  } catch (error) {
    logComplaints(log, error);
    throw error;
  }
}

/** Tries the members in turn, each once, until one serves the database as it is wanted. */
async function connectCluster(
  context: ClientContext,
  members: readonly string[],
  database: string | undefined,
): Promise<Peer> {
  const log = context.log.module("reconnect");
  for (const member of members) {
    log.info(`${member}: connecting...`);
    try {
      const peer = await connectOne(context, member);
      log.info(`${member}: connected`);
      if (database === undefined || (await servesWell(peer, database, context.settings.leaderOnly))) return peer;
      peer.close();
      log.info(`${member}: connection attempt timed out`);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      log.info(`${member}: connection attempt failed (${errnoText(error.code)})`);
    }
  }
  throw new UserError("no servers were available");
}

/** Whether a member has the database, is in touch with the others, and leads them where that is asked for. */
async function servesWell(peer: Peer, database: string, leaderOnly: boolean): Promise<boolean> {
  const select = { op: "select", table: "Database", where: [["name", "==", database]] };
  let reply: Json;
  try {
    reply = await peer.request("transact", ["_Server", select]);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
  const row = ((reply as readonly { readonly rows?: readonly { readonly [name: string]: Json }[] }[])?.[0]?.rows ??
    [])[0];
  if (row === undefined) return false;
  if (row["model"] === "standalone") return true;
  return row["connected"] === true && (row["model"] === "relay" || !leaderOnly || row["leader"] === true);
}

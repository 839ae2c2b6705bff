import type { Host } from "#host/host.js";
import { JsonRpcRefusal } from "#runtime/jsonrpc.js";
import { JsonRpcSession } from "#runtime/jsonrpc-session.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { connectRemote } from "../db-ctl/connection.js";
import type { ClientCommand, ClientContext } from "./client-command.js";

/** What the rows of `_Server` about a database are to be, by state: a column of them to look at, and its value. */
const states: Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: readonly Json[] }>> = {
  added: { columns: [], rows: [{}] },
  connected: { columns: ["connected"], rows: [{ connected: true }] },
  removed: { columns: [], rows: [] },
};

/** Waits until a database has come, is connected to its cluster, or has gone. It connects again for as long as it takes. */
export const wait: ClientCommand = {
  name: "wait",
  usage: "[server] database state",
  minArgs: 2,
  maxArgs: 3,
  on: "nothing",
  async run(context, args) {
    const [database = "", stateName = ""] = args.slice(-2);
    const state = Object.hasOwn(states, stateName) ? states[stateName] : undefined;
    if (state === undefined) throw new UserError(`${stateName}: unknown state`);
    const where = [["name", "==", database]];
    check(await askUntilAnswered(context, { op: "wait", table: "Database", where, until: "==", ...state }));
  },
};

/** Asks on every connection until one lives to see the answer. */
function askUntilAnswered(context: ClientContext, operation: Json): Promise<Json> {
  return new Promise((resolve, reject) => {
    const session = JsonRpcSession.open(sessionHost(context), context.log, [context.server], {
      onConnected() {
        // Databases that change do not end the connection then. Servers that do not know this are of no use to `wait` anyhow.
        session.request("set_db_change_aware", [true]).catch(() => {});
        session.request("transact", ["_Server", operation]).then(finish(resolve), (error: unknown) => {
          if (error instanceof JsonRpcRefusal) {
            const text = formatJson(error.error, { sorted: true });
            finish(reject)(new UserError(`transaction returned error: ${text}`));
          }
        });
      },
    });
    const finish =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        session.close();
        settle(value);
      };
  });
}

/** The host, with connections made as the options say. */
function sessionHost({ io, settings }: ClientContext): Host {
  const { host } = io;
  const streams = {
    connect: (name: string) => connectRemote(host, name, settings.tls),
    listen: host.streams.listen.bind(host.streams),
  };
  return Object.create(host, { streams: { value: streams } }) as Host;
}

function check(reply: Json): void {
  const [result] = Array.isArray(reply) ? (reply as readonly Json[]) : [];
  if (typeof result !== "object" || result === null || Array.isArray(result)) {
    throw new UserError("result array element is not object");
  }
  if ("error" in result) {
    throw new UserError(`server returned error reply: ${formatJson(result, { sorted: true })}`);
  }
}

import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { ClientCommand, ClientContext } from "./client-command.js";
import { connectServer } from "./connect.js";
import { parseJsonArgument } from "./json-argument.js";

/** Reads a transaction, of which the first member is the database's name. */
function parseTransaction(text: string): readonly [string, ...Json[]] {
  const json = parseJsonArgument(text);
  if (!Array.isArray(json) || typeof json[0] !== "string") throw new UserError("not a valid OVSDB query");
  return json as unknown as readonly [string, ...Json[]];
}

async function send(context: ClientContext, params: readonly [string, ...Json[]]): Promise<Json> {
  const peer = await connectServer(context, params[0]);
  try {
    return await peer.request("transact", params);
  } finally {
    peer.close();
  }
}

function print({ io, settings }: ClientContext, result: Json): void {
  io.stdout(`${formatJson(result, { sorted: true, pretty: settings.table.pretty })}\n`);
}

const transact: ClientCommand = {
  name: "transact",
  usage: "[server] transaction",
  minArgs: 1,
  maxArgs: 2,
  on: "nothing",
  async run(context, args) {
    print(context, await send(context, parseTransaction(args.at(-1) ?? "")));
  },
};

/** As `transact`, but the transaction ends by taking everything back. */
const query: ClientCommand = {
  name: "query",
  usage: "[server] transaction",
  minArgs: 1,
  maxArgs: 2,
  on: "nothing",
  async run(context, args) {
    const params = parseTransaction(args.at(-1) ?? "");
    const result = await send(context, [...params, { op: "abort" }]);
    print(context, withoutAbort(result, params.length - 1));
  },
};

/** The result without that of our own `abort`, which stands behind those of `operations` operations. */
function withoutAbort(result: Json, operations: number): Json {
  if (!Array.isArray(result) || result.length !== operations + 1) return result;
  const last = result[operations] as { readonly [name: string]: Json } | null;
  return last !== null && typeof last === "object" && last["error"] === "aborted" ? result.slice(0, -1) : result;
}

export const transactCommands: readonly ClientCommand[] = [transact, query];

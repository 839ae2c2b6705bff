import type { AppctlCommand } from "#runtime/command.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { Background } from "../background.js";
import type { ClientCommand, ServerContext } from "./client-command.js";

const verbs = ["lock", "steal", "unlock"] as const;
type Verb = (typeof verbs)[number];

/** Asks for a lock, steals it or gives it back, and prints what the server says of it from then on. */
async function lock(context: ServerContext, verb: Verb, name: string): Promise<void> {
  const { io, settings, peer } = context;
  const print = (json: Json): void =>
    io.stdout(`${formatJson(json, { sorted: true, pretty: settings.table.pretty })}\n`);
  const background = await Background.begin({ program: "ovsdb-client", ...context }, () => commands(context, print));
  try {
    print(await peer.begin(verb, [name]));
    background.ready([1]);
    await Promise.race([receive(context, print), background.ended]);
  } finally {
    background.end();
  }
}

async function receive({ io, peer }: ServerContext, print: (json: Json) => void): Promise<void> {
  for (;;) {
    const { method, params } = await peer.next();
    if (method !== "locked" && method !== "stolen") continue;
    io.stdout(`${method}\n`);
    print(params);
  }
}

/** Further operations on locks over the same connection, for `ovs-appctl`. */
function commands({ peer }: ServerContext, print: (json: Json) => void): readonly AppctlCommand[] {
  return verbs.map((verb) => ({
    name: verb,
    usage: "LOCK",
    minArgs: 1,
    maxArgs: 1,
    async run([name = ""]) {
      print(await peer.request(verb, [name]));
      return "";
    },
  }));
}

export const lockCommands: readonly ClientCommand[] = verbs.map((verb) => ({
  name: verb,
  usage: "[server] lock",
  minArgs: 1,
  maxArgs: 1,
  background: true,
  on: "server",
  run: (context, [name = ""]) => lock(context, verb, name),
}));

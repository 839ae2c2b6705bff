import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { formatJson } from "#util/json-text.js";
import { readSchema } from "../ovsdb-tool/schema-argument.js";
import { tellChangeAware } from "./change-aware.js";
import type { ClientCommand, ClientContext } from "./client-command.js";
import { connectServer } from "./connect.js";
import { fetchSchema } from "./database.js";
import type { Peer } from "./peer.js";

/** A command about the database that a schema file names. */
function withSchema(
  name: string,
  work: (peer: Peer, schema: DatabaseSchema, context: ClientContext) => Promise<void>,
): ClientCommand {
  return {
    name,
    usage: "[server] schema",
    minArgs: 1,
    maxArgs: 2,
    on: "nothing",
    async run(context, args) {
      const { io } = context;
      const absolute = (path: string): string => (path.startsWith("/") ? path : `${io.host.process.cwd}/${path}`);
      const schema = await readSchema({ io, absolute, defaultSchema: "" }, args.at(-1));
      const peer = await connectServer(context, schema.name);
      try {
        await work(peer, schema, context);
      } finally {
        peer.close();
      }
    },
  };
}

const convert = withSchema("convert", async (peer, schema, { settings }) => {
  // Else the server would end this connection as well when the schema changes.
  if (settings.changeAware !== false) await tellChangeAware(peer);
  await peer.request("convert", [schema.name, schemaToJson(schema)]);
});

const needsConversion = withSchema("needs-conversion", async (peer, wanted, { io }) => {
  const present = await fetchSchema({ peer }, wanted.name);
  const text = (schema: DatabaseSchema): string => formatJson(schemaToJson(schema), { sorted: true });
  io.stdout(text(present) === text(wanted) ? "no\n" : "yes\n");
});

export const convertCommands: readonly ClientCommand[] = [convert, needsConversion];

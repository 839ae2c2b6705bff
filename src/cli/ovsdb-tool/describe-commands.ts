import { schemaToJson } from "#ovsdb/schema-json.js";
import { formatJson } from "#util/json-text.js";
import { readClusterHeader } from "./cluster-access.js";
import { openLog, readDatabaseSchema } from "./log-access.js";
import { readSchema } from "./schema-argument.js";
import type { ToolCommand, ToolContext } from "./tool-command.js";

const members = [
  ["name", "name"],
  ["version", "version"],
  ["cksum", "cksum"],
] as const;

function answerMember(context: ToolContext, value: string): void {
  context.answer(value, `${value}\n`);
}

/** `db-name`, `db-version`, `db-cksum`: what a database's schema says of itself. */
const ofDatabase: ToolCommand[] = members.map(([what, member]) => ({
  name: `db-${what}`,
  usage: "[db]",
  minArgs: 0,
  maxArgs: 1,
  run(context, [path = context.defaultDatabase]) {
    const header = member === "name" ? readClusterHeader(context, path) : undefined;
    answerMember(context, header?.name ?? readDatabaseSchema(context, path)[member]);
    return 0;
  },
}));

/** `schema-name`, `schema-version`, `schema-cksum`: the same of a schema file. */
const ofSchema: ToolCommand[] = members.map(([what, member]) => ({
  name: `schema-${what}`,
  usage: "[schema]",
  minArgs: 0,
  maxArgs: 1,
  async run(context, [path]) {
    answerMember(context, (await readSchema(context, path))[member]);
    return 0;
  },
}));

const isKind = (name: string, magic: "JSON" | "CLUSTER"): ToolCommand => ({
  name,
  usage: "db",
  minArgs: 1,
  maxArgs: 1,
  run(context, [path = ""]) {
    const log = openLog(context, path, "read");
    log.close();
    return log.magic === magic ? 0 : 2;
  },
});

const needsConversion: ToolCommand = {
  name: "needs-conversion",
  usage: "",
  minArgs: 0,
  maxArgs: 2,
  async run(context, [path = context.defaultDatabase, schemaPath]) {
    const wanted = await readSchema(context, schemaPath);
    const present = readDatabaseSchema(context, path);
    const text = (schema: typeof wanted): string => formatJson(schemaToJson(schema), { sorted: true });
    const needed = text(wanted) !== text(present);
    context.answer(needed, needed ? "yes\n" : "no\n");
    return 0;
  },
};

export const describeCommands: readonly ToolCommand[] = [
  needsConversion,
  ...ofDatabase,
  isKind("db-is-clustered", "CLUSTER"),
  isKind("db-is-standalone", "JSON"),
  ...ofSchema,
];

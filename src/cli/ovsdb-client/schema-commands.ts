import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { typeToJson } from "#ovsdb/type-json.js";
import { compareCodePoints, formatJson } from "#util/json-text.js";
import { type TableCell, TablePrinter, textCell } from "#util/text-table.js";
import type { ClientCommand, DatabaseContext } from "./client-command.js";
import { fetchDatabases, fetchSchema } from "./database.js";

const listDbs: ClientCommand = {
  name: "list-dbs",
  usage: "[server]",
  minArgs: 0,
  maxArgs: 0,
  on: "server",
  async run({ peer, io }) {
    io.stdout((await fetchDatabases(peer)).map((name) => `${name}\n`).join(""));
  },
};

/** A command that prints what a database's schema says. */
function ofSchema(
  name: string,
  print: (schema: DatabaseSchema, context: DatabaseContext, args: readonly string[]) => string,
  usage = "",
): ClientCommand {
  return {
    name,
    usage: `[server] [database]${usage}`,
    minArgs: 0,
    maxArgs: usage === "" ? 0 : 1,
    on: "database",
    async run(context, args) {
      context.io.stdout(print(await fetchSchema(context, context.database), context, args));
    },
  };
}

const sortedByName = <T extends { readonly name: string }>(list: Iterable<T>): T[] =>
  [...list].sort((a, b) => compareCodePoints(a.name, b.name));

function listTables(schema: DatabaseSchema, { settings }: DatabaseContext): string {
  const rows = sortedByName(schema.tables.values()).map((table) => [textCell(table.name)]);
  return new TablePrinter(settings.table).print({ headings: ["Table"], rows });
}

function listColumns(schema: DatabaseSchema, { settings }: DatabaseContext, [wanted]: readonly string[]): string {
  const tables = sortedByName(schema.tables.values()).filter(({ name }) => wanted === undefined || name === wanted);
  const rows = tables.flatMap((table) =>
    sortedByName(table.columnList).map((column): TableCell[] => {
      const json = typeToJson(column.type);
      const text = (): string => formatJson(json, { sorted: true });
      const cells = [textCell(column.name), { string: text, bare: text, json: () => json }];
      return wanted === undefined ? [textCell(table.name), ...cells] : cells;
    }),
  );
  const headings = [...(wanted === undefined ? ["Table"] : []), "Column", "Type"];
  return new TablePrinter(settings.table).print({ headings, rows });
}

/** Commands that tell what databases there are and what they are made of. */
export const schemaCommands: readonly ClientCommand[] = [
  listDbs,
  ofSchema(
    "get-schema",
    (schema, { settings }) => `${formatJson(schemaToJson(schema), { sorted: true, pretty: settings.table.pretty })}\n`,
  ),
  ofSchema("get-schema-version", ({ version }) => `${version}\n`),
  ofSchema("get-schema-cksum", ({ cksum }) => `${cksum}\n`),
  ofSchema("list-tables", listTables),
  ofSchema("list-columns", listColumns, " [table]"),
];

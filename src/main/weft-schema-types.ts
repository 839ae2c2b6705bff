import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { formatDeclaration } from "#ovsdb/declaration-text.js";
import { OvsdbError } from "#ovsdb/error.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";

// Writes a TypeScript declaration of a database's schema, from which a replica's row types follow.
const usage = `usage: weft-schema-types [--name=NAME] [--from=MODULE] SCHEMA.ovsschema [OUTPUT.ts]
  --name=NAME    what the declaration is called (made from the schema's name)
  --from=MODULE  where the types come from (weft-switch/ovsdb)`;

function run(argv: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { name: { type: "string" }, from: { type: "string" }, help: { type: "boolean" } },
    allowPositionals: true,
  });
  const [input, output] = positionals;
  if (values.help || input === undefined || positionals.length > 2) {
    console.error(usage);
    return values.help ? 0 : 1;
  }
  const schema = schemaFromJson(parseJson(readFileSync(input, "utf8")));
  const text = formatDeclaration(schema, {
    source: basename(input),
    ...(values.name === undefined ? {} : { name: values.name }),
    ...(values.from === undefined ? {} : { from: values.from }),
  });
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
  return 0;
}

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  const known =
    error instanceof OvsdbError || error instanceof JsonSyntaxError || (error instanceof Error && "code" in error);
  if (!known) throw error;
  const why = error instanceof OvsdbError ? (error.details ?? error.tag) : error.message;
  console.error(`weft-schema-types: ${why}`);
  process.exitCode = 1;
}

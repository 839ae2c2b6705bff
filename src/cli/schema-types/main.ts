import { formatDeclaration } from "#ovsdb/declaration-text.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { exitStatus } from "#runtime/end-reason.js";
import { type OptionRow, parseOptions } from "#runtime/options.js";
import { UserError } from "#util/errors.js";
import { parseJson } from "#util/json-parse.js";
import { weftVersion } from "#util/version.js";
import type { ToolIo } from "../io.js";

const program = "weft-schema-types";

const rows: readonly OptionRow[] = [
  { name: "name", argument: "required" },
  { name: "from", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
];

const help = `${program}: writes a TypeScript declaration of a database's schema, from which a replica's row types follow
usage: ${program} [OPTIONS] SCHEMA.ovsschema [OUTPUT.ts]

Options:
  --name=NAME    what the declaration is called (made from the schema's name)
  --from=MODULE  where the types come from (weft-switch/ovsdb)
  -h, --help     display this help message
  -V, --version  display version information
`;

/** Runs `weft-schema-types` with its arguments (without the program's name); the promise is the exit status. */
export function schemaTypes(argv: readonly string[], io: ToolIo): Promise<number> {
  return exitStatus(program, io.stderr, () => run(argv, io));
}

function run(argv: readonly string[], io: ToolIo): number {
  const { options, operands } = parseOptions(program, rows, argv);
  const value = (name: string): string | undefined => options.findLast((o) => o.name === name)?.value;
  for (const { name } of options) {
    if (name !== "help" && name !== "version") continue;
    io.stdout(name === "help" ? help : `${program} ${weftVersion}\n`);
    return 0;
  }
  const [input, output, ...more] = operands;
  if (input === undefined) throw new UserError("a schema file is required; use --help for help");
  if (more.length > 0) throw new UserError("at most two files are accepted; use --help for help");
  const [name, from] = [value("name"), value("from")];
  const text = formatDeclaration(schemaFromJson(parseJson(io.host.files.readText(input))), {
    source: input.slice(input.lastIndexOf("/") + 1),
    ...(name === undefined ? {} : { name }),
    ...(from === undefined ? {} : { from }),
  });
  if (output === undefined) io.stdout(text);
  else io.host.files.write(output, text);
  return 0;
}

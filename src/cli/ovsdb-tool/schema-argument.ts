import { OvsdbError } from "#ovsdb/error.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";
import type { ToolContext } from "./tool-command.js";

/** What the reading of a schema file needs. */
type SchemaContext = Pick<ToolContext, "io" | "absolute" | "defaultSchema">;

/** Reads the schema file that a command names, or the default one. */
export async function readSchema(context: SchemaContext, path: string | undefined): Promise<DatabaseSchema> {
  const name = path ?? context.defaultSchema;
  if (path === undefined && !context.io.host.files.exists(context.absolute(name))) return builtInSchema();
  const json = readJsonFile(context, name);
  try {
    return schemaFromJson(json);
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    throw new OvsdbError(error.tag, `failed to parse "${name}" as ovsdb schema: ${error.details ?? ""}`, error.syntax);
  }
}

/** What `ovs-vswitchd` wants, where no schema file is installed. */
async function builtInSchema(): Promise<DatabaseSchema> {
  const [{ declaredSchema }, { openVSwitchDeclaration }, { formatSchemaFile }] = await Promise.all([
    import("#ovsdb/declaration.js"),
    import("#ovsdb/schemas/open-vswitch/declaration.js"),
    import("#ovsdb/schema-file.js"),
  ]);
  return schemaFromJson(parseJson(formatSchemaFile(declaredSchema(openVSwitchDeclaration))));
}

function readJsonFile(context: SchemaContext, name: string): Json {
  const fail = (why: string): UserError =>
    new UserError(`failed to read schema: "${name}" could not be read as JSON (${why})`);
  let text: string;
  try {
    text = context.io.host.files.readText(context.absolute(name));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw fail(`error opening "${name}": ${error.message.slice(error.tried.length + 2)}`);
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw fail(error.message);
  }
}

import { schemaToJson } from "#ovsdb/schema-json.js";
import { formatJson } from "#util/json-text.js";
import { openLog } from "./log-access.js";
import { readSchema } from "./schema-argument.js";
import type { ToolCommand } from "./tool-command.js";

/** Makes an empty database of a schema. */
export const create: ToolCommand = {
  name: "create",
  usage: "[db [schema]]",
  minArgs: 0,
  maxArgs: 2,
  async run(context, [path = context.defaultDatabase, schemaPath]) {
    const schema = await readSchema(context, schemaPath);
    const log = openLog(context, path, "create");
    try {
      log.append(formatJson(schemaToJson(schema)));
      log.syncNow();
    } finally {
      log.close();
    }
    return 0;
  },
};

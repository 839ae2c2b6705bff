import { OvsdbError } from "#ovsdb/error.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import { LogFile, type LogMode } from "#ovsdb-server/log-file.js";
import type { LogMagic } from "#ovsdb-server/log-header.js";
import type { ToolContext } from "./tool-command.js";

/** Opens a log of either kind; `magic` is the kind of a new one. */
export function openLog(context: ToolContext, path: string, mode: LogMode, magic: LogMagic = "JSON"): LogFile {
  return LogFile.open(context.io.host.files, context.absolute(path), {
    name: path,
    mode,
    magic,
    warn: (module, message) => context.warn(module, message),
  });
}

/** Opens the log of a standalone database, for operations that a clustered one does not have. */
export function openStandalone(context: ToolContext, path: string, mode: LogMode): LogFile {
  const log = openLog(context, path, mode);
  if (log.magic === "JSON") return log;
  log.close();
  throw new OvsdbError("ovsdb error", `${path}: cannot apply this operation to clustered database file`);
}

/** The schema at the head of a standalone database. */
export function readDatabaseSchema(context: ToolContext, path: string): DatabaseSchema {
  const log = openStandalone(context, path, "read");
  try {
    const first = log.next();
    if (!first) throw new OvsdbError("ovsdb error", `${path}: cannot identify file type`);
    return schemaFromJson(first);
  } finally {
    log.close();
  }
}

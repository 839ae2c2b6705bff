import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError } from "#ovsdb/error.js";
import { Replay } from "#ovsdb/replay.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { LogFile } from "./log-file.js";
import { type LogRecord, MisreadError } from "./log-reader.js";

/** Where records come from: a log file, or what looks like one. */
export type RecordSource = Pick<LogFile, "name" | "size" | "next" | "reject"> &
  Partial<Pick<LogFile, "confirm" | "restart">>;

export interface ReadDatabase {
  readonly database: Database;
  /** Where the first record of rows ends: about what the log would take if it were compacted. */
  readonly compactedSize: number;
  /** Records of rows. */
  readonly records: number;
  /** Why reading ended before the end of the file. */
  readonly damage: OvsdbError | undefined;
}

/**
 * Reads a log whole. A schema that cannot be read is thrown; a damaged or senseless record ends the reading, and the next
 * append replaces it and what follows.
 */
export function readDatabase(log: RecordSource, newUuid: () => Uuid): ReadDatabase {
  try {
    return read(log, newUuid);
  } catch (error) {
    if (!(error instanceof MisreadError)) throw error;
    log.restart?.();
    return read(log, newUuid);
  }
}

function read(log: RecordSource, newUuid: () => Uuid): ReadDatabase {
  const schema = log.next();
  if (!schema) throw new OvsdbError("ovsdb error", `${log.name}: cannot identify file type`);
  const database = new Database(schemaOf(log, schema));
  const replay = new Replay(database);
  let compactedSize = log.size;
  let records = 0;
  let damage: OvsdbError | undefined;
  try {
    for (let record = log.next(); record; record = log.next()) {
      try {
        replay.apply(record);
      } catch (error) {
        log.confirm?.();
        if (error instanceof OvsdbError) log.reject();
        throw error;
      }
      if (records++ === 0) compactedSize = log.size;
    }
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    damage = error;
  }
  replay.finish(newUuid);
  return { database, compactedSize, records, damage };
}

function schemaOf(log: RecordSource, record: LogRecord): DatabaseSchema {
  try {
    return schemaFromJson(record);
  } catch (error) {
    log.confirm?.();
    throw error;
  }
}

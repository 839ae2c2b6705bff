import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError } from "#ovsdb/error.js";
import { recordToChanges } from "#ovsdb/log-record.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { LogFile } from "./log-file.js";

/** Where records come from: a log file, or what looks like one. */
export type RecordSource = Pick<LogFile, "name" | "size" | "next" | "reject">;

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
  const schema = log.next();
  if (!schema) throw new OvsdbError("ovsdb error", `${log.name}: cannot identify file type`);
  const database = new Database(schemaFromJson(schema));
  let compactedSize = log.size;
  let records = 0;
  try {
    for (let record = log.next(); record; record = log.next()) {
      try {
        database.apply(recordToChanges(database, record, newUuid));
      } catch (error) {
        if (error instanceof OvsdbError) log.reject();
        throw error;
      }
      if (records++ === 0) compactedSize = log.size;
    }
    return { database, compactedSize, records, damage: undefined };
  } catch (error) {
    if (!(error instanceof OvsdbError)) throw error;
    return { database, compactedSize, records, damage: error };
  }
}

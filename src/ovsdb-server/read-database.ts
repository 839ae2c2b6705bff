import type { Uuid } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { OvsdbError } from "#ovsdb/error.js";
import { Replay } from "#ovsdb/replay.js";
import type { DatabaseSchema } from "#ovsdb/schema.js";
import { schemaFromJson } from "#ovsdb/schema-json.js";
import type { LogFile } from "./log-file.js";
import { type LogRecord, MisreadError, taken } from "./log-reader.js";

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
    const take = (bytes: Uint8Array): boolean => takePlain(replay, bytes);
    for (let record = log.next(take); record; record = log.next(take)) {
      try {
        if (record !== taken) replay.apply(record);
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

function takePlain(replay: Replay, bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = buffer.length - (buffer[buffer.length - 1] === 0x0a ? 1 : 0);
  // In ASCII, which all of it has to be, a byte is a character.
  return replay.applyPlain(buffer.toString("latin1", 0, length), (from, to) => buffer.toString("latin1", from, to));
}

function schemaOf(log: RecordSource, record: LogRecord): DatabaseSchema {
  try {
    return schemaFromJson(record);
  } catch (error) {
    log.confirm?.();
    throw error;
  }
}

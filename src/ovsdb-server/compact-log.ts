import { createHash } from "node:crypto";
import type { Files } from "#host/files.js";
import type { Clock } from "#util/clock.js";
import { HostError } from "#util/errors.js";
import { IoError, reasonOf } from "./io-error.js";
import { LogFile } from "./log-file.js";
import { formatLogHeader } from "./log-header.js";

/** How long one slice of the work may hold up the event loop, in milliseconds. */
const slice = 10;
/** Text is turned into bytes, hashed and written in pieces of about this many characters. */
const pieceSize = 1 << 16;

/** What the compacted log holds: two records of JSON text. */
export interface CompactContent {
  readonly schema: string;
  /** The text of the one record with all rows, in pieces. It must not change while it is read. */
  readonly snapshot: Iterable<string>;
}

/**
 * Writes a compacted log beside `log` and puts it in its place. The event loop goes on meanwhile: records that are appended to
 * `log` during it are handed over by `takeMissed` (encoded) and follow the snapshot. When it throws `IoError`, the log is
 * untouched.
 */
export async function compactLog(
  files: Files,
  clock: Clock,
  log: LogFile,
  content: CompactContent,
  takeMissed: () => readonly Uint8Array[],
  warn: (module: string, message: string) => void,
): Promise<void> {
  const work = startCompacting(files, log, content, warn);
  let done = false;
  try {
    for (let until = clock.now() + slice; !work.next().done; ) {
      if (clock.now() < until) continue;
      await new Promise<void>((resolve) => clock.after(0, resolve));
      until = clock.now() + slice;
    }
    // The bulk goes to disk without holding anybody up; what has come meanwhile is little.
    work.target.appendBytes(takeMissed());
    await work.target.sync();
    work.finish(takeMissed());
    done = true;
  } finally {
    if (!done) work.abandon();
  }
}

/** The same, at once. */
export function compactLogNow(
  files: Files,
  log: LogFile,
  content: CompactContent,
  warn: (module: string, message: string) => void,
): void {
  const work = startCompacting(files, log, content, warn);
  let done = false;
  try {
    while (!work.next().done);
    work.finish([]);
    done = true;
  } finally {
    if (!done) work.abandon();
  }
}

interface Compacting {
  readonly target: LogFile;
  next(): IteratorResult<void>;
  /** Appends the last records, syncs and takes the old log's place. */
  finish(last: readonly Uint8Array[]): void;
  abandon(): void;
}

function startCompacting(
  files: Files,
  log: LogFile,
  content: CompactContent,
  warn: (module: string, message: string) => void,
): Compacting {
  const path = `${log.path}.tmp`;
  const target = LogFile.open(files, path, { name: path, mode: "replace", warn });
  const steps = writeAll(target, content);
  return {
    target,
    next: () => steps.next(),
    finish(last) {
      target.appendBytes(last);
      target.syncNow();
      try {
        files.rename(path, log.path);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        throw new IoError(`failed to rename "${path}" to "${log.path}"`, reasonOf(error));
      }
      log.adopt(target);
      try {
        files.syncDirectory(log.path.slice(0, log.path.lastIndexOf("/")) || "/");
      } catch (error) {
        // Both names hold every committed record, so either is right after a power failure.
        if (!(error instanceof HostError)) throw error;
        warn("ovsdb_log", `${log.path}: failed to sync directory (${reasonOf(error)})`);
      }
    },
    abandon() {
      target.close();
      try {
        files.remove(path);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
      }
    },
  };
}

/** Writes schema and snapshot, a piece a step. The header of a record tells its hash, so its bytes are kept until the end. */
function* writeAll(target: LogFile, content: CompactContent): Generator<void, void> {
  target.append(content.schema);
  const hash = createHash("sha1");
  const pieces: Uint8Array[] = [];
  let length = 0;
  let text = "";
  const flush = (): void => {
    const bytes = Buffer.from(text, "utf8");
    hash.update(bytes);
    pieces.push(bytes);
    length += bytes.length;
    text = "";
  };
  for (const part of content.snapshot) {
    text += part;
    if (text.length < pieceSize) continue;
    flush();
    yield;
  }
  text += "\n";
  flush();
  const header = Buffer.from(formatLogHeader({ magic: "JSON", length, sha1: hash.digest("hex") }), "latin1");
  target.appendBytes([header]);
  for (const piece of pieces) {
    target.appendBytes([piece]);
    yield;
  }
}

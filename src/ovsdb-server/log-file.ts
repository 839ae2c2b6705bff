import type { AppendFile, Files } from "#host/files.js";
import { OvsdbError } from "#ovsdb/error.js";
import { HostError } from "#util/errors.js";
import { IoError, reasonOf } from "./io-error.js";
import { lockDatabase } from "./lockfile.js";
import type { LogMagic } from "./log-header.js";
import { LogReader, type LogRecord, type TakeRecord } from "./log-reader.js";
import { encodeLogRecord } from "./log-record.js";
import type { LogVerifier } from "./log-verifier.js";

/**
 * `read` takes no lock and never writes; `write` locks an existing log; `create` makes one, which must not exist.
 * `replace` makes one, overwriting.
 */
export type LogMode = "read" | "write" | "create" | "replace";

export interface LogOptions {
  /** What messages call the file; the path as the user gave it. */
  readonly name: string;
  readonly mode: LogMode;
  /** What a new log holds; a standalone database unless told otherwise. */
  readonly magic?: LogMagic;
  /** A line for the log: the module that says it, and what. */
  warn(module: string, message: string): void;
  /** Has the hashes of an existing log looked at by another thread, where that is worth it. `size` is in bytes. */
  readonly verifier?: ((path: string, size: number) => LogVerifier | undefined) | undefined;
}

/** File mode of new logs: they may hold keys. */
const logFileMode = 0o640;

/**
 * A database's log: first read to its end, then appended to. A damaged tail stays in the file until the first append,
 * which cuts it off.
 */
export class LogFile {
  readonly path: string;
  readonly name: string;
  readonly magic: LogMagic;
  readonly #warn: LogOptions["warn"];
  readonly #lock: { release(): void } | undefined;
  #reader: LogReader | undefined;
  #closeReader: () => void = () => {};
  #file: AppendFile | undefined;
  #syncing: Promise<void> | undefined;
  #end = 0;
  /** Set while bytes may lie behind `#end`: an unread or damaged tail, or half a record of a failed append. */
  #dirtyTail = true;

  private constructor(path: string, options: LogOptions, magic: LogMagic, lock: { release(): void } | undefined) {
    this.path = path;
    this.name = options.name;
    this.magic = magic;
    this.#warn = options.warn;
    this.#lock = lock;
  }

  /** Opens a log by its absolute path. Throws `OvsdbError` in upstream's words. */
  static open(files: Files, path: string, options: LogOptions): LogFile {
    const { name, mode } = options;
    const warn = (message: string): void => options.warn("lockfile", message);
    const lock = mode === "read" ? undefined : lockDatabase(files, path, name, warn);
    const opening = mode === "create" || mode === "replace" ? "create" : "open";
    try {
      const target = files.followLinks(path);
      if (mode === "create" || mode === "replace") return LogFile.#create(files, target, options, lock);
      return LogFile.#openExisting(files, target, options, lock);
    } catch (error) {
      lock?.release();
      if (error instanceof HostError) throw new IoError(`${name}: ${opening} failed`, reasonOf(error));
      throw error;
    }
  }

  static #create(files: Files, path: string, options: LogOptions, lock: { release(): void } | undefined): LogFile {
    const exclusive = options.mode === "create";
    const log = new LogFile(path, options, options.magic ?? "JSON", lock);
    log.#file = files.openAppend(path, { create: true, exclusive, mode: logFileMode });
    return log;
  }

  static #openExisting(
    files: Files,
    path: string,
    options: LogOptions,
    lock: { release(): void } | undefined,
  ): LogFile {
    const append = options.mode === "write" ? files.openAppend(path, { create: false, exclusive: false }) : undefined;
    try {
      const file = files.openRead(path);
      try {
        const reader = new LogReader(file, options.name, options.verifier?.(path, file.size()));
        const log = new LogFile(path, options, reader.identify(), lock);
        log.#reader = reader;
        log.#closeReader = () => file.close();
        log.#file = append;
        return log;
      } catch (error) {
        file.close();
        throw error;
      }
    } catch (error) {
      append?.close();
      throw error;
    }
  }

  /** The next record, `undefined` at the end. Throws `OvsdbError` where the log is damaged, and again when called again. */
  next(take?: TakeRecord): LogRecord | undefined {
    return this.#reader?.next(take);
  }

  /** The record read last makes no sense: the next append goes in its place. */
  reject(): void {
    this.#reader?.reject();
  }

  /** Throws `MisreadError` where what was read up to now does not count. */
  confirm(): void {
    this.#reader?.confirm();
  }

  /** Goes back to the first record. */
  restart(): void {
    this.#reader?.restart();
  }

  /** Bytes of good records. */
  get size(): number {
    return this.#reader ? this.#reader.goodEnd : this.#end;
  }

  /**
   * Writes a record behind the last good one. When it throws, the log is as before (as far as the disk let it be cut
   * back; if not, that is tried again by the next append).
   */
  append(json: string): void {
    this.appendBytes([encodeLogRecord(this.magic, json)]);
  }

  /** Writes the pieces of one or more encoded records. */
  appendBytes(pieces: readonly Uint8Array[]): void {
    const file = this.#writable();
    try {
      if (this.#dirtyTail) file.truncate(this.#end);
      this.#dirtyTail = true;
      let end = this.#end;
      for (const piece of pieces) {
        file.append(piece);
        end += piece.length;
      }
      this.#end = end;
      this.#dirtyTail = false;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#warn("ovsdb_log", `${this.path}: write failed (${reasonOf(error)})`);
      this.#cutBack(file);
      throw new IoError(`${this.name}: write failed`, reasonOf(error));
    }
  }

  #cutBack(file: AppendFile): void {
    try {
      file.truncate(this.#end);
      this.#dirtyTail = false;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }

  /** Resolves when every record appended before the call is on stable storage. */
  async sync(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    const syncing = file.sync();
    this.#syncing = syncing;
    try {
      await syncing;
    } catch (error) {
      // Compaction has put a synced copy in this file's place.
      if (this.#file !== file) return;
      throw this.#syncError(error);
    } finally {
      if (this.#syncing === syncing) this.#syncing = undefined;
    }
  }

  syncNow(): void {
    try {
      this.#file?.syncNow();
    } catch (error) {
      throw this.#syncError(error);
    }
  }

  #syncError(error: unknown): unknown {
    if (!(error instanceof HostError)) return error;
    this.#warn("ovsdb_log", `${this.path}: fsync failed (${reasonOf(error)})`);
    return new IoError(`${this.name}: fsync failed`, reasonOf(error));
  }

  /** Takes over the file of a finished rewrite, which has been renamed to this log's path. */
  adopt(rewritten: LogFile): void {
    this.#stopReading();
    if (this.#file) this.#closeWhenSynced(this.#file);
    this.#file = rewritten.#file;
    this.#end = rewritten.#end;
    this.#dirtyTail = false;
    rewritten.#file = undefined;
    rewritten.close();
  }

  close(): void {
    this.#closeReader();
    this.#closeReader = () => {};
    const file = this.#file;
    this.#file = undefined;
    if (file) this.#closeWhenSynced(file);
    this.#lock?.release();
  }

  /** A descriptor must not be closed while a thread syncs it. */
  #closeWhenSynced(file: AppendFile): void {
    const close = (): void => file.close();
    if (this.#syncing === undefined) close();
    else this.#syncing.then(close, close);
  }

  #stopReading(): void {
    if (!this.#reader) return;
    this.#end = this.#reader.goodEnd;
    this.#reader = undefined;
    this.#closeReader();
    this.#closeReader = () => {};
  }

  #writable(): AppendFile {
    this.#stopReading();
    if (!this.#file) throw new OvsdbError("I/O error", `${this.name}: not open for writing`);
    return this.#file;
  }
}

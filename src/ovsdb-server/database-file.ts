import type { Host } from "#host/host.js";
import type { ThreadHost } from "#host/threads.js";
import type { ChangeSet } from "#ovsdb/change-set.js";
import type { Database } from "#ovsdb/database.js";
import { changesToRecord } from "#ovsdb/log-record.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { UserError } from "#util/errors.js";
import { formatJson, formatJsonExactly } from "#util/json-text.js";
import { compactLog, compactLogNow } from "./compact-log.js";
import { wantsCompaction } from "./compaction-rule.js";
import { GroupSync } from "./group-sync.js";
import { LogFile } from "./log-file.js";
import { encodeLogRecord } from "./log-record.js";
import { startLogVerifier } from "./log-verifier.js";
import { newUuid } from "./new-uuid.js";
import { readDatabase } from "./read-database.js";
import { snapshotText } from "./snapshot.js";

export interface DatabaseFileOptions {
  readonly name: string;
  readonly columnDiffs: boolean;
  warn(module: string, message: string): void;
  /** Told why the end of the file was not read. */
  damaged(message: string): void;
  readonly threads?: ThreadHost | undefined;
}

/** The file of a database that is served: transactions are appended, made durable in groups, and compacted from time to time. */
export class DatabaseFile {
  readonly #host: Host;
  readonly #log: LogFile;
  readonly #options: DatabaseFileOptions;
  readonly #sync: GroupSync;
  #compactedSize: number;
  #compactedAt: number;
  #records = 0;
  /** Encoded records that were appended while a compaction is under way. */
  #missed: Uint8Array[] | undefined;
  #compacting: Promise<void> | undefined;
  #closed = false;
  lastError: string | undefined;

  private constructor(host: Host, log: LogFile, options: DatabaseFileOptions, compactedSize: number) {
    this.#host = host;
    this.#log = log;
    this.#options = options;
    this.#sync = new GroupSync(() => log.sync());
    this.#compactedSize = compactedSize;
    this.#compactedAt = host.clock.now();
  }

  /** Opens and reads a file. Throws `OvsdbError`. */
  static open(host: Host, path: string, options: DatabaseFileOptions): { file: DatabaseFile; database: Database } {
    const { name, warn, threads } = options;
    const verifier = threads && ((at: string, size: number) => startLogVerifier(threads, at, size));
    const log = LogFile.open(host.files, path, { name, mode: "write", warn, verifier });
    try {
      if (log.magic === "CLUSTER") throw new UserError(`${options.name}: clustered databases are not implemented yet`);
      const { database, compactedSize, records, damage } = readDatabase(log, () => newUuid(host));
      if (damage) options.damaged(damage.message);
      const file = new DatabaseFile(host, log, options, compactedSize);
      file.#records = records;
      return { file, database };
    } catch (error) {
      log.close();
      throw error;
    }
  }

  /** Writes a transaction, unless it changes nothing that is kept. When it throws `IoError`, the file is as before. */
  append(changes: ChangeSet, comment: string): void {
    const record = changesToRecord(
      changes,
      { date: Math.round(this.#host.clock.wall()), comment },
      this.#options.columnDiffs,
    );
    if (record === undefined) return;
    const bytes = encodeLogRecord("JSON", formatJsonExactly(record));
    try {
      this.#log.appendBytes([bytes]);
      this.lastError = undefined;
    } catch (error) {
      this.lastError = (error as Error).message;
      throw error;
    }
    this.#records++;
    this.#missed?.push(bytes);
  }

  /** Resolves when all that was appended is on stable storage; rejects with `IoError`. */
  sync(): Promise<void> {
    return this.#sync.wait();
  }

  wantsCompaction(): boolean {
    if (this.#compacting !== undefined) return false;
    return wantsCompaction({
      size: this.#log.size,
      compactedSize: this.#compactedSize,
      records: this.#records,
      age: this.#host.clock.now() - this.#compactedAt,
    });
  }

  /** Rewrites the file with the present contents alone. A second call during the first waits for it. Rejects with `IoError`. */
  compact(database: Database): Promise<void> {
    this.#compacting ??= this.#compact(database).finally(() => {
      this.#compacting = undefined;
    });
    return this.#compacting;
  }

  async #compact(database: Database): Promise<void> {
    const { files, clock } = this.#host;
    this.#missed = [];
    this.#records = 0;
    // A failure is not tried again before the usual time has passed.
    this.#compactedAt = clock.now();
    try {
      const content = this.#content(database, "compacting database online");
      await compactLog(files, clock, this.#log, content, () => this.#missed?.splice(0) ?? [], this.#options.warn);
      this.#compactedSize = this.#log.size;
    } finally {
      this.#missed = undefined;
      // The server may have been told to end meanwhile.
      if (this.#closed) this.#log.close();
    }
  }

  /** Resolves when no compaction is under way. */
  async idle(): Promise<void> {
    while (this.#compacting !== undefined) await this.#compacting.catch(() => {});
  }

  /** Puts other contents, under another schema maybe, in the place of all there is. */
  replace(database: Database, comment: string): void {
    compactLogNow(this.#host.files, this.#log, this.#content(database, comment), this.#options.warn);
    this.#compactedSize = this.#log.size;
    this.#compactedAt = this.#host.clock.now();
    this.#records = 0;
  }

  #content(database: Database, comment: string): { schema: string; snapshot: Iterable<string> } {
    return {
      schema: formatJson(schemaToJson(database.schema)),
      snapshot: snapshotText(database, { date: this.#host.clock.wall(), comment }),
    };
  }

  close(): void {
    this.#closed = true;
    if (this.#compacting === undefined) this.#log.close();
  }
}

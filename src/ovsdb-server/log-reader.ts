import { createHash } from "node:crypto";
import type { ReadFile } from "#host/files.js";
import { OvsdbError } from "#ovsdb/error.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";
import { decodeUtf8 } from "#util/utf8.js";
import { IoError } from "./io-error.js";
import { type LogMagic, longestHeader, parseLogHeader, scanLogHeader } from "./log-header.js";
import type { LogVerifier } from "./log-verifier.js";

export type LogRecord = { readonly [member: string]: Json };

/** What stands for a record that was taken by the function that was given its bytes. */
export const taken: LogRecord = {};

export type TakeRecord = (bytes: Uint8Array) => boolean;

const windowSize = 1 << 18;

// Made once: making one costs more than what it decodes of a record.
const latin1 = new TextDecoder("latin1");

/** Records were read whose hashes are not what their headers say: nothing of it counts, and the log has to be read anew. */
export class MisreadError extends Error {
  override name = "MisreadError";
}

/**
 * Reads a log record by record, holding one record and a window of 256 KiB. It checks length, hash and JSON of each;
 * what is wrong with one is thrown as `OvsdbError` in upstream's words, and reading ends there.
 *
 * With a verifier, the hashes are left to it: what was read is to be believed after `confirm` only.
 */
export class LogReader {
  readonly #file: ReadFile;
  readonly #name: string;
  #magic: LogMagic | undefined;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;
  /** The file's size when it was last asked for. */
  #size = 0;
  #at = 0;
  #lastAt = 0;
  #goodEnd = 0;
  #ended = false;
  #failure: OvsdbError | undefined;
  #verifier: LogVerifier | undefined;

  /** `name` is how messages call the file. */
  constructor(file: ReadFile, name: string, verifier?: LogVerifier) {
    this.#file = file;
    this.#name = name;
    this.#verifier = verifier;
  }

  /** Looks at the first bytes. Throws where they are not the start of a log. */
  identify(): LogMagic {
    const { line } = this.#line(0);
    if (line.length === 0 && this.#file.size() === 0) throw this.#error("ovsdb error", "cannot identify file type");
    const header = parseLogHeader(line);
    if (!header) throw this.#error("ovsdb error", "unexpected file format");
    this.#magic = header.magic;
    return header.magic;
  }

  /** The offset behind the last good record: what follows is not (yet) known to be good. */
  get goodEnd(): number {
    return this.#goodEnd;
  }

  /** Takes the record read last back: it was well formed, but what it says cannot be. */
  reject(): void {
    this.#goodEnd = this.#lastAt;
    this.#ended = true;
  }

  /**
   * The next record, `undefined` at the end of the log. A failure is thrown again by every later call. `take` may take the record's
   * bytes, LF included, by itself, and tells whether it did: the record is then `taken`. It must not keep the bytes.
   */
  next(take?: TakeRecord): LogRecord | undefined {
    if (this.#ended) return undefined;
    if (this.#failure) throw this.#failure;
    try {
      return this.#next(take);
    } catch (error) {
      if (error instanceof OvsdbError) this.#failure = error;
      throw error;
    }
  }

  /** Throws `MisreadError` where the hash of a record read up to now was wrong. Waits for the verifier to know. */
  confirm(): void {
    if (this.#verifier && this.#verifier.goodEnd(this.#at) < this.#at) throw new MisreadError("wrong hash");
  }

  /** Goes back to the beginning, to look at each record's hash. */
  restart(): void {
    this.#verifier = undefined;
    this.#at = 0;
    this.#lastAt = 0;
    this.#goodEnd = 0;
    this.#ended = false;
    this.#failure = undefined;
  }

  /** Goes past a record, of which only length and hash are looked at. False at the end; throws like `next`. */
  skip(): boolean {
    if (this.#skipUsual()) return true;
    const checked = this.#checked();
    if (!checked) return false;
    this.#advance(checked.next + checked.bytes.length);
    return true;
  }

  /** As `skip`, where the record's header has the usual form and nothing is wrong. */
  #skipUsual(): boolean {
    const header = this.#magic === "JSON" ? this.#header() : undefined;
    if (!header) return false;
    const { length, end } = header;
    if (end + length > this.#size) this.#size = this.#file.size();
    if (length > this.#size - end) return false;
    const told = latin1.decode(this.#bytes(end - 41, 40));
    const sha1 = createHash("sha1").update(this.#bytes(end, length)).digest("hex");
    if (sha1 !== told) return false;
    this.#advance(end + length);
    return true;
  }

  #next(take: TakeRecord | undefined): LogRecord | undefined {
    const quick = this.#verifier && this.#unchecked(take);
    if (quick) return quick;
    // What is unusual here, or the end, is looked at closely. It counts only if all before it was right.
    this.confirm();
    const checked = this.#checked();
    if (!checked) return undefined;
    const { bytes, next, what } = checked;
    const record = take?.(bytes) ? taken : this.#parse(bytes, what);
    this.#advance(next + bytes.length);
    return record;
  }

  #advance(to: number): void {
    this.#lastAt = this.#at;
    this.#at = to;
    this.#goodEnd = to;
  }

  /** The next record as it stands, its hash not looked at. Undefined where anything about it is unusual. */
  #unchecked(take: TakeRecord | undefined): LogRecord | undefined {
    const header = this.#magic === "JSON" ? this.#header() : undefined;
    if (!header) return undefined;
    const { length, end } = header;
    if (end + length > this.#size) this.#size = this.#file.size();
    if (length > this.#size - end) return undefined;
    const bytes = this.#bytes(end, length);
    const json = take?.(bytes) ? taken : tryParse(bytes);
    if (json) this.#advance(end + length);
    return json;
  }

  /** The header at the present offset where it has the usual form; `end` is the file's offset behind it. */
  #header(): { readonly length: number; readonly end: number } | undefined {
    const found = scanLogHeader(this.#bytes(this.#at, longestHeader));
    return found && { length: found.length, end: this.#at + found.end };
  }

  /** The next record's bytes, whose length and hash are right. Undefined at the end of the log. */
  #checked(): { readonly bytes: Uint8Array; readonly next: number; readonly what: string } | undefined {
    const start = this.#at;
    const { line, next } = this.#line(start);
    if (next === start) return undefined;
    const header = parseLogHeader(line);
    if (!header || header.magic !== (this.#magic ?? header.magic)) {
      throw this.#error("syntax error", `parse error at offset ${start} in header line "${visibleHeader(line)}"`);
    }
    this.#magic = header.magic;
    const { length } = header;
    const what = `${length} bytes starting at offset ${next}`;
    // What a header promises is compared with what is there before it is made room for.
    if (next + length > this.#size) this.#size = this.#file.size();
    if (length > this.#size - next) throw this.#cutOff(length, next, this.#size - next);
    const bytes = this.#bytes(next, length);
    if (bytes.length < length) throw this.#cutOff(length, next, bytes.length);
    const sha1 = createHash("sha1").update(bytes).digest("hex");
    if (sha1 !== header.sha1) {
      throw this.#error("syntax error", `${what} have SHA-1 hash ${sha1} but should have hash ${header.sha1}`);
    }
    return { bytes, next, what };
  }

  /** Upstream reads pieces of 8 KiB, and tells how much was left with the first that it did not get. */
  #cutOff(length: number, at: number, available: number): IoError {
    const left = length - Math.floor(Math.max(0, available) / 8192) * 8192;
    return new IoError(`${this.#name}: error reading ${left} bytes starting at offset ${at}`, "End of file");
  }

  #parse(bytes: Uint8Array, what: string): LogRecord {
    let json: Json;
    try {
      json = parseJson(decodeUtf8(bytes));
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      throw this.#error("syntax error", `${what} are not valid JSON (${error.message})`);
    }
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw this.#error("syntax error", `${what} are not a JSON object`);
    }
    return json as LogRecord;
  }

  /** The line at an offset and the offset behind its LF. A header has at most 128 bytes; a longer line is cut there. */
  #line(at: number): { line: string; next: number } {
    const bytes = this.#bytes(at, longestHeader);
    const lf = bytes.indexOf(10);
    const end = lf < 0 ? bytes.length : lf;
    const line = latin1.decode(bytes.subarray(0, end));
    return { line, next: at + (lf < 0 ? end : end + 1) };
  }

  #bytes(at: number, length: number): Uint8Array {
    const from = at - this.#windowAt;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    if (length > windowSize) return this.#file.read(at, length);
    this.#window = this.#file.read(at, windowSize);
    this.#windowAt = at;
    return this.#window.subarray(0, length);
  }

  #error(tag: string, details: string): OvsdbError {
    return new OvsdbError(tag, `${this.#name}: ${details}`);
  }
}

/** A record's members; undefined where it is not what a record should be. */
function tryParse(bytes: Uint8Array): LogRecord | undefined {
  try {
    const json = parseJson(decodeUtf8(bytes));
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as LogRecord) : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** Upstream's parser cuts the line in place behind the magic before it looks at the rest, and prints what is left. */
function visibleHeader(line: string): string {
  const nul = line.indexOf("\0");
  const text = nul < 0 ? line : line.slice(0, nul);
  return /^(OVSDB +[^ ]+) /.exec(text)?.[1] ?? text;
}

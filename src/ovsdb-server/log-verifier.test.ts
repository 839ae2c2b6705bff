import { describe, expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import type { Thread, ThreadHost, ThreadMessage } from "#host/threads.js";
import type { Uuid } from "#ovsdb/atom.js";
import { contentsToRecord } from "#ovsdb/log-record.js";
import { LogFile } from "./log-file.js";
import { encodeLogRecord } from "./log-record.js";
import { startLogVerifier, verifyLog } from "./log-verifier.js";
import { readDatabase } from "./read-database.js";

const schema = '{"name":"S","tables":{"T":{"columns":{"a":{"type":"string"}},"isRoot":true}}}';
const uuid = (i: number): string => `aaaaaaaa-0000-4000-8000-${i.toString(16).padStart(12, "0")}`;
const records = 50;

/** A log of that many inserts. */
function bigLog(): Buffer {
  const pieces = [encodeLogRecord("JSON", schema)];
  const filler = "x".repeat(10_000);
  for (let i = 0; i < records; i++) {
    pieces.push(encodeLogRecord("JSON", `{"_date":${i},"T":{"${uuid(i)}":{"a":"${filler}"}}}`));
  }
  return Buffer.concat(pieces);
}

/** A thread that does all its work at once, or dies before it begins. */
function threads(files: FakeFiles, started: string[], dies = false): ThreadHost {
  return {
    start(entry: string, data: ThreadMessage): Thread {
      started.push(entry);
      if (!dies) verifyLog(files, data);
      return { post() {}, onMessage() {}, onExit() {}, signal() {}, terminate() {} };
    },
  };
}

function read(content: Buffer, withThread: boolean, dies = false): unknown {
  const files = new FakeFiles();
  files.write("/db", content);
  const started: string[] = [];
  const log = LogFile.open(files, "/db", {
    name: "db",
    mode: "read",
    warn: () => {},
    // As if it were large enough for a thread.
    verifier: withThread ? (path) => startLogVerifier(threads(files, started, dies), path, 1 << 30, 10) : undefined,
  });
  let n = 1000;
  const { database, damage, records: count } = readDatabase(log, () => uuid(n++) as Uuid);
  expect(started).toEqual(withThread ? ["log-verifier-worker"] : []);
  return { rows: contentsToRecord(database, { date: 0, comment: "" }), damage: damage?.message, count, size: log.size };
}

describe("a log whose hashes another thread looks at", () => {
  const whole = bigLog();
  const each = (whole.length - encodeLogRecord("JSON", schema).length) / records;

  it.each<[string, (log: Buffer) => Buffer]>([
    ["whole", (log) => log],
    ["torn in its last record", (log) => log.subarray(0, -1000)],
    ["torn in its last header", (log) => log.subarray(0, -10_100)],
    ["with a byte of its contents flipped", (log) => flipped(log, Math.floor(log.length - 20.5 * each))],
    ["with a byte flipped that makes it no JSON", (log) => flipped(log, log.lastIndexOf('"a"'))],
    ["with a flipped byte in a header's length", (log) => flipped(log, log.lastIndexOf("OVSDB JSON ") + 12)],
    ["with a flipped byte in a header's hash", (log) => flipped(log, log.lastIndexOf("OVSDB JSON ") + 30)],
    ["with a record that makes no sense", (log) => Buffer.concat([log, encodeLogRecord("JSON", '{"T":{"x":{}}}')])],
    ["with a row that makes no sense, by a flipped byte", (log) => flipped(log, log.lastIndexOf('"T"') + 1)],
  ])("is read as by one: %s", (_, change) => {
    const content = change(Buffer.from(whole));
    expect(read(content, true)).toEqual(read(content, false));
  });

  it("is read by this one after all where the other does not begin", () => {
    expect(read(whole, true, true)).toEqual(read(whole, false));
  });

  it("is read at once where it is small", () => {
    expect(startLogVerifier(threads(new FakeFiles(), []), "/db", 1000)).toBeUndefined();
  });
});

function flipped(log: Buffer, at: number): Buffer {
  log[at] = log[at]! ^ 1;
  return log;
}

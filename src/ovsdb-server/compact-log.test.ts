import { describe, expect, it } from "vitest";
import { FakeClock } from "#host/fake/clock.js";
import { FakeFiles } from "#host/fake/files.js";
import { compactLog, compactLogNow } from "./compact-log.js";
import { LogFile } from "./log-file.js";
import { encodeLogRecord } from "./log-record.js";

function setUp(): { files: FakeFiles; log: LogFile; records(): unknown[]; warnings: string[] } {
  const files = new FakeFiles();
  const warnings: string[] = [];
  const warn = (module: string, message: string): number => warnings.push(`${module}|${message}`);
  const log = LogFile.open(files, "/tmp.db", { name: "tmp.db", mode: "create", warn });
  log.append('{"name":"S"}');
  for (let i = 0; i < 50; i++) log.append(`{"old":${i}}`);
  const records = (): unknown[] => {
    const found: unknown[] = [];
    const reader = LogFile.open(files, "/tmp.db", { name: "tmp.db", mode: "read", warn });
    for (let r = reader.next(); r; r = reader.next()) found.push(r);
    return found;
  };
  return { files, log, records, warnings };
}

const silent = (): void => {};
/** A snapshot of many pieces. */
function* large(rows: number): Generator<string> {
  yield '{"rows":[0';
  for (let i = 1; i < rows; i++) yield `,${i}`;
  yield "]}";
}

describe("compacting a log", () => {
  it("puts schema and snapshot in its place, and appends go there", () => {
    const { files, log, records } = setUp();
    compactLogNow(files, log, { schema: '{"name":"S"}', snapshot: ['{"a"', ":1}"] }, silent);
    log.append('{"new":1}');
    expect(records()).toEqual([{ name: "S" }, { a: 1 }, { new: 1 }]);
    expect(files.list("/")).toEqual([".tmp.db.tmp.~lock~", ".tmp.db.~lock~", "tmp.db"]);
  });

  it("keeps what is committed meanwhile, and lets the loop run", async () => {
    const { files, log, records } = setUp();
    const clock = new FakeClock();
    // Every piece takes a millisecond, so that several slices are needed.
    const ticking = {
      now() {
        clock.advance(1);
        return clock.now();
      },
      wall: () => 0,
      after: clock.after.bind(clock),
    };
    let missed: Uint8Array[] = [];
    const content = { schema: '{"name":"S"}', snapshot: large(200_000) };
    const done = compactLog(files, ticking, log, content, () => missed.splice(0), silent);
    let turns = 0;
    let finished = false;
    void done.then(() => {
      finished = true;
    });
    while (!finished) {
      const json = `{"during":${turns++}}`;
      log.append(json);
      missed = [...missed, encodeLogRecord("JSON", json)];
      await clock.advanceAsync(1);
    }
    await done;
    expect(turns).toBeGreaterThan(1);
    log.append('{"after":1}');
    const found = records();
    expect((found[1] as { rows: number[] }).rows).toHaveLength(200_000);
    expect(found.slice(2)).toContainEqual({ during: 0 });
    expect(found.at(-1)).toEqual({ after: 1 });
  });

  it.each<["write" | "fdatasync" | "rename", string]>([
    ["write", "I/O error: /tmp.db.tmp: write failed (No space left on device)"],
    ["fdatasync", "I/O error: /tmp.db.tmp: fsync failed (No space left on device)"],
    ["rename", 'I/O error: failed to rename "/tmp.db.tmp" to "/tmp.db" (No space left on device)'],
  ])("leaves the log as it was when %s fails", async (operation, message) => {
    const { files, log, records } = setUp();
    files.fail(operation, "/tmp.db.tmp", "ENOSPC");
    const content = { schema: '{"name":"S"}', snapshot: ["{}"] };
    expect(() => compactLogNow(files, log, content, silent)).toThrow(message);
    await expect(compactLog(files, new FakeClock(), log, content, () => [], silent)).rejects.toThrow(message);
    expect(files.exists("/tmp.db.tmp")).toBe(false);
    log.append('{"more":1}');
    expect(records()).toHaveLength(52);
  });

  it("survives a power failure at its end", () => {
    const { files, log, records } = setUp();
    compactLogNow(files, log, { schema: '{"name":"S"}', snapshot: ['{"a":1}'] }, silent);
    files.crash();
    expect(records()).toEqual([{ name: "S" }, { a: 1 }]);
  });
});

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import { lockfileName } from "./lockfile.js";
import { LogFile, type LogMode } from "./log-file.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

function record(json: string, magic = "JSON"): string {
  const body = `${json}\n`;
  const bytes = Buffer.from(body);
  return `OVSDB ${magic} ${bytes.length} ${createHash("sha1").update(bytes).digest("hex")}\n${body}`;
}

const schema = record('{"name":"S"}');
const two = schema + record('{"a":1}') + record('{"b":2}');

function setUp(content?: string): {
  files: FakeFiles;
  warnings: string[];
  open(mode: LogMode): LogFile;
  text(): string;
} {
  const files = new FakeFiles();
  if (content !== undefined) files.write("/db", Buffer.from(content, "latin1"));
  const warnings: string[] = [];
  const warn = (module: string, message: string): number => warnings.push(`${module}|${message}`);
  return {
    files,
    warnings,
    open: (mode) => LogFile.open(files, "/db", { name: "db", mode, warn }),
    text: () => decoder.decode(files.read("/db")),
  };
}

/** Every record, then what stopped the reading. */
function readAll(log: LogFile): { records: unknown[]; error: string | undefined } {
  const records: unknown[] = [];
  try {
    for (let r = log.next(); r; r = log.next()) records.push(r);
    return { records, error: undefined };
  } catch (error) {
    return { records, error: (error as Error).message };
  }
}

describe("a log file", () => {
  it("is made with the schema as its first record, and reads back", () => {
    const { open, text } = setUp();
    const log = open("create");
    log.append('{"name":"S"}');
    log.append('{"x":"é"}');
    log.close();
    expect(text()).toBe(decoder.decode(Buffer.from(schema + record('{"x":"é"}'))));
    expect(readAll(open("read"))).toEqual({ records: [{ name: "S" }, { x: "é" }], error: undefined });
  });

  it("is appended to where reading ended", () => {
    const { open, text } = setUp(two);
    const log = open("write");
    expect(readAll(log).records).toHaveLength(3);
    log.append('{"c":3}');
    expect(text()).toBe(two + record('{"c":3}'));
    expect(log.size).toBe(two.length + record('{"c":3}').length);
  });

  const at = two.length;
  const sha = (text: string): string => createHash("sha1").update(text).digest("hex");
  it.each<[string, string, string, number]>([
    [
      "cut in the last record",
      two.slice(0, -3),
      `I/O error: db: error reading 8 bytes starting at offset ${at - 8} (End of file)`,
      2,
    ],
    [
      "cut in its header",
      two.slice(0, -20),
      `syntax error: db: parse error at offset ${at - 8 - 54} in header line "OVSDB JSON"`,
      2,
    ],
    ["cut in the first word", `${two}OVS`, `syntax error: db: parse error at offset ${at} in header line "OVS"`, 3],
    [
      "a flipped byte",
      `${two.slice(0, -3)}9}\n`,
      `syntax error: db: 8 bytes starting at offset ${at - 8} have SHA-1 hash ${sha('{"b":9}\n')} but should have hash ${sha('{"b":2}\n')}`,
      2,
    ],
    ["an empty line", `${two}\n`, `syntax error: db: parse error at offset ${at} in header line ""`, 3],
    ["NULs", `${two}${"\0".repeat(99)}`, `syntax error: db: parse error at offset ${at} in header line ""`, 3],
    [
      "another kind of record",
      two + record("{}", "CLUSTER"),
      `syntax error: db: parse error at offset ${at} in header line "OVSDB CLUSTER"`,
      3,
    ],
    [
      "a length beyond the end",
      `${two}OVSDB JSON 99999999999999 ${"0".repeat(40)}\n{}\n`,
      `I/O error: db: error reading 99999999999999 bytes starting at offset ${at + 67} (End of file)`,
      3,
    ],
    [
      "an array",
      two + record("[1]"),
      `syntax error: db: 4 bytes starting at offset ${at + 54} are not a JSON object`,
      3,
    ],
    [
      "a hash that is none",
      `${two}OVSDB JSON 3 ${"g".repeat(40)}\n{}\n`,
      `syntax error: db: parse error at offset ${at} in header line "OVSDB JSON"`,
      3,
    ],
  ])("keeps the good prefix: %s", (_, content, error, good) => {
    const { open, text } = setUp(content);
    const log = open("write");
    const found = readAll(log);
    expect(found.error).toBe(error);
    expect(found.records).toHaveLength(good);
    expect(readAll(log).error).toBe(error);
    expect(text()).toBe(content);
    log.append('{"new":1}');
    expect(text()).toBe(content.slice(0, [0, 0, at - 54 - 8, at][good]) + record('{"new":1}'));
  });

  it("cuts off a record that the database refused", () => {
    const { open, text } = setUp(two);
    const log = open("write");
    for (let i = 0; i < 3; i++) log.next();
    log.reject();
    expect(log.next()).toBeUndefined();
    log.append('{"c":3}');
    expect(text()).toBe(schema + record('{"a":1}') + record('{"c":3}'));
  });

  it.each([
    ["", "ovsdb error: db: cannot identify file type"],
    ["hello\n", "ovsdb error: db: unexpected file format"],
    ['{"name":"S"}\n', "ovsdb error: db: unexpected file format"],
    [`OVSDB JSON 0 ${"0".repeat(40)}\n\n`, "ovsdb error: db: unexpected file format"],
  ])("refuses what is no log: %j", (content, error) => {
    const { open } = setUp(content);
    expect(() => open("read")).toThrow(error);
    expect(() => open("write")).toThrow(error);
  });

  it("says what it holds", () => {
    expect(setUp(two).open("read").magic).toBe("JSON");
    expect(setUp(record("{}", "CLUSTER")).open("read").magic).toBe("CLUSTER");
  });

  it("must not exist to be created, must exist to be opened", () => {
    expect(() => setUp(two).open("create")).toThrow("I/O error: db: create failed (File exists)");
    expect(() => setUp().open("write")).toThrow("I/O error: db: open failed (No such file or directory)");
    expect(() => setUp().open("read")).toThrow("I/O error: db: open failed (No such file or directory)");
  });

  it("is not written by two processes, but read", () => {
    const { files, open, warnings } = setUp(two);
    files.lockElsewhere(lockfileName("/db"), 4711);
    expect(() => open("write")).toThrow("I/O error: db: failed to lock lockfile (Resource temporarily unavailable)");
    expect(warnings).toEqual(["lockfile|.db.~lock~: cannot lock file because it is already locked by pid 4711"]);
    expect(readAll(open("read")).records).toHaveLength(3);
  });

  it("frees its lock when it is closed or could not be opened", () => {
    const { files, open } = setUp("hello\n");
    expect(() => open("write")).toThrow();
    files.write("/db", encoder.encode(two));
    open("write").close();
    open("write").close();
  });
});

describe("a log file on a failing disk", () => {
  it("is as before when the disk is full, and goes on when it is not", () => {
    const { files, open, text, warnings } = setUp(two);
    const log = open("write");
    readAll(log);
    files.space = 70;
    expect(() => log.append('{"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}')).toThrow(
      "I/O error: db: write failed (No space left on device)",
    );
    expect(warnings).toEqual(["ovsdb_log|/db: write failed (No space left on device)"]);
    expect(text()).toBe(two);
    files.space = 1000;
    log.append('{"c":3}');
    expect(text()).toBe(two + record('{"c":3}'));
  });

  it("tells clients the reason", () => {
    const { files, open } = setUp(two);
    const log = open("write");
    files.fail("write", "/db", "EIO");
    let json: unknown;
    try {
      log.append("{}");
    } catch (error) {
      json = (error as { toJson(): unknown }).toJson();
    }
    expect(json).toEqual({ details: "db: write failed", error: "I/O error", "io-error": "Input/output error" });
  });

  it("says when syncing failed", async () => {
    const { files, open } = setUp(two);
    const log = open("write");
    log.append("{}");
    files.fail("fdatasync", "/db", "EIO");
    await expect(log.sync()).rejects.toThrow("I/O error: db: fsync failed (Input/output error)");
  });
});

describe("any file", () => {
  it("reads as a prefix of what was written, wherever it is cut or changed", () => {
    const records = Array.from({ length: 12 }, (_, i) => `{"n":${i},"text":"${"é".repeat(i * 7)}"}`);
    const whole = Buffer.from(records.map((r) => record(r)).join(""));
    const wanted = records.map((r) => JSON.parse(r) as unknown);
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (cut, flip, bits) => {
          const bytes = Uint8Array.from(whole.subarray(0, cut));
          if (flip < cut) bytes[flip]! ^= bits;
          const files = new FakeFiles();
          files.write("/db", bytes);
          let found: unknown[];
          try {
            found = readAll(LogFile.open(files, "/db", { name: "db", mode: "read", warn: () => {} })).records;
          } catch {
            found = [];
          }
          expect(found).toEqual(wanted.slice(0, found.length));
          // Everything before the damage is there.
          const damaged = Math.min(cut, flip < cut ? flip : cut);
          let end = 0;
          let intact = 0;
          for (const r of records) {
            end += Buffer.byteLength(record(r));
            if (end <= damaged) intact++;
          }
          expect(found.length).toBeGreaterThanOrEqual(intact);
        },
      ),
      { seed: 7, numRuns: 400 },
    );
  });
});

// Feeds OVSDB's framing, JSON reader, notation, transactions and log reader with damaged input until the time is up.
// Run with: node tools/run.mjs fuzz/ovsdb.ts [SECONDS [SEED]]
import fc from "fast-check";
import { FakeFiles } from "#host/fake/files.js";
import { type Uuid, ZERO_UUID } from "#ovsdb/atom.js";
import { Database } from "#ovsdb/database.js";
import { equalDatums } from "#ovsdb/datum.js";
import { datumFromJson, datumToExactJson } from "#ovsdb/datum-json.js";
import { formatDatum } from "#ovsdb/datum-text.js";
import { OvsdbError } from "#ovsdb/error.js";
import { execute } from "#ovsdb/execute.js";
import { changesToRecord, contentsToRecord } from "#ovsdb/log-record.js";
import { changeConditions, monitorSpecFromJson } from "#ovsdb/monitor-spec.js";
import { updates2Of } from "#ovsdb/monitor-update2.js";
import { parseDatum } from "#ovsdb/parse-text.js";
import { Replay } from "#ovsdb/replay.js";
import { schemaFromJson, schemaToJson } from "#ovsdb/schema-json.js";
import { LogFile } from "#ovsdb-server/log-file.js";
import { encodeLogRecord } from "#ovsdb-server/log-record.js";
import { readDatabase } from "#ovsdb-server/read-database.js";
import { JsonFraming } from "#runtime/json-framing.js";
import { decodeMessage, JsonRpcError } from "#runtime/jsonrpc-message.js";
import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson, parseJsonExactly } from "#util/json-parse.js";
import { formatJson, formatJsonExactly } from "#util/json-text.js";
import { WideGenerator, wideSchema } from "../test/support/ovsdb-random-wide.js";
import { RowNames } from "../test/support/ovsdb-row-names.js";

const seconds = Number(process.argv[2] ?? 10);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** What `body` gives, or the message of the only kinds of error that it may throw. */
function outcome<T>(kinds: readonly ErrorClass[], body: () => T): T | string {
  try {
    return body();
  } catch (error) {
    if (error instanceof Error && kinds.some((kind) => error instanceof kind)) return `refused: ${error.message}`;
    throw error;
  }
}

/** Pieces of JSON text, well formed and not. */
const token = fc.oneof(
  fc.constantFrom(
    ...'{ } [ ] , : " \\ / [] {} [[ ]] true false null nul 0 -0 -1 1. 1.0 01 - 1e5 1e16 1e308 1e309 -1e999 1E+0999 0.1 12345678901234567'.split(
      " ",
    ),
    ...[
      "9223372036854775807",
      "9223372036854775808",
      "-9223372036854775808",
      "-9223372036854775809",
      "9007199254740993.0",
    ],
    ...[
      '"a"',
      '""',
      '"\\u0000"',
      '"\\u00e9"',
      '"\\ud800"',
      '"\\ud83d\\ude00"',
      '"\\udc00"',
      '"\\x"',
      '"\\u12"',
      '"é𝄞"',
      '"\u0000"',
      '"\n"',
    ],
    ...[
      '"a":1',
      '"a":1,"a":2',
      '"__proto__":{}',
      " ",
      "\n",
      "\t",
      "\u0000",
      "\ufeff",
      "\u00a0",
      "[".repeat(1001),
      "]".repeat(1001),
    ],
  ),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.double().map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
);
const someText = fc.oneof(
  fc.array(token, { maxLength: 12 }).map((parts) => parts.join("")),
  fc.array(token, { maxLength: 8 }).map((parts) => `[${parts.join(",")}]`),
  fc.array(token, { maxLength: 8 }).map((parts) => `{${parts.map((part) => `"k":${part}`).join(",")}}`),
  fc
    .tuple(fc.integer({ min: 990, max: 1010 }), token)
    .map(([depth, part]) => "[".repeat(depth) + part + "]".repeat(depth)),
);

/** The quick reader takes exactly what the exact one takes, and what is written reads back. */
const reading = fc.property(someText, (text) => {
  const quick = outcome([JsonSyntaxError], () => formatJsonExactly(parseJson(text)));
  const exact = outcome([JsonSyntaxError], () => formatJsonExactly(parseJsonExactly(text)));
  must(quick === exact, `${text}: ${quick} but ${exact}`);
  if (exact.startsWith("refused: ")) return;
  must(formatJsonExactly(parseJsonExactly(exact)) === exact, `${exact} does not read back`);
});

interface Heard {
  readonly values: string[];
  readonly error: string | undefined;
}

function hear(bytes: Uint8Array, sizes: readonly number[]): Heard {
  const framing = new JsonFraming(1 << 20);
  const values: string[] = [];
  let at = 0;
  const error = outcome<undefined>([JsonSyntaxError], () => {
    for (let i = 0; at < bytes.length; i++) {
      const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]!;
      framing.feed(bytes.subarray(at, at + size), (value) => {
        values.push(formatJsonExactly(value));
        outcome([JsonRpcError], () => decodeMessage(value));
      });
      at += size;
    }
    return undefined;
  });
  return { values, error };
}

/** A stream has the same values however it is cut, and those are what the exact reader finds in each text. */
const framing = fc.property(
  fc.array(someText, { minLength: 1, maxLength: 4 }),
  fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 3 }),
  (texts, sizes, damage) => {
    const bytes = new TextEncoder().encode(texts.join(" "));
    for (const [at, value] of damage) if (bytes.length > 0) bytes[at % bytes.length] = value;
    const whole = hear(bytes, []);
    const cut = hear(bytes, sizes);
    must(whole.values.join("\n") === cut.values.join("\n"), `${texts.join(" ")}: other values when cut`);
    must(
      (whole.error === undefined) === (cut.error === undefined),
      `${texts.join(" ")}: ${whole.error} but ${cut.error}`,
    );
    if (damage.length > 0) return;
    const each = texts.map((text) => outcome([JsonSyntaxError], () => formatJsonExactly(parseJsonExactly(text))));
    if (each.some((value) => value.startsWith("refused: "))) return;
    must(whole.values.join("\n") === each.join("\n"), `${texts.join(" ")}: ${whole.values.join(" ")}`);
  },
);

const schema = schemaFromJson(wideSchema);
const columns = [...schema.tables.values()].flatMap((table) => table.columnList.slice(2));
const uuid: Json = ["uuid", "550e8400-e29b-41d4-a716-446655440000"];
const hostile = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(
    "set",
    "map",
    "uuid",
    "named-uuid",
    "__proto__",
    "constructor",
    "name",
    "_uuid",
    "unlimited",
    "\u0000",
    "\ud800",
  ),
  fc.constantFrom<Json>(
    ["set", []],
    ["map", []],
    ["set", [1, 1]],
    ["named-uuid", "b"],
    uuid,
    [],
    {},
    2n ** 63n,
    -(2n ** 63n),
    1e300,
    -1,
    0.5,
  ),
);
/** What can come over a connection, where there are no NULs and no halves of characters. */
const received = hostile.filter((json) => !/\\u0000|\\ud[89a-f]/.test(JSON.stringify([formatJson(json)])));
const path = fc.array(fc.nat(100), { minLength: 1, maxLength: 8 });

/** `json` with the part at a random place replaced or renamed. */
function damaged(json: Json, [step, ...rest]: readonly number[], part: Json): Json {
  if (step === undefined || typeof json !== "object" || json === null) return part;
  if (Array.isArray(json))
    return json.map((item: Json, i) => (i === step % json.length ? damaged(item, rest, part) : item));
  const entries = Object.entries(json as { [name: string]: Json });
  return Object.fromEntries(
    entries.map(([name, value], i) => {
      if (i !== step % entries.length) return [name, value];
      return step % 7 === 0 && typeof part === "string" ? [part, value] : [name, damaged(value, rest, part)];
    }),
  );
}

/** Values, as JSON and as people type them. */
const notation = fc.property(
  fc.constantFrom(...columns),
  received,
  fc.string({ maxLength: 30 }),
  ({ type }, json, text) => {
    outcome([OvsdbError], () => {
      const datum = datumFromJson(type, json);
      const again = datumFromJson(
        type,
        (parseJson(`[${formatJsonExactly(datumToExactJson(type, datum))}]`) as Json[])[0]!,
      );
      must(equalDatums(datum, again), formatJson(json));
    });
    outcome([UserError, OvsdbError], () => {
      const datum = parseDatum(type, text);
      must(equalDatums(datum, parseDatum(type, formatDatum(type, datum))), text);
    });
  },
);

let fresh = 0;
const newUuid = (): Uuid => `aaaaaaaa-0000-4000-8000-${(++fresh).toString(16).padStart(12, "0")}` as Uuid;
const context = { newUuid, holdsLock: () => true, elapsed: 0 };
const names = new RowNames();
for (let i = 0; i < 100; i++) names.add(`e6117e5f-0000-4000-8000-${i.toString().padStart(12, "0")}`);

/** A database after some transactions, and what its log would hold. */
function populated(from: number, count: number): { readonly database: Database; readonly records: Json[] } {
  const generator = new WideGenerator(from);
  const database = new Database(schema);
  const records: Json[] = [];
  for (let i = 0; i < count; i++) {
    const operations = generator.transaction().map((operation) => names.fill(operation));
    const { outcome: result } = execute(database, operations, context);
    if (result.kind !== "commit") continue;
    // A clock that goes backwards.
    const record = changesToRecord(result.changes, { date: 1000 - i, comment: result.comment });
    if (record !== undefined) records.push(record);
    database.apply(result.changes);
  }
  return { database, records };
}

const requests: Json = {
  Root: [{ columns: ["name", "num"], where: [["num", "==", 5], true], select: { initial: true, modify: false } }],
  Kid: { columns: ["name"] },
};

/** Whatever a client asks for is answered, and the database is left as it was. */
const transactions = fc.property(fc.nat(1000), path, hostile, (which, where, part) => {
  const { database } = populated(which, 5);
  const before = formatJson(contentsToRecord(database, { date: 0, comment: "" }));
  const operations = new WideGenerator(which + 1).transaction().map((operation) => names.fill(operation));
  const asked = damaged(operations, where, part);
  const list = Array.isArray(asked) ? (asked as readonly Json[]) : [asked];
  const { results, outcome: result } = execute(database, list, context);
  must(result.kind === "blocked" || results.length - list.length < 2, formatJson(asked));
  must(formatJson(contentsToRecord(database, { date: 0, comment: "" })) === before, formatJson(asked));
  outcome([OvsdbError], () => {
    const spec = changeConditions(monitorSpecFromJson(schema, requests, true), damaged(requests, where, part), schema);
    if (result.kind === "commit") updates2Of(spec, result.changes);
  });
  outcome([OvsdbError], () => schemaToJson(schemaFromJson(damaged(wideSchema, [2, ...where], part))));
  outcome([OvsdbError], () =>
    new Replay(new Database(schema)).apply(damaged(contentsToRecord(database, { date: 0, comment: "" }), where, part)),
  );
});

type Change = readonly [kind: number, at: number, value: number];
const changes: fc.Arbitrary<Change[]> = fc.array(fc.tuple(fc.nat(4), fc.nat(1 << 20), fc.nat(255)), { maxLength: 3 });

/** Bytes with some of them flipped, cut off, taken out, put in, repeated. */
function changed(bytes: Uint8Array, list: readonly Change[]): Buffer {
  let copy = Buffer.from(bytes);
  for (const [kind, place, value] of list) {
    const at = copy.length === 0 ? 0 : place % copy.length;
    if (kind === 0 && copy.length > 0) copy[at] = copy[at]! ^ (1 << (value & 7));
    else if (kind === 1) copy = copy.subarray(0, at);
    else if (kind === 2) copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + value)]);
    else if (kind === 3) copy = Buffer.concat([copy.subarray(0, at), Buffer.of(value), copy.subarray(at)]);
    else copy = Buffer.concat([copy, copy.subarray(at, at + value)]);
  }
  return copy;
}

function read(bytes: Uint8Array, verified: boolean): string {
  const files = new FakeFiles();
  files.write("/db", bytes);
  return outcome([OvsdbError], () => {
    const log = LogFile.open(files, "/db", {
      name: "db",
      mode: "read",
      warn: () => {},
      verifier: verified ? () => ({ goodEnd: (upTo) => Math.min(upTo, soundEnd(bytes)) }) : undefined,
    });
    const { database, damage, records } = readDatabase(log, () => ZERO_UUID);
    const contents = formatJsonExactly(contentsToRecord(database, { date: 0, comment: "" }));
    return `${records} ${damage?.message}\n${contents}`;
  });
}

/** What another thread would find. */
function soundEnd(bytes: Uint8Array): number {
  const files = new FakeFiles();
  files.write("/db", bytes);
  const log = LogFile.open(files, "/db", { name: "db", mode: "read", warn: () => {} });
  let end = 0;
  outcome([OvsdbError], () => {
    while (log.next()) end = log.size;
  });
  return end;
}

/** A damaged log is read up to the damage, whoever looks at its hashes. */
const logs = fc.property(fc.nat(1000), fc.nat(12), changes, (which, count, list) => {
  const { database, records } = populated(which, count);
  const pieces = [schemaToJson(schema), ...records].map((json) => encodeLogRecord("JSON", formatJsonExactly(json)));
  const whole = Buffer.concat(pieces);
  const contents = formatJsonExactly(contentsToRecord(database, { date: 0, comment: "" }));
  const sound = read(whole, false).split("\n")[1]!;
  must(sortedText(sound) === sortedText(contents), `the log tells another story: ${contents} but ${sound}`);
  const bytes = changed(whole, list);
  const said = read(bytes, false);
  must(said === read(bytes, true), `${list.join(" ")}: read otherwise when verified by another`);
  const [first = ""] = said.split(" ");
  if (said.startsWith("refused: ") || list.some(([kind]) => kind === 4)) return;
  // Only whole records, in their order, without a gap.
  const prefix = Buffer.concat(pieces.slice(0, Number(first) + 1));
  must(said.split("\n")[1] === read(prefix, false).split("\n")[1], `${list.join(" ")}: not a prefix`);
});

/** What a replay makes of some records, the last of which is read in one way or the other. */
function replayed(texts: readonly string[], plainly: boolean): string {
  const database = new Database(schema);
  const replay = new Replay(database);
  texts.forEach((text, i) => {
    if (plainly && i === texts.length - 1 && replay.applyPlain(text, (from, to) => text.slice(from, to))) return;
    outcome([OvsdbError, JsonSyntaxError], () => replay.apply(parseJsonExactly(text)));
  });
  replay.finish(() => ZERO_UUID);
  return formatJsonExactly(contentsToRecord(database, { date: 0, comment: "" }));
}

/** The quick way to read a record takes nothing that the long way takes otherwise or not at all. */
const plainRecords = fc.property(
  fc.nat(1000),
  fc.integer({ min: 1, max: 12 }),
  fc.array(
    fc.tuple(
      fc.nat(1 << 20),
      fc.constantFrom(...'{}[]",:0129-.eEtn\\ é_"'.split(""), "null", "[]", ",1", '"a":1,', "00", "1e5"),
    ),
    { maxLength: 2 },
  ),
  fc.boolean(),
  (which, count, list, asDiff) => {
    const texts = populated(which, count).records.map((json) => {
      const text = formatJsonExactly(json);
      return asDiff ? text : text.replace(',"_is_diff":true', "");
    });
    let last = texts.pop() ?? "{}";
    for (const [place, part] of list) {
      const at = place % (last.length + 1);
      last = last.slice(0, at) + part + last.slice(at + (place & 1));
    }
    must(replayed([...texts, last], true) === replayed([...texts, last], false), last);
  },
);

const sortedText = (text: string): string => formatJson(parseJsonExactly(text), { sorted: true });

console.log(`seed ${seed}`);
const end = Date.now() + 1000 * seconds;
const properties: readonly (readonly [fc.IProperty<unknown>, number])[] = [
  [reading as fc.IProperty<unknown>, 2000],
  [framing as fc.IProperty<unknown>, 1000],
  [notation as fc.IProperty<unknown>, 2000],
  [transactions as fc.IProperty<unknown>, 200],
  [logs as fc.IProperty<unknown>, 100],
  [plainRecords as fc.IProperty<unknown>, 500],
];
let rounds = 0;
for (; Date.now() < end; rounds++) {
  for (const [property, numRuns] of properties) fc.assert(property, { seed: seed + rounds, numRuns });
}
console.log(`${rounds} rounds of ${properties.reduce((sum, [, runs]) => sum + runs, 0)}, no fault`);

import type { Json } from "#util/json.js";

/** A schema with every kind of column and constraint. */
export const corpusSchema: Json = {
  name: "Corpus",
  version: "1.2.3",
  tables: {
    Types: {
      isRoot: true,
      columns: {
        name: { type: "string" },
        i: { type: "integer" },
        r: { type: "real" },
        b: { type: "boolean" },
        s: { type: "string" },
        u: { type: "uuid" },
        small: { type: { key: { type: "integer", minInteger: 1, maxInteger: 10 }, min: 0 } },
        unit: { type: { key: { type: "real", minReal: 0, maxReal: 1 }, min: 0 } },
        word: { type: { key: { type: "string", minLength: 2, maxLength: 4 }, min: 0 } },
        colour: { type: { key: { type: "string", enum: ["set", ["red", "green", "blue"]] }, min: 0 } },
        ints: { type: { key: "integer", min: 0, max: "unlimited" } },
        pair: { type: { key: "integer", min: 1, max: 2 } },
        reals: { type: { key: "real", min: 0, max: 3 } },
        strings: { type: { key: "string", min: 0, max: "unlimited" } },
        map: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
        counts: { type: { key: "string", value: "integer", min: 0, max: 3 } },
        fixed: { type: "string", mutable: false },
        passing: { type: "string", ephemeral: true },
      },
      indexes: [["name"], ["i", "s"]],
    },
    Parent: {
      isRoot: true,
      columns: {
        name: { type: "string" },
        kids: { type: { key: { type: "uuid", refTable: "Child" }, min: 0, max: "unlimited" } },
        first: { type: { key: { type: "uuid", refTable: "Child" }, min: 0, max: 1 } },
        friends: { type: { key: { type: "uuid", refTable: "Types", refType: "weak" }, min: 0, max: "unlimited" } },
        must: { type: { key: { type: "uuid", refTable: "Types", refType: "weak" }, min: 0, max: 1 } },
        byName: { type: { key: "string", value: { type: "uuid", refTable: "Child" }, min: 0, max: "unlimited" } },
      },
    },
    Child: {
      columns: { name: { type: "string" }, next: { type: { key: { type: "uuid", refTable: "Child" }, min: 0 } } },
    },
    Few: { isRoot: true, maxRows: 2, columns: { n: { type: "integer" } }, indexes: [["n"]] },
    Needy: {
      isRoot: true,
      columns: { friend: { type: { key: { type: "uuid", refTable: "Types", refType: "weak" }, min: 1, max: 2 } } },
    },
  },
};

type Op = Record<string, unknown> | unknown;

const insert = (table: unknown, row: unknown, more: object = {}): Op => ({ op: "insert", table, row, ...more });
const select = (table: unknown, where: unknown = [], more: object = {}): Op => ({
  op: "select",
  table,
  where,
  ...more,
});
const update = (table: unknown, where: unknown, row: unknown): Op => ({ op: "update", table, where, row });
const mutate = (table: unknown, where: unknown, mutations: unknown): Op => ({ op: "mutate", table, where, mutations });
const remove = (table: unknown, where: unknown = []): Op => ({ op: "delete", table, where });
const wait = (rows: unknown, more: object = {}): Op => ({
  op: "wait",
  table: "Types",
  where: [["name", "==", "a"]],
  columns: ["i"],
  until: "==",
  rows,
  timeout: 0,
  ...more,
});
const all = select("Types", [], { columns: ["name", "i", "s", "ints", "map", "counts", "strings"] });
const set = (...items: unknown[]): unknown => ["set", items];
const map = (object: Record<string, unknown>): unknown => ["map", Object.entries(object)];
const named = (name: string): unknown => ["named-uuid", name];
const a = [["name", "==", "a"]];

/**
 * Transactions, each a list of operations, run in order on one database. `"@n"` stands for the n-th UUID that this server
 * has answered with (from 0); so both servers are asked the same although they choose UUIDs of their own.
 */
export const corpus: readonly (readonly Op[])[] = [
  [],
  [insert("Types", { name: "a", i: 1, s: "x", pair: 1 }), all],
  [
    insert("Types", {
      name: "b",
      i: 2,
      s: "y",
      ints: set(3, 1, 2),
      map: map({ k: "v", a: "b" }),
      counts: map({ n: 1 }),
    }),
    all,
  ],
  [insert("Types", { name: "a", i: 9 })],
  [insert("Types", { name: "c", i: 1, s: "x" })],
  [insert("Types", { name: "d", i: 3 }), insert("Types", { name: "d", i: 4 })],
  [select("Types", [["name", "==", "a"]])],
  // Malformed operations.
  [5],
  [{}],
  [{ op: 5 }],
  [{ op: "nop" }],
  ["select"],
  [null],
  [select("Nope")],
  [select(5)],
  [{ op: "select", table: "Types" }],
  [select("Types", 5)],
  [select("Types", [5])],
  [select("Types", [["name"]])],
  [select("Types", [["name", "==", "a", "b"]])],
  [select("Types", [["nope", "==", "a"]])],
  [select("Types", [["name", "=", "a"]])],
  [select("Types", [["name", "<", "a"]])],
  [select("Types", [["name", 5, "a"]])],
  [select("Types", [[5, "==", "a"]])],
  [select("Types", [["i", "==", "a"]])],
  [select("Types", [["i", "==", 1.5]])],
  [select("Types", [["u", "==", "a"]])],
  [select("Types", [["u", "==", ["uuid", "a"]]])],
  [select("Types", [["ints", "includes", set(1, 1)]])],
  [select("Types", [], { columns: ["nope"] })],
  [select("Types", [], { columns: ["name", "name"] })],
  [select("Types", [], { columns: "name" })],
  [select("Types", [], { columns: [5] })],
  [select("Types", [], { bogus: 1 })],
  [insert("Types", 5)],
  [insert("Types", { nope: 1 })],
  [insert("Types", { _uuid: 1 })],
  [insert("Types", {}, { "uuid-name": 5 })],
  [insert("Types", {}, { "uuid-name": "not an id" })],
  [insert("Types", {}, { uuid: "not-a-uuid" })],
  // Conditions.
  [
    select("Types", [["i", "<", 2]], { columns: ["name"] }),
    select(
      "Types",
      [
        ["i", "<=", 2],
        ["name", "!=", "a"],
      ],
      { columns: ["name"] },
    ),
  ],
  [select("Types", [["i", ">", 1]], { columns: ["name"] }), select("Types", [["i", ">=", 3]], { columns: ["name"] })],
  [
    select("Types", [["ints", "includes", set(1, 2)]], { columns: ["name"] }),
    select("Types", [["ints", "excludes", 3]], { columns: ["name"] }),
  ],
  [
    select("Types", [["map", "includes", map({ k: "v" })]], { columns: ["name"] }),
    select("Types", [["map", "excludes", map({ k: "w" })]], { columns: ["name"] }),
  ],
  [
    select("Types", [["small", "<", 3]], { columns: ["name"] }),
    select("Types", [["small", "==", set()]], { columns: ["name"] }),
  ],
  [select("Types", [true], { columns: ["name"] }), select("Types", [false], { columns: ["name"] })],
  [
    select("Types", [["_uuid", "==", ["uuid", "@0"]]], { columns: ["name"] }),
    select("Types", [["r", "<", 1]], { columns: ["name", "r"] }),
  ],
  [select("Types", [["ints", "<", 1]])],
  [select("Types", [["b", "<", true]])],
  // Constraints of columns.
  [update("Types", a, { small: 11 })],
  [update("Types", a, { small: 0 })],
  [
    update("Types", a, { small: 5, unit: 0.5, word: "abc", colour: "red" }),
    select("Types", a, { columns: ["small", "unit", "word", "colour"] }),
  ],
  [update("Types", a, { unit: 1.5 })],
  [update("Types", a, { word: "a" })],
  [update("Types", a, { word: "abcde" })],
  [update("Types", a, { colour: "mauve" })],
  [update("Types", a, { pair: set() })],
  [update("Types", a, { pair: set(1, 2, 3) })],
  [update("Types", a, { reals: set(1, 2.5, 3, 4) })],
  [update("Types", a, { reals: set(1, 2.5, -0.25) }), select("Types", a, { columns: ["reals"] })],
  [update("Types", a, { fixed: "no" })],
  [update("Types", a, { _version: ["uuid", "00000000-0000-0000-0000-000000000000"] })],
  [
    update("Types", a, { i: 9223372036854775807n }),
    select("Types", a, { columns: ["i"] }),
    update("Types", a, { i: -9223372036854775808n }),
  ],
  [update("Types", a, { i: 1e30 })],
  [update("Types", a, { i: 1.0 }), update("Types", a, { s: 'é\u0001"\\/😀' }), select("Types", a, { columns: ["s"] })],
  [
    update("Types", a, {
      map: [
        "map",
        [
          ["a", "b"],
          ["a", "c"],
        ],
      ],
    }),
  ],
  [update("Types", a, { map: ["map", [["a"]]] })],
  [update("Types", a, { map: set("a") })],
  [update("Types", a, { strings: set("a", "b", "a") })],
  [update("Types", a, { name: set("a", "b") })],
  [update("Types", a, { passing: "gone" }), select("Types", a, { columns: ["passing"] })],
  [update("Types", [["name", "==", "nobody"]], { i: 1 })],
  [update("Types", a, {})],
  // Mutations.
  [
    update("Types", a, { i: 10, s: "x", r: 2 }),
    mutate("Types", a, [
      ["i", "+=", 5],
      ["i", "-=", 3],
      ["i", "*=", 7],
      ["i", "/=", 4],
      ["i", "%=", 10],
    ]),
    select("Types", a, { columns: ["i"] }),
  ],
  [mutate("Types", a, [["i", "/=", 0]])],
  [mutate("Types", a, [["i", "%=", 0]])],
  [mutate("Types", a, [["r", "/=", 0]])],
  [mutate("Types", a, [["r", "%=", 2]])],
  [mutate("Types", a, [["r", "*=", 1.5]]), select("Types", a, { columns: ["r"] })],
  [update("Types", a, { i: 9223372036854775807n }), mutate("Types", a, [["i", "+=", 1]])],
  [update("Types", a, { i: 9223372036854775807n }), mutate("Types", a, [["i", "*=", 3]])],
  [mutate("Types", a, [["s", "+=", 1]])],
  [mutate("Types", a, [["nope", "+=", 1]])],
  [mutate("Types", a, [["i", "?=", 1]])],
  [mutate("Types", a, [["i", "+="]])],
  [mutate("Types", a, [["i", "+=", "one"]])],
  [mutate("Types", a, 5)],
  [mutate("Types", a, [["fixed", "+=", 1]])],
  [
    mutate("Types", a, [
      ["ints", "insert", set(5, 6)],
      ["ints", "delete", 5],
      ["ints", "+=", 10],
    ]),
    select("Types", a, { columns: ["ints"] }),
  ],
  [mutate("Types", [["name", "==", "b"]], [["ints", "*=", 0]])],
  [
    mutate("Types", a, [
      ["map", "insert", map({ x: "1", y: "2" })],
      ["map", "insert", map({ x: "9" })],
      ["map", "delete", map({ y: "0" })],
      ["map", "delete", "y"],
    ]),
    select("Types", a, { columns: ["map"] }),
  ],
  [
    mutate("Types", a, [["counts", "insert", map({ a: 1, b: 2, c: 3 })]]),
    mutate("Types", a, [["counts", "insert", map({ d: 4 })]]),
  ],
  [mutate("Types", a, [["pair", "insert", set(1, 2, 3)]])],
  [mutate("Types", a, [["pair", "delete", set(1, 2)]])],
  [mutate("Types", a, [["small", "insert", 11]])],
  [mutate("Types", a, [["small", "+=", 6]])],
  [mutate("Types", a, [["map", "+=", 1]])],
  [
    mutate("Types", a, [
      ["strings", "insert", set("q", "p")],
      ["strings", "delete", set("p", "zz")],
    ]),
    all,
  ],
  // References and garbage collection.
  [
    insert("Parent", { name: "p", kids: named("k") }),
    insert("Child", { name: "kid" }, { "uuid-name": "k" }),
    select("Child", [], { columns: ["name"] }),
  ],
  [insert("Child", { name: "orphan" })],
  [select("Child", [], { columns: ["name"] }), select("Parent", [], { columns: ["name", "kids"] })],
  [insert("Parent", { kids: named("nobody") })],
  [insert("Parent", { friends: named("nobody") })],
  [insert("Parent", { kids: ["uuid", "12345678-1234-1234-1234-123456789abc"] })],
  [
    insert("Parent", { friends: ["uuid", "12345678-1234-1234-1234-123456789abc"] }),
    select("Parent", [], { columns: ["friends"] }),
  ],
  [remove("Child", [["name", "==", "kid"]])],
  [
    insert("Parent", { name: "twice" }, { "uuid-name": "x" }),
    insert("Parent", { name: "twice" }, { "uuid-name": "x" }),
  ],
  [
    insert("Parent", { name: "q", friends: set(["uuid", "@0"]), must: ["uuid", "@0"] }),
    select("Parent", [["name", "==", "q"]], { columns: ["friends", "must"] }),
  ],
  [insert("Needy", { friend: ["uuid", "@0"] })],
  [remove("Types", a)],
  [remove("Needy"), remove("Types", a)],
  [select("Parent", [["name", "==", "q"]], { columns: ["friends", "must"] })],
  [insert("Needy", {})],
  [
    insert("Parent", { name: "map", byName: ["map", [["one", named("m")]]] }),
    insert("Child", { name: "m", next: named("n") }, { "uuid-name": "m" }),
    insert("Child", { name: "n" }, { "uuid-name": "n" }),
  ],
  [
    select("Child", [], { columns: ["name"] }),
    update("Parent", [["name", "==", "map"]], { byName: map({}) }),
    select("Child", [], { columns: ["name"] }),
  ],
  [select("Child", [], { columns: ["name"] })],
  [remove("Parent"), select("Child", [], { columns: ["name"] })],
  [select("Child")],
  // Counts, aborts, the rest.
  [insert("Few", { n: 1 }), insert("Few", { n: 2 })],
  [insert("Few", { n: 3 })],
  [remove("Few", [["n", "==", 1]]), insert("Few", { n: 3 }), select("Few", [], { columns: ["n"] })],
  [update("Few", [["n", "==", 3]], { n: 2 })],
  [update("Few", [], { n: 7 })],
  [insert("Types", { name: "gone" }), { op: "abort" }, select("Types")],
  [select("Types", [["name", "==", "gone"]])],
  [{ op: "abort", more: 1 }],
  [{ op: "comment", comment: "hello" }, { op: "comment" }, { op: "comment", comment: 5 }],
  [{ op: "comment", comment: 'line\nand "more"' }],
  [{ op: "commit", durable: true }],
  [{ op: "commit", durable: false }],
  [{ op: "commit" }],
  [{ op: "commit", durable: 1 }],
  [{ op: "assert", lock: "mine" }],
  [{ op: "assert", lock: "not an id" }],
  [{ op: "assert" }],
  [
    insert("Types", { name: "w", i: 5 }),
    wait([{ i: 5 }], { where: [["name", "==", "w"]] }),
    { op: "comment", comment: "waited" },
  ],
  [wait([{ i: 6 }], { where: [["name", "==", "w"]] })],
  [wait([{ i: 6 }], { where: [["name", "==", "w"]], until: "!=" })],
  [wait([], { where: [["name", "==", "nobody"]] })],
  [wait([{ i: 5 }], { until: "<" })],
  [wait([{ nope: 5 }])],
  [wait(5)],
  [wait([{ i: 5 }], { timeout: -1 })],
  [wait([{ i: 5 }], { timeout: "soon" })],
  [wait([{ i: 5, name: "w" }], { where: [["name", "==", "w"]] })],
  [
    insert("Types", { name: "own" }, { uuid: "11111111-2222-3333-4444-555555555555" }),
    select("Types", [["name", "==", "own"]], { columns: ["_uuid", "name"] }),
  ],
  [insert("Types", { name: "own2" }, { uuid: "11111111-2222-3333-4444-555555555555" })],
  [
    remove("Types", [["name", "==", "own"]]),
    insert("Types", { name: "own3" }, { uuid: "11111111-2222-3333-4444-555555555555" }),
  ],
  [
    insert("Types", { name: "z", u: named("self") }, { "uuid-name": "self" }),
    select("Types", [["name", "==", "z"]], { columns: ["u", "_uuid"] }),
  ],
  [remove("Types"), select("Types")],
];

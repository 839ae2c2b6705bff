import type { Json } from "#util/json.js";
import { Dice } from "./ovsdb-random.js";

const strong = (table: string): Json => ({ type: "uuid", refTable: table });
const weak = (table: string): Json => ({ type: "uuid", refTable: table, refType: "weak" });
const many = { min: 0, max: "unlimited" };

/** A schema with every type, constraint and kind of reference. */
export const wideSchema: Json = {
  name: "Wide",
  version: "1.2.3",
  tables: {
    Root: {
      columns: {
        name: { type: { key: { type: "string", maxLength: 9 } } },
        num: { type: { key: { type: "integer", minInteger: -4, maxInteger: 60 } } },
        flag: { type: "boolean" },
        big: { type: "integer" },
        real: { type: "real" },
        ratio: { type: { key: { type: "real", minReal: -1.5, maxReal: 1000000 } } },
        mood: { type: { key: { type: "string", enum: ["set", ["good", "bad", "ugly"]] }, min: 0 } },
        code: { type: { key: { type: "integer", enum: ["set", [0, 7, 9007199254740993n]] } } },
        text: { type: { key: { type: "string", minLength: 2, maxLength: 5 }, min: 0 } },
        bits: { type: { key: "boolean", min: 0, max: 2 } },
        ints: { type: { key: { type: "integer", maxInteger: 50 }, min: 0, max: 6 } },
        need: { type: { key: "integer", min: 1, max: 3 } },
        reals: { type: { key: "real", ...many } },
        strs: { type: { key: "string", ...many } },
        ids: { type: { key: "uuid", ...many } },
        one: { type: { key: "integer", value: "string", min: 0, max: 1 } },
        smap: { type: { key: "string", value: "string", ...many } },
        rmap: { type: { key: "real", value: "boolean", min: 0, max: 3 } },
        umap: { type: { key: "uuid", value: "integer", ...many } },
        fixed: { type: "integer", mutable: false },
        passing: { type: "string", ephemeral: true },
        kids: { type: { key: strong("Kid"), ...many } },
        heir: { type: { key: strong("Kid"), min: 0 } },
        named: { type: { key: "string", value: strong("Kid"), ...many } },
        ranks: { type: { key: strong("Kid"), value: "integer", min: 0, max: 3 } },
      },
      isRoot: true,
      maxRows: 30,
      indexes: [["name"], ["num", "flag"]],
    },
    Kid: {
      columns: {
        name: { type: "string" },
        next: { type: { key: strong("Kid"), min: 0 } },
        tags: { type: { key: "string", value: "integer", ...many } },
      },
      indexes: [["name", "tags"]],
    },
    Fan: {
      columns: {
        of: { type: { key: weak("Kid"), ...many } },
        best: { type: { key: weak("Root"), min: 0 } },
        must: { type: { key: weak("Root"), min: 1, max: 2 } },
        places: { type: { key: "integer", value: weak("Root"), ...many } },
        notes: { type: { key: weak("Kid"), value: "string", ...many } },
        x: { type: "integer" },
      },
      isRoot: true,
    },
  },
};

type Table = "Root" | "Kid" | "Fan";
type Value = (dice: Dice) => Json;

/** Stands for the UUID of the row that was inserted as the k-th. */
export interface RowMark {
  readonly $row: number;
}

const bigs: readonly Json[] = [
  0,
  1,
  -1,
  2147483648,
  9007199254740991,
  9007199254740992n,
  -9007199254740993n,
  9223372036854775807n,
  -9223372036854775808n,
];
// Such that sums have few digits: 3.1.0 cannot read sets again whose reals are the same in 15 digits.
const reals: readonly Json[] = [0, 1, -1, 0.5, 1.25, -1.5, 2 ** -20, 123456.75, 1e12, 1e100, 2.5e-300, 3];
const strings: readonly Json[] = ["", "a", "b", "cc", "ß", "日本", "𝄞", 'q"\\', "\n\t", "x".repeat(40), "end "];

const set =
  (values: readonly Json[], max: number, min = 0): Value =>
  (dice) => ["set", dice.some(values, min, max)];
const map =
  (keys: readonly Json[], value: Value, max: number): Value =>
  (dice) => ["map", dice.some(keys, 0, max).map((key): Json => [key, value(dice)])];
const optional =
  (value: Value): Value =>
  (dice) =>
    dice.below(4) === 0 ? ["set", []] : value(dice);
const oneOf =
  (values: readonly Json[]): Value =>
  (dice) =>
    dice.pick(values);

/** Generates transactions; `rows` says which rows each table was given. */
export class WideGenerator {
  readonly #dice: Dice;
  readonly #rows: Readonly<Record<Table, number[]>> = { Root: [], Kid: [], Fan: [] };
  #inserted = 0;
  readonly #values: Readonly<Record<Table, Readonly<Record<string, Value>>>>;

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    const row =
      (table: Table): Value =>
      () =>
        this.#row(table);
    const rowSet =
      (table: Table, max: number, min = 0): Value =>
      () => ["set", this.#someRows(table, min, max)];
    const rowMap =
      (table: Table, value: Value, max: number): Value =>
      (dice) => ["map", this.#someRows(table, 0, max).map((key): Json => [key, value(dice)])];
    const kid = row("Kid");
    const names = [..."abcdefghijklmnopqrst", "", "ninechars"];
    this.#values = {
      Root: {
        name: oneOf(names),
        num: (dice) => dice.below(40) - 4,
        flag: oneOf([true, false]),
        big: oneOf(bigs),
        real: oneOf([...reals, 1e-7, 123456.789, 1e15, 1e16, 1 / 3]),
        ratio: oneOf([-1.5, 0, 1e6, 3.25, 7]),
        mood: optional(oneOf(["good", "bad", "ugly"])),
        code: oneOf([0, 7, 9007199254740993n]),
        text: optional(oneOf(["ab", "abcde", "日本"])),
        bits: set([true, false], 2),
        ints: set([-5, 0, 1, 2, 3, 49, 50], 6),
        need: set([1, 2, 3, 4], 3, 1),
        reals: set(reals, 5),
        strs: set(strings, 8),
        ids: rowSet("Root", 3),
        one: map([1, 2], oneOf(strings), 1),
        smap: map(strings, oneOf(strings), 5),
        rmap: map(reals, oneOf([true, false]), 3),
        umap: rowMap("Kid", oneOf(bigs), 3),
        fixed: (dice) => dice.below(4),
        passing: oneOf(strings),
        kids: rowSet("Kid", 3),
        heir: optional(kid),
        named: map(["x", "y", "z"], kid, 2),
        ranks: rowMap("Kid", (dice) => dice.below(5), 3),
      },
      Kid: { name: oneOf(names), next: optional(kid), tags: map(["t", "u", "v"], (dice) => dice.below(4), 3) },
      Fan: {
        of: rowSet("Kid", 4),
        best: optional(row("Root")),
        must: rowSet("Root", 2, 1),
        places: map([1, 2, 3, 4], row("Root"), 3),
        notes: rowMap("Kid", oneOf(strings), 3),
        x: (dice) => dice.below(6),
      },
    };
  }

  /** Takes note that the transaction's insertions happened; `tables` are those of its insertions in order. */
  note(tables: readonly Table[]): void {
    for (const table of tables) this.#rows[table].push(this.#inserted++);
    for (const rows of Object.values(this.#rows)) rows.splice(0, rows.length - 60);
  }

  #row(table: Table): Json {
    const { [table]: rows } = this.#rows;
    const mark: RowMark = { $row: rows.length === 0 || this.#dice.below(25) === 0 ? -1 : this.#dice.pick(rows) };
    return mark as unknown as Json;
  }

  #someRows(table: Table, min: number, max: number): Json[] {
    const { [table]: rows } = this.#rows;
    const picked = rows.length === 0 ? [-1] : this.#dice.some(rows, min, max);
    return picked.slice(0, max).map(($row) => ({ $row }) as unknown as Json);
  }

  /**
   * One transaction. What refers weakly is touched only by transactions that delete nothing: ovsdb-server 3.1.0 does not prune a
   * weak reference in a row that the transaction touches otherwise.
   */
  transaction(): Json[] {
    const dice = this.#dice;
    const tables: readonly Table[] = dice.below(4) === 0 ? ["Fan"] : ["Root", "Root", "Root", "Kid"];
    const operations: Json[] = [];
    const count = dice.below(12) === 0 ? 4 + dice.below(12) : 1 + dice.below(3);
    for (let i = 0; i < count; i++) {
      const table = dice.pick(tables);
      if (table === "Kid" && dice.below(2) === 0) operations.push(...this.#family(i));
      else operations.push(this.#operation(table));
    }
    if (dice.below(10) === 0) operations.splice(dice.below(operations.length + 1), 0, this.#remark());
    return operations;
  }

  /** A new row of a table that is kept by references, and what refers to it. */
  #family(i: number): Json[] {
    const dice = this.#dice;
    const name = `kid${i}`;
    const named: Json = ["named-uuid", name];
    const insert: Json = { op: "insert", table: "Kid", "uuid-name": name, row: this.#newRow("Kid") };
    const row: Json = dice.pick([
      { kids: named },
      { heir: named },
      { named: ["map", [["n", named]]] },
      { ranks: ["map", [[named, 3]]] },
    ] as Json[]);
    const parent: Json =
      dice.below(2) === 0
        ? { op: "insert", table: "Root", row: { ...(this.#newRow("Root") as object), ...(row as object) } }
        : { op: "update", table: "Root", where: this.#oneRow("Root"), row };
    return dice.below(2) === 0 ? [insert, parent] : [parent, insert];
  }

  #newRow(table: Table): Json {
    const { [table]: values } = this.#values;
    const row = Object.fromEntries(
      this.#dice.some(Object.keys(values), 0, 5).map((name) => [name, values[name]!(this.#dice)]),
    );
    if (table === "Root") {
      row["name"] = values["name"]!(this.#dice);
      row["num"] = values["num"]!(this.#dice);
    }
    if (table === "Fan") row["must"] = values["must"]!(this.#dice);
    return row;
  }

  #changedRow(table: Table): Json {
    const { [table]: values } = this.#values;
    const names = Object.keys(values).filter((name) => name !== "fixed" || this.#dice.below(6) === 0);
    return Object.fromEntries(this.#dice.some(names, 1, 4).map((name) => [name, values[name]!(this.#dice)]));
  }

  #oneRow(table: Table): Json[] {
    return [["_uuid", "==", this.#row(table)]];
  }

  #where(table: Table): Json[] {
    const dice = this.#dice;
    const { [table]: values } = this.#values;
    const column = dice.pick(Object.keys(values));
    switch (dice.below(7)) {
      case 0:
        return dice.below(3) === 0 ? [] : this.#oneRow(table);
      case 1:
        return [[column, dice.pick(["==", "!=", "includes", "excludes"]), values[column]!(dice)]];
      case 2: {
        const ordered = table === "Root" ? dice.pick(["num", "big", "real", "ratio"]) : "x";
        if (table === "Kid") return this.#oneRow(table);
        return [[ordered, dice.pick(["<", "<=", ">", ">=", "==", "!="]), values[ordered]!(dice)]];
      }
      case 3:
        return [dice.below(2) === 0, [column, "includes", values[column]!(dice)]];
      default:
        return this.#oneRow(table);
    }
  }

  #operation(table: Table): Json {
    const dice = this.#dice;
    if (dice.below(30) === 0) return this.#wrong(table);
    switch (dice.below(12)) {
      case 0:
      case 1:
      case 2:
        return { op: "insert", table, row: this.#newRow(table) };
      case 3:
      case 4:
      case 5:
        return { op: "update", table, where: this.#where(table), row: this.#changedRow(table) };
      case 6:
      case 7:
      case 8:
        return { op: "mutate", table, where: this.#oneRow(table), mutations: this.#mutations(table) };
      case 9:
        return { op: "delete", table, where: dice.below(8) === 0 ? this.#where(table) : this.#oneRow(table) };
      case 10:
        return { op: "select", table, where: this.#where(table), columns: this.#columns(table) };
      default:
        return this.#wait(table);
    }
  }

  #columns(table: Table): Json[] {
    return this.#dice.some(["_uuid", ...Object.keys(this.#values[table])], 1, 5);
  }

  #wait(table: Table): Json {
    const dice = this.#dice;
    const columns = this.#dice.some(Object.keys(this.#values[table]), 1, 2);
    const rows = dice.below(2) === 0 ? [] : [this.#changedRow(table)];
    return { op: "wait", table, where: this.#where(table), columns, until: dice.pick(["==", "!="]), rows, timeout: 0 };
  }

  #mutations(table: Table): Json[] {
    const dice = this.#dice;
    return Array.from({ length: 1 + dice.below(2) }, (): Json => {
      if (table === "Root" && dice.below(2) === 0) {
        const column = dice.pick(["num", "big", "real", "ratio", "ints", "need", "reals", "fixed"]);
        const mutator = dice.pick(["+=", "-=", "*=", "/=", "%="]);
        const real = column.startsWith("rea") || column === "ratio";
        // Multiplying by zero ends ovsdb-server 3.1.0, the smallest integer times 1 is too large for it, and -0 is another real than 0.
        const factor = mutator === "*=" || (real && mutator === "/=");
        const argument: Json = real
          ? dice.pick([0.5, 2, factor ? 4 : -3])
          : dice.pick(factor ? [2, 3, 10] : [1, 2, 3, -1, 10]);
        return [column, mutator, mutator === "/=" || mutator === "%=" ? dice.pick([argument, argument, 0]) : argument];
      }
      const { [table]: values } = this.#values;
      const column = dice.pick(Object.keys(values));
      const value = values[column]!(dice);
      if (dice.below(4) === 0 && Array.isArray(value) && value[0] === "map") {
        return [column, "delete", ["set", (value[1] as [Json, Json][]).map(([key]) => key)]];
      }
      return [column, dice.pick(["insert", "delete"]), value];
    });
  }

  #remark(): Json {
    const dice = this.#dice;
    switch (dice.below(7)) {
      case 0:
        return { op: "abort" };
      case 1:
        return { op: "assert", lock: "lock" };
      case 2:
        return { op: "commit", durable: dice.below(2) === 0 };
      default:
        return { op: "comment", comment: dice.pick(strings) };
    }
  }

  /** An operation with one thing wrong. */
  #wrong(table: Table): Json {
    const where = this.#oneRow(table);
    return this.#dice.pick<Json>([
      { op: "update", table, where, row: { nothing: 1 } },
      { op: "update", table: "None", where, row: {} },
      { op: "update", table, where },
      { op: "update", table, where, row: {}, more: 1 },
      { op: "update", table: "Root", where: [], row: { num: 61 } },
      { op: "update", table: "Root", where: [], row: { num: 1.5 } },
      { op: "update", table: "Root", where: [], row: { big: 2 ** 63 } },
      { op: "update", table: "Root", where: [], row: { name: "ten chars!" } },
      { op: "update", table: "Root", where: [], row: { text: "x" } },
      { op: "update", table: "Root", where: [], row: { ratio: -1.6 } },
      { op: "update", table: "Root", where: [], row: { mood: "so-so" } },
      { op: "update", table: "Root", where: [], row: { code: 1 } },
      { op: "update", table: "Root", where: [], row: { need: ["set", []] } },
      { op: "update", table: "Root", where: [], row: { need: ["set", [1, 2, 3, 4]] } },
      { op: "update", table: "Root", where: [], row: { ints: ["set", [1, 1]] } },
      {
        op: "update",
        table: "Root",
        where: [],
        row: {
          smap: [
            "map",
            [
              ["a", "b"],
              ["a", "c"],
            ],
          ],
        },
      },
      { op: "update", table: "Root", where: [], row: { kids: ["named-uuid", "nobody"] } },
      { op: "update", table, where: [], row: { _uuid: ["uuid", "00000000-0000-0000-0000-000000000001"] } },
      { op: "select", table, where: [["nothing", "==", 1]] },
      { op: "select", table, where: [["_uuid", "~", 1]] },
      { op: "select", table, where: [["_uuid", "<", ["uuid", "00000000-0000-0000-0000-000000000001"]]] },
      { op: "select", table: "Root", where: [["name", ">", "a"]] },
      { op: "select", table: "Root", where: 1 },
      { op: "mutate", table: "Root", where, mutations: [["name", "+=", 1]] },
      { op: "mutate", table: "Root", where, mutations: [["num", "+=", "a"]] },
      { op: "mutate", table: "Root", where, mutations: [["num", "insert", 1]] },
      { op: "mutate", table: "Root", where, mutations: [["real", "%=", 1]] },
      { op: "mutate", table: "Root", where, mutations: [["num"]] },
      { op: "insert", table, row: {}, uuid: "x" },
      { op: "insert", table, row: {}, "uuid-name": "1x" },
      { op: "nothing" },
      { op: 5 },
      {},
      [],
      5,
      { op: "wait", table, where, until: "<", rows: [], timeout: 0 },
      { op: "wait", table, where, until: "==", rows: [], timeout: -1 },
      { op: "comment" },
      { op: "commit", durable: 1 },
      { op: "assert", lock: "1x" },
    ]);
  }
}

/** The tables of a transaction's insertions, if all of it was done. */
export function insertedTables(operations: readonly Json[]): Table[] {
  return operations.flatMap((operation) => {
    const { op, table } = operation as { readonly op?: Json; readonly table?: Json };
    return op === "insert" ? [table as Table] : [];
  });
}

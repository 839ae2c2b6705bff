import type { Json } from "#util/json.js";

/** A small generator of pseudo-random numbers (mulberry32), so that a seed names a run. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 up to but without `n`. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Between `min` and `max` picks without repetition. */
  some<T>(list: readonly T[], min: number, max: number): T[] {
    const rest = [...list];
    const most = Math.min(max, list.length);
    return Array.from({ length: min + this.below(most - min + 1) }, () => rest.splice(this.below(rest.length), 1)[0]!);
  }
}

const strong = (table: string): Json => ({ type: "uuid", refTable: table });
const weak = (table: string): Json => ({ type: "uuid", refTable: table, refType: "weak" });

/** A schema with every kind of column and rule, small enough that random transactions meet each other. */
export const randomSchema: Json = {
  name: "Random",
  version: "1.0.0",
  tables: {
    Root: {
      columns: {
        name: { type: "string" },
        n: { type: "integer" },
        limited: { type: { key: { type: "integer", minInteger: 0, maxInteger: 6 }, min: 0 } },
        numbers: { type: { key: "integer", min: 0, max: 4 } },
        words: { type: { key: "string", value: "integer", min: 0, max: "unlimited" } },
        fixed: { type: "integer", mutable: false },
        passing: { type: "integer", ephemeral: true },
        kids: { type: { key: strong("Kid"), min: 0, max: "unlimited" } },
        heir: { type: { key: strong("Kid"), min: 0 } },
        byNumber: { type: { key: "integer", value: strong("Kid"), min: 0, max: "unlimited" } },
        friends: { type: { key: weak("Root"), min: 0, max: "unlimited" } },
        best: { type: { key: weak("Root"), min: 0 } },
        pets: { type: { key: "integer", value: weak("Root"), min: 0, max: 3 } },
      },
      isRoot: true,
      maxRows: 5,
      indexes: [["name"], ["n", "limited"]],
    },
    Kid: {
      columns: {
        name: { type: "string" },
        next: { type: { key: strong("Kid"), min: 0 } },
      },
      indexes: [["name"]],
    },
    Needy: {
      columns: {
        of: { type: { key: weak("Kid"), min: 1, max: 2 } },
        loose: { type: { key: weak("Root"), min: 0, max: "unlimited" } },
        x: { type: "integer" },
      },
      isRoot: true,
    },
  },
};

/**
 * The same with plain UUIDs for weak references. ovsdb-server 3.1.0 does not prune a weak reference in a row that the
 * transaction also touches otherwise, so it cannot be compared there.
 */
export const randomSchemaWithoutWeak: Json = JSON.parse(
  JSON.stringify(randomSchema).replace(/,"refTable":"\w+","refType":"weak"/g, ""),
) as Json;

const randomTables = ["Root", "Kid", "Needy"] as const;

const uuids = (table: string): string[] =>
  Array.from({ length: 8 }, (_, i) => `e6117e5f-0000-4000-8000-0000000000${randomTables.indexOf(table as "Root")}${i}`);

const columns: Readonly<Record<string, readonly string[]>> = {
  Root: "name n limited numbers words passing kids heir byNumber friends best pets".split(" "),
  Kid: ["name", "next"],
  Needy: ["of", "loose", "x"],
};

/** A few operations, valid and not, on tables of `randomSchema`. */
export function randomOperations(dice: Dice): Json[] {
  const operations = Array.from({ length: 1 + dice.below(3) }, () => randomOperation(dice));
  return dice.below(3) === 0 ? [...family(dice), ...operations.slice(1)] : operations;
}

/** A new row that something refers to from the beginning. */
function family(dice: Dice): Json[] {
  const kid = dice.pick(uuids("Kid"));
  const row = { [dice.pick(["kids", "heir"])]: ["uuid", kid] };
  const insert = { op: "insert", table: "Kid", uuid: kid, row: { name: randomValue(dice, "name") } };
  const where = [["_uuid", "==", uuid(dice, "Root")]];
  switch (dice.below(4)) {
    case 0:
      return [
        insert,
        { op: "insert", table: "Root", uuid: dice.pick(uuids("Root")), row: { ...row, n: dice.below(9) } },
      ];
    case 1:
      return [insert, { op: "mutate", table: "Root", where, mutations: [["kids", "insert", ["uuid", kid]]] }];
    case 2:
      return [insert, { op: "update", table: "Root", where: [], row: { ...row, friends: uuid(dice, "Root") } }];
    default:
      return [
        insert,
        { op: "update", table: "Root", where, row: { ...row, pets: ["map", [[1, uuid(dice, "Root")]]] } },
      ];
  }
}

function randomOperation(dice: Dice): Json {
  const table = dice.pick(["Root", "Root", "Root", "Kid", "Kid", "Needy"]);
  const where = randomWhere(dice, table);
  switch (dice.below(10)) {
    case 0:
    case 1:
    case 2:
      return { op: "insert", table, uuid: dice.pick(uuids(table)), row: randomRow(dice, table) };
    case 3:
    case 4:
    case 5:
      return { op: "update", table, where, row: randomRow(dice, table) };
    case 6:
    case 7:
      return { op: "mutate", table, where, mutations: [randomMutation(dice, table)] };
    case 8:
      // Mostly single rows, so that the database does not stay empty.
      return { op: "delete", table, where: dice.below(4) === 0 ? where : [["_uuid", "==", uuid(dice, table)]] };
    default:
      return { op: "select", table, where, columns: dice.some(columns[table]!, 1, 3) };
  }
}

function randomRow(dice: Dice, table: string): Json {
  return Object.fromEntries(dice.some(columns[table]!, 1, 3).map((column) => [column, randomValue(dice, column)]));
}

const uuid = (dice: Dice, table: string): Json => ["uuid", dice.pick(uuids(table))];
const uuidSet = (dice: Dice, table: string, max: number): Json => [
  "set",
  dice.some(uuids(table), 0, max).map((text) => ["uuid", text]),
];

function randomValue(dice: Dice, column: string): Json {
  const small = (): number => dice.below(8) - 1;
  switch (column) {
    case "name":
      return dice.pick([..."abcdefghijkl", ""]);
    case "limited":
      return dice.below(4) === 0 ? ["set", []] : small();
    case "numbers":
      return ["set", dice.some([0, 1, 2, 3, 4, 5], 0, 4)];
    case "words":
      return ["map", dice.some(["x", "y", "z"], 0, 3).map((key) => [key, small()])];
    case "kids":
      return dice.below(2) === 0 ? ["set", []] : uuidSet(dice, "Kid", 2);
    case "friends":
      return uuidSet(dice, "Root", 3);
    case "of":
      return uuidSet(dice, "Kid", 2);
    case "heir":
    case "next":
      return dice.below(2) === 0 ? ["set", []] : uuidSet(dice, "Kid", 1);
    case "byNumber":
      return dice.below(2) === 0 ? ["map", []] : ["map", [[dice.below(3), uuid(dice, "Kid")]]];
    case "pets":
      return ["map", dice.some([1, 2, 3], 0, 3).map((key) => [key, uuid(dice, "Root")])];
    case "loose":
      return uuidSet(dice, "Root", 2);
    case "best":
      return uuidSet(dice, "Root", 1);
    default:
      return small();
  }
}

function randomWhere(dice: Dice, table: string): Json[] {
  switch (dice.below(6)) {
    case 0:
      return dice.below(3) === 0 ? [] : [["_uuid", "==", uuid(dice, table)]];
    case 1:
    case 2:
      return [["_uuid", "==", uuid(dice, table)]];
    case 3: {
      const column = dice.pick(columns[table]!);
      return [[column, dice.pick(["==", "!=", "includes", "excludes"]), randomValue(dice, column)]];
    }
    case 4: {
      const column = table === "Root" ? dice.pick(["n", "limited", "passing"]) : "x";
      return [[table === "Kid" ? "name" : column, dice.pick(["<", "<=", ">", ">="]), dice.below(5)]];
    }
    default:
      return [["name", "==", dice.pick(["a", "b", "c"])]];
  }
}

function randomMutation(dice: Dice, table: string): Json {
  if (dice.below(3) === 0) {
    const column = dice.pick(["n", "limited", "numbers", "words", "fixed"]);
    const mutator = dice.pick(["+=", "-=", "*=", "/=", "%="]);
    // Multiplying by zero ends ovsdb-server 3.1.0.
    return [column, mutator, mutator === "*=" ? 1 + dice.below(3) : dice.below(4)];
  }
  const column = dice.pick(columns[table]!);
  return [column, dice.pick(["insert", "delete"]), randomValue(dice, column)];
}

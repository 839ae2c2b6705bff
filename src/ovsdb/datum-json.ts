import type { Json } from "#util/json.js";
import { type Atom, type AtomicType, compareAtoms, isId, normalInteger, parseUuid, type Uuid } from "./atom.js";
import { type BaseType, checkAtom } from "./base-type.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import type { Datum } from "./datum.js";
import { OvsdbError, syntaxError } from "./error.js";
import type { SymbolTable } from "./symbols.js";

/** Replaces a UUID in JSON, such as by `["named-uuid", …]` for a row that the same transaction inserts. */
export type UuidWriter = (uuid: Uuid) => Json;

const plainUuid: UuidWriter = (uuid) => ["uuid", uuid];

/** Reads an atom (RFC 7047 section 5.1 `<atom>`) and checks its constraints. Without `symbols`, names are not taken. */
function atomFromJson(base: BaseType, json: Json, symbols?: SymbolTable): Atom {
  const atom = readAtom(base, json, symbols);
  checkAtom(base, atom);
  return atom;
}

function readAtom(base: BaseType, json: Json, symbols: SymbolTable | undefined): Atom {
  switch (base.type) {
    case "boolean":
    case "string":
      if (typeof json === base.type) return json as Atom;
      break;
    case "real":
      if (typeof json === "number" || typeof json === "bigint") return Number(json) + 0;
      break;
    case "integer": {
      const integer = integerFromJson(json);
      if (integer !== undefined) return integer;
      break;
    }
    case "uuid":
      return uuidFromJson(base, json, symbols);
  }
  throw syntaxError(`expected ${base.type}`, json);
}

/** A JSON number that is an integer of 64 bits, in its one representation. */
export function integerFromJson(json: Json): number | bigint | undefined {
  if (typeof json === "bigint") return normalInteger(json);
  if (typeof json !== "number" || !Number.isInteger(json)) return undefined;
  // The smallest one comes as bigint; a number of that value stands for what is smaller still.
  if (json === -(2 ** 63)) return undefined;
  return Number.isSafeInteger(json) ? json + 0 : normalInteger(BigInt(json));
}

function uuidFromJson(base: BaseType, json: Json, symbols: SymbolTable | undefined): Uuid {
  const [kind, text] = Array.isArray(json) && json.length === 2 ? (json as readonly Json[]) : [];
  if (typeof text === "string") {
    if (kind === "uuid") {
      const uuid = parseUuid(text);
      if (uuid === undefined) throw syntaxError(`"${text}" is not a valid UUID`, json);
      return uuid;
    }
    if (kind === "named-uuid" && symbols) {
      if (!isId(text)) throw syntaxError("named-uuid string is not a valid <id>", json);
      const symbol = symbols.get(text);
      if (base.refTable !== undefined && base.refType === "weak") symbol.weakRef = true;
      else symbol.strongRef = true;
      return symbol.uuid;
    }
  }
  throw syntaxError('expected ["uuid", <string>]', json);
}

/** Writes an atom as JSON (RFC 7047 section 5.1 `<atom>`). */
export function atomToJson(type: AtomicType, atom: Atom, writeUuid: UuidWriter = plainUuid): Json {
  if (type === "uuid") return writeUuid(atom as Uuid);
  return type === "real" ? fifteenDigits(atom as number) : atom;
}

/**
 * A real as upstream tells it. Where it is an integer its text would have all digits, as those of integer columns do, so the
 * number itself is rounded; others are when they are written.
 */
function fifteenDigits(real: number): number {
  return Number.isSafeInteger(real) && Math.abs(real) >= 1e15 ? Number(real.toPrecision(15)) : real;
}

/** Reads a `<value>` of RFC 7047 section 5.1 for a column of `type`; checks types, constraints, count and duplicates. */
export function datumFromJson(type: ColumnType, json: Json, symbols?: SymbolTable): Datum {
  if (type.value) return mapFromJson(type, type.value, json, symbols);
  if (!Array.isArray(json) || json[0] !== "set") {
    return { keys: [atomFromJson(type.key, json, symbols)], values: undefined };
  }
  const keys = elements("set", type, json).map((element) => atomFromJson(type.key, element, symbols));
  keys.sort(compareAtoms);
  if (keys.some((key, i) => i > 0 && key === keys[i - 1]))
    throw new OvsdbError("ovsdb error", "set contains duplicate");
  return { keys, values: undefined };
}

function mapFromJson(type: ColumnType, value: BaseType, json: Json, symbols: SymbolTable | undefined): Datum {
  const pairs = elements("map", type, json).map((pair): [Atom, Atom] => {
    if (!Array.isArray(pair) || pair.length !== 2) throw syntaxError("expected 2-element array", pair);
    return [atomFromJson(type.key, pair[0], symbols), atomFromJson(value, pair[1], symbols)];
  });
  pairs.sort((a, b) => compareAtoms(a[0], b[0]));
  if (pairs.some((pair, i) => i > 0 && pair[0] === pairs[i - 1]![0])) {
    throw new OvsdbError("ovsdb error", "map contains duplicate key");
  }
  return { keys: pairs.map((pair) => pair[0]), values: pairs.map((pair) => pair[1]) };
}

/** The elements of `["set", […]]` or `["map", […]]`, after a look at how many there are. */
function elements(kind: "set" | "map", type: ColumnType, json: Json): readonly Json[] {
  const list = Array.isArray(json) && json.length === 2 && json[0] === kind ? (json[1] as Json) : undefined;
  if (!Array.isArray(list)) throw syntaxError(`expected ["${kind}", <array>]`, json);
  const n = list.length;
  if (n < type.min || n > type.max) {
    const range = type.min === 1 && type.max === 1 ? "exactly one member" : `${type.min} to ${type.max} members`;
    throw syntaxError(`${kind} must have ${range} but ${n} are present`, json);
  }
  return list;
}

type AtomWriter = (type: AtomicType, atom: Atom) => Json;

/** Writes a datum as JSON: a set of one as the bare atom, as upstream does. */
export function datumToJson(type: ColumnType, datum: Datum, writeUuid: UuidWriter = plainUuid): Json {
  return writeDatum(type, datum, (atomType, atom) => atomToJson(atomType, atom, writeUuid));
}

/** As `datumToJson`, for what is kept: reals in full. */
export function datumToExactJson(type: ColumnType, datum: Datum): Json {
  return writeDatum(type, datum, exactAtom);
}

const exactAtom: AtomWriter = (type, atom) => (type === "uuid" ? plainUuid(atom as Uuid) : atom);

function writeDatum({ key, value }: ColumnType, { keys, values }: Datum, write: AtomWriter): Json {
  if (value) return ["map", keys.map((k, i): Json => [write(key.type, k), write(value.type, values![i]!)])];
  if (keys.length === 1) return write(key.type, keys[0]!);
  return ["set", keys.map((atom) => write(key.type, atom))];
}

/** `type` with its number of elements left open: for the arguments of `excludes`, `delete` and differences. */
export function anyCount(type: ColumnType): ColumnType {
  return { ...type, min: 0, max: UNLIMITED };
}

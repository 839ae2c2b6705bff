import type { Json } from "#util/json.js";
import { type Atom, compareAtoms, normalInteger } from "./atom.js";
import { type ColumnType, checkAtoms, describeType, isScalar } from "./column-type.js";
import { operatorMismatch, unknownColumn } from "./condition.js";
import { type Datum, difference, union, withoutKeys } from "./datum.js";
import { anyCount, datumFromJson } from "./datum-json.js";
import { constraintViolation, OvsdbError, syntaxError } from "./error.js";
import type { ColumnSchema, TableSchema } from "./schema.js";
import type { SymbolTable } from "./symbols.js";

type Mutator = "+=" | "-=" | "*=" | "/=" | "%=" | "insert" | "delete";

/** A change of one column (RFC 7047 section 5.1 `<mutation>`). */
export interface Mutation {
  readonly column: ColumnSchema;
  readonly mutator: Mutator;
  readonly argument: Datum;
}

const MUTATORS: readonly string[] = ["+=", "-=", "*=", "/=", "%=", "insert", "delete"];

/** Reads an array of mutations. Throws `OvsdbError`. */
export function mutationsFromJson(table: TableSchema, json: readonly Json[], symbols?: SymbolTable): Mutation[] {
  return json.map((mutation) => mutationFromJson(table, mutation, symbols));
}

function mutationFromJson(table: TableSchema, json: Json, symbols: SymbolTable | undefined): Mutation {
  const [name, mutator, argument] = Array.isArray(json) && json.length === 3 ? (json as readonly Json[]) : [];
  if (typeof name !== "string" || typeof mutator !== "string") throw syntaxError("Parse error in mutation.", json);
  const column = table.columns.get(name);
  if (!column) throw unknownColumn(name, table, json);
  if (!column.mutable) {
    const { syntax } = syntaxError("", json);
    const details = `Cannot mutate immutable column ${name} in table ${table.name}.`;
    throw new OvsdbError("constraint violation", details, syntax);
  }
  if (!MUTATORS.includes(mutator)) throw new OvsdbError("unknown mutator", `No mutator named ${mutator}.`);
  const typed = mutator as Mutator;
  return { column, mutator: typed, argument: readArgument(column, typed, argument!, json, symbols) };
}

function readArgument(
  column: ColumnSchema,
  mutator: Mutator,
  argument: Json,
  json: Json,
  symbols: SymbolTable | undefined,
): Datum {
  const { type } = column;
  if (mutator === "insert" || mutator === "delete") {
    if (isScalar(type)) throw operatorMismatch(mutator, column, json);
    if (mutator === "insert") return datumFromJson({ ...type, min: 0 }, argument, symbols);
    return readDeleted(anyCount(type), argument, symbols);
  }
  const numeric = type.key.type === "integer" || (type.key.type === "real" && mutator !== "%=");
  if (!numeric || type.value) throw operatorMismatch(mutator, column, json);
  return datumFromJson({ key: { type: type.key.type }, min: 1, max: 1 }, argument, symbols);
}

/** What to delete from a map may be whole pairs or only keys; the second reading's error is the one to tell. */
function readDeleted(type: ColumnType, argument: Json, symbols: SymbolTable | undefined): Datum {
  if (type.value) {
    try {
      return datumFromJson(type, argument, symbols);
    } catch (error) {
      if (!(error instanceof OvsdbError)) throw error;
    }
  }
  return datumFromJson({ key: type.key, min: type.min, max: type.max }, argument, symbols);
}

/** The column's datum after a mutation. Throws "domain error", "range error" or "constraint violation". */
export function mutate(datum: Datum, { column, mutator, argument }: Mutation): Datum {
  const { type } = column;
  if (mutator === "insert") return checkCount(type, union(datum, argument));
  if (mutator === "delete") {
    const byKey = type.value !== undefined && argument.values === undefined;
    return checkCount(type, byKey ? withoutKeys(datum, argument) : difference(datum, argument));
  }
  const operand = argument.keys[0]!;
  const keys =
    type.key.type === "integer"
      ? datum.keys.map((key) => integerResult(mutator, key as number | bigint, operand as number | bigint))
      : datum.keys.map((key) => realResult(mutator, key as number, operand as number));
  keys.sort(compareAtoms);
  if (keys.some((key, i) => i > 0 && key === keys[i - 1])) {
    throw constraintViolation(`Result of "${mutator}" operation contains duplicates.`);
  }
  const result: Datum = { keys, values: undefined };
  checkAtoms(type, result);
  return result;
}

function checkCount(type: ColumnType, datum: Datum): Datum {
  const n = datum.keys.length;
  if (n >= type.min && n <= type.max) return datum;
  throw constraintViolation(`Attempted to store ${n} elements in ${describeType(type)}.`);
}

function outOfRange(mutator: Mutator): OvsdbError {
  return new OvsdbError("range error", `Result of "${mutator}" operation is out of range.`);
}

function divisionByZero(): OvsdbError {
  return new OvsdbError("domain error", "Division by zero.");
}

function integerResult(mutator: Mutator, a: number | bigint, b: number | bigint): Atom {
  const x = BigInt(a);
  const y = BigInt(b);
  const result = normalInteger(integerArithmetic(mutator, x, y));
  if (result === undefined) throw outOfRange(mutator);
  return result;
}

function integerArithmetic(mutator: Mutator, x: bigint, y: bigint): bigint {
  switch (mutator) {
    case "+=":
      return x + y;
    case "-=":
      return x - y;
    case "*=":
      return x * y;
    default:
      if (y === 0n) throw divisionByZero();
      // In 64 bits the quotient does not fit, so that upstream has no remainder either.
      if (y === -1n && normalInteger(-x) === undefined) throw outOfRange(mutator);
      return mutator === "/=" ? x / y : x % y;
  }
}

function realResult(mutator: Mutator, x: number, y: number): number {
  if (mutator === "/=" && y === 0) throw divisionByZero();
  const result = mutator === "+=" ? x + y : mutator === "-=" ? x - y : mutator === "*=" ? x * y : x / y;
  if (!Number.isFinite(result)) throw outOfRange(mutator);
  return result + 0;
}

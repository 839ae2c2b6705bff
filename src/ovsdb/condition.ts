import type { Json } from "#util/json.js";
import { type Atom, compareAtoms } from "./atom.js";
import { type ColumnType, describeType, isOptionalScalar, isScalar } from "./column-type.js";
import { type Datum, equalDatums, excludesAll, includesAll } from "./datum.js";
import { anyCount, datumFromJson } from "./datum-json.js";
import { OvsdbError, syntaxError } from "./error.js";
import type { ColumnSchema, TableSchema } from "./schema.js";
import type { SymbolTable } from "./symbols.js";

type ConditionFunction = "<" | "<=" | "==" | "!=" | ">=" | ">" | "includes" | "excludes";

/** One test of one column (RFC 7047 section 5.1 `<condition>`), or a fixed answer (ovsdb-server(7)). */
export type Clause =
  | boolean
  | { readonly column: ColumnSchema; readonly fn: ConditionFunction; readonly argument: Datum };

const FUNCTIONS: readonly string[] = ["<", "<=", "==", "!=", ">=", ">", "includes", "excludes"];

/** Reads an array of clauses. Throws `OvsdbError`. */
export function conditionFromJson(table: TableSchema, json: readonly Json[], symbols?: SymbolTable): Clause[] {
  return json.map((clause) => clauseFromJson(table, clause, symbols));
}

function clauseFromJson(table: TableSchema, json: Json, symbols: SymbolTable | undefined): Clause {
  if (typeof json === "boolean") return json;
  const [name, fn, argument] = Array.isArray(json) && json.length === 3 ? (json as readonly Json[]) : [];
  if (typeof name !== "string" || typeof fn !== "string") throw syntaxError("Parse error in condition.", json);
  const column = table.columns.get(name);
  if (!column) throw unknownColumn(name, table, json);
  if (!FUNCTIONS.includes(fn)) throw new OvsdbError("unknown function", `No function named ${fn}.`);
  const type = argumentType(column, fn as ConditionFunction, json);
  return { column, fn: fn as ConditionFunction, argument: datumFromJson(type, argument!, symbols) };
}

/** "No column … in table …", with the JSON that named it. */
export function unknownColumn(name: string, table: TableSchema, json: Json): OvsdbError {
  const { syntax } = syntaxError("", json);
  return new OvsdbError("unknown column", `No column ${name} in table ${table.name}.`, syntax);
}

/** "Type mismatch: …", for an operator that does not go with its column. */
export function operatorMismatch(operator: string, column: ColumnSchema, json: Json): OvsdbError {
  const what = `column ${column.name} of type ${describeType(column.type)}`;
  return syntaxError(`Type mismatch: "${operator}" operator may not be applied to ${what}.`, json);
}

function argumentType(column: ColumnSchema, fn: ConditionFunction, json: Json): ColumnType {
  const { type } = column;
  switch (fn) {
    case "==":
    case "!=":
      return type;
    case "includes":
      return isScalar(type) ? type : { ...type, min: 0 };
    case "excludes":
      return isScalar(type) ? type : anyCount(type);
    default: {
      const number = type.key.type === "integer" || type.key.type === "real";
      if (!number || !(isScalar(type) || isOptionalScalar(type))) throw operatorMismatch(fn, column, json);
      return { ...type, min: 1 };
    }
  }
}

/** Whether a row's data meets a clause. */
function meets(data: readonly Datum[], clause: Clause): boolean {
  if (typeof clause === "boolean") return clause;
  const datum = data[clause.column.index]!;
  switch (clause.fn) {
    case "==":
      return equalDatums(datum, clause.argument);
    case "!=":
      return !equalDatums(datum, clause.argument);
    case "includes":
      return includesAll(datum, clause.argument);
    case "excludes":
      return excludesAll(datum, clause.argument);
    default:
      return datum.keys.length === 1 && relation(clause.fn, datum.keys[0]!, clause.argument.keys[0]!);
  }
}

function relation(fn: ConditionFunction, a: Atom, b: Atom): boolean {
  const order = compareAtoms(a, b);
  switch (fn) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    default:
      return order > 0;
  }
}

/** Whether a row's data meets every clause, as `where` asks for. */
export function meetsAll(data: readonly Datum[], condition: readonly Clause[]): boolean {
  return condition.every((clause) => meets(data, clause));
}

/** Whether a row's data meets some clause, as conditional monitors ask for; no clauses at all accept every row. */
export function meetsAny(data: readonly Datum[], condition: readonly Clause[]): boolean {
  return condition.length === 0 || condition.some((clause) => meets(data, clause));
}

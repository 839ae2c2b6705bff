import type { Atom } from "#ovsdb/atom.js";
import { type ColumnType, UNLIMITED } from "#ovsdb/column-type.js";
import type { Datum } from "#ovsdb/datum.js";
import { type NameResolver, parseAtom, parseDatum } from "#ovsdb/parse-text.js";
import type { ColumnSchema, TableSchema } from "#ovsdb/schema.js";
import { tokenEnd } from "#ovsdb/token.js";
import { UserError } from "#util/errors.js";
import { findColumn, findColumnOrUuid } from "./schema.js";

/** An argument of the form `COLUMN[:KEY][OPERATOR VALUE]`, taken apart but for its values. */
export interface ColumnArgument {
  readonly column: ColumnSchema;
  readonly key: string | undefined;
  readonly operator: string | undefined;
  readonly value: string | undefined;
}

/** All operators of conditions, in the order in which messages list them. */
export const relations = [
  "=",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "{=}",
  "{!=}",
  "{<}",
  "{>}",
  "{<=}",
  "{>=}",
  "{in}",
  "{not-in}",
] as const;
export type Relation = (typeof relations)[number];

/** Reads `COLUMN[:KEY]`, nothing may follow. `_uuid` is a column here. */
export function parseColumnKey(table: TableSchema, text: string): ColumnArgument {
  const { column, key, rest } = splitColumn(text, (word) => findColumnOrUuid(table, word));
  if (rest !== "") throw new UserError(`${text}: trailing garbage "${rest}" in argument`);
  return { column, key, operator: undefined, value: undefined };
}

/** Reads `COLUMN[:KEY]OPERATOR VALUE` with one of the operators, of which the longest that fits counts. */
export function parseColumnValue(
  table: TableSchema,
  text: string,
  operators: readonly string[] = ["="],
): ColumnArgument {
  const { column, key, rest } = splitColumn(text, (word) => findColumn(table, word));
  const operator = operators
    .filter((op) => rest.startsWith(op))
    .reduce<string | undefined>((best, op) => (best !== undefined && best.length >= op.length ? best : op), undefined);
  const value = operator === undefined ? "" : rest.slice(operator.length);
  if (value === "") {
    throw new UserError(`${text}: argument does not end in ${listOperators(operators)} followed by a value.`);
  }
  return { column, key, operator, value };
}

function splitColumn(text: string, find: (word: string) => ColumnSchema) {
  const nameEnd = tokenEnd(text, 0);
  if (nameEnd === 0) throw new UserError(`${text}: missing column name`);
  const column = find(text.slice(0, nameEnd));
  if (text[nameEnd] !== ":") return { column, key: undefined, rest: text.slice(nameEnd) };
  const keyEnd = tokenEnd(text, nameEnd + 1);
  return { column, key: text.slice(nameEnd + 1, keyEnd), rest: text.slice(keyEnd) };
}

function listOperators(operators: readonly string[]): string {
  const quoted = operators.map((op) => `"${op}"`);
  if (quoted.length < 3) return quoted.join(" or ");
  return `${quoted.slice(0, -1).join(", ")}, or ${quoted.at(-1)}`;
}

/** Reads the key of `COLUMN:KEY`; `verb` completes "cannot specify key to …" for columns that are no maps. */
export function parseKey(argument: ColumnArgument, verb: string, resolve?: NameResolver): Atom {
  const { type, name } = argument.column;
  if (type.value === undefined) throw new UserError(`cannot specify key to ${verb} for non-map column ${name}`);
  return parseAtom(type.key, argument.key ?? "", resolve);
}

/** The type of one value of a map, as a set of any number of them: what conditions on `COLUMN:KEY` compare. */
export function valueSetType(type: ColumnType): ColumnType {
  return { key: type.value ?? type.key, min: 0, max: UNLIMITED };
}

/** The value that `COLUMN=VALUE` or `COLUMN:KEY=VALUE` assigns: the whole column's, or one pair. */
export function parseAssignment(argument: ColumnArgument, resolve: NameResolver): Datum {
  const { type } = argument.column;
  const value = argument.value ?? "";
  if (argument.key === undefined) return parseDatum(type, value, resolve);
  const key = parseKey(argument, "set", resolve);
  return { keys: [key], values: [parseAtom(type.value ?? type.key, value, resolve)] };
}

/** The column at the beginning of an argument, whatever follows it. */
export function leadingColumn(table: TableSchema, text: string): ColumnSchema {
  return splitColumn(text, (word) => findColumnOrUuid(table, word)).column;
}

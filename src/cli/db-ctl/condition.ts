import { compareDatums, type Datum, EMPTY_SET, equalDatums, excludesAll, includesAll, valueAt } from "#ovsdb/datum.js";
import { type NameResolver, parseDatum } from "#ovsdb/parse-text.js";
import type { TableSchema } from "#ovsdb/schema.js";
import { parseColumnValue, parseKey, type Relation, relations, valueSetType } from "./column-argument.js";
import type { CtlRow } from "./row.js";

/** A condition of `find` and `wait-until` on one column. */
export interface Condition {
  readonly column: string;
  holds(row: CtlRow): boolean;
}

/** How each operator compares a row's value with the given one. */
const tests: Readonly<Record<Relation, (value: Datum, given: Datum) => boolean>> = {
  "=": equalDatums,
  "!=": (value, given) => !equalDatums(value, given),
  "<": (value, given) => compareDatums(value, given) < 0,
  ">": (value, given) => compareDatums(value, given) > 0,
  "<=": (value, given) => compareDatums(value, given) <= 0,
  ">=": (value, given) => compareDatums(value, given) >= 0,
  "{=}": equalDatums,
  "{!=}": (value, given) => !equalDatums(value, given),
  "{<}": (value, given) => value.keys.length < given.keys.length && includesAll(given, value),
  "{>}": (value, given) => value.keys.length > given.keys.length && includesAll(value, given),
  "{<=}": (value, given) => includesAll(given, value),
  "{>=}": (value, given) => includesAll(value, given),
  "{in}": (value, given) => includesAll(given, value),
  "{not-in}": (value, given) => excludesAll(given, value),
};

/** Reads a condition. Throws `UserError`. */
export function parseCondition(table: TableSchema, text: string, resolve: NameResolver): Condition {
  const argument = parseColumnValue(table, text, relations);
  const { name, type } = argument.column;
  const relation = argument.operator as Relation;
  const test = tests[relation];
  if (argument.key === undefined) {
    const given = parseDatum(type, argument.value ?? "", resolve);
    return { column: name, holds: (row) => test(row.get(name), given) };
  }
  const key = parseKey(argument, "check", resolve);
  const given = parseDatum(valueSetType(type), argument.value ?? "", resolve);
  return {
    column: name,
    holds(row) {
      const value = valueAt(row.get(name), key);
      // The set operators take a missing key for an empty set, the others pass the row over.
      if (value === undefined) return relation.startsWith("{") && test(EMPTY_SET, given);
      return test({ keys: [value], values: undefined }, given);
    },
  };
}

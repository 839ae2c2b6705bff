import type { Atom, Uuid } from "./atom.js";
import { isStrongRef, isWeakRef } from "./base-type.js";
import type { Row } from "./row.js";
import type { ColumnSchema, TableSchema } from "./schema.js";

/** One place in a table's rows that names rows: a column's keys or its values. */
export interface ReferencePart {
  readonly column: ColumnSchema;
  readonly part: "keys" | "values";
  readonly target: string;
}

interface References {
  readonly strong: readonly ReferencePart[];
  readonly weak: readonly ReferencePart[];
}

const cache = new WeakMap<TableSchema, References>();

/** The reference columns of a table. */
export function referencesOf(table: TableSchema): References {
  let found = cache.get(table);
  if (!found) {
    const strong: ReferencePart[] = [];
    const weak: ReferencePart[] = [];
    for (const column of table.columnList) {
      const { key, value } = column.type;
      if (isStrongRef(key)) strong.push({ column, part: "keys", target: key.refTable! });
      if (isWeakRef(key)) weak.push({ column, part: "keys", target: key.refTable! });
      if (isStrongRef(value)) strong.push({ column, part: "values", target: value!.refTable! });
      if (isWeakRef(value)) weak.push({ column, part: "values", target: value!.refTable! });
    }
    found = { strong, weak };
    cache.set(table, found);
  }
  return found;
}

/** The UUIDs a row holds in one place. */
export function namedIn(row: Row, { column, part }: ReferencePart): readonly Uuid[] {
  return (row.data[column.index]![part] ?? ([] as readonly Atom[])) as readonly Uuid[];
}

/** Visits each strong reference of a row to another row. */
export function eachStrongRef(
  table: TableSchema,
  row: Row,
  visit: (target: string, uuid: Uuid, column: ColumnSchema) => void,
): void {
  for (const reference of referencesOf(table).strong) {
    for (const uuid of namedIn(row, reference)) {
      // A row does not keep itself alive.
      if (uuid !== row.uuid || reference.target !== table.name) visit(reference.target, uuid, reference.column);
    }
  }
}

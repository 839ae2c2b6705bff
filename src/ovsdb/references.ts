import { type Atom, compareAtoms, type Uuid } from "./atom.js";
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

/**
 * Visits each strong reference to another row that a change takes away (`by` is −1) or brings (1). Costs nothing for columns
 * that did not change, and little for sets that changed little.
 */
export function eachStrongRefChange(
  table: TableSchema,
  before: Row | undefined,
  after: Row | undefined,
  visit: (target: string, uuid: Uuid, by: 1 | -1, column: ColumnSchema) => void,
): void {
  const self = (before ?? after)?.uuid;
  for (const reference of referencesOf(table).strong) {
    const { column, part, target } = reference;
    if (before?.data[column.index] === after?.data[column.index]) continue;
    const gone = before ? namedIn(before, reference) : [];
    const come = after ? namedIn(after, reference) : [];
    const tell = (uuid: Uuid, by: 1 | -1): void => {
      if (uuid !== self || target !== table.name) visit(target, uuid, by, column);
    };
    if (part === "keys") walkChanges(gone, come, tell);
    else {
      for (const uuid of gone) tell(uuid, -1);
      for (const uuid of come) tell(uuid, 1);
    }
  }
}

/** Visits what only one of two sorted lists has. */
function walkChanges(gone: readonly Uuid[], come: readonly Uuid[], tell: (uuid: Uuid, by: 1 | -1) => void): void {
  let i = 0;
  let j = 0;
  while (i < gone.length && j < come.length) {
    const order = compareAtoms(gone[i]!, come[j]!);
    if (order < 0) tell(gone[i]!, -1);
    if (order > 0) tell(come[j]!, 1);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  for (; i < gone.length; i++) tell(gone[i]!, -1);
  for (; j < come.length; j++) tell(come[j]!, 1);
}

/** Whether two versions of a row hold the very same weak references. */
export function sameWeakRefs(table: TableSchema, before: Row | undefined, after: Row | undefined): boolean {
  return referencesOf(table).weak.every(({ column: { index } }) => before?.data[index] === after?.data[index]);
}

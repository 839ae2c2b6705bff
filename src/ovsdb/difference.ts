import type { ColumnType } from "./column-type.js";
import { applyDifference, type Datum, symmetricDifference } from "./datum.js";
import { anyCount } from "./datum-json.js";

/**
 * What `update2` notifications and the log say of a changed column (ovsdb-server(7) section 4.1.14): the new value where a
 * column holds at most one element, else the elements that only one of the two has.
 */
export function columnDifference(type: ColumnType, before: Datum, after: Datum): Datum {
  return type.max === 1 ? after : symmetricDifference(before, after);
}

/** Undoes `columnDifference`. */
export function applyColumnDifference(type: ColumnType, before: Datum, change: Datum): Datum {
  return type.max === 1 ? change : applyDifference(before, change);
}

/** The type by which a difference is read: of any size where it is one of elements. */
export function differenceType(type: ColumnType): ColumnType {
  return type.max === 1 ? type : anyCount(type);
}

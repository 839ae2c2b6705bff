import type { ColumnType } from "./column-type.js";
import { applyDifference, type Datum, symmetricDifference } from "./datum.js";
import { anyCount } from "./datum-json.js";
import { OvsdbError } from "./error.js";

/**
 * What `update2` notifications and the log say of a changed column (ovsdb-server(7) section 4.1.14): the new value where a
 * column holds at most one element, else the elements that only one of the two has.
 */
export function columnDifference(type: ColumnType, before: Datum, after: Datum): Datum {
  return type.max === 1 ? after : symmetricDifference(before, after);
}

/** Undoes `columnDifference`. Throws `OvsdbError`, in upstream's spelling, where more or fewer elements come of it than may be. */
export function applyColumnDifference(type: ColumnType, before: Datum, change: Datum): Datum {
  if (type.max === 1) return change;
  const after = applyDifference(before, change);
  const size = after.keys.length;
  if (size < type.min || size > type.max) {
    throw new OvsdbError("ovsdb error", "Datum crated by diff has size error");
  }
  return after;
}

/** The type by which a difference is read: of any size where it is one of elements. */
export function differenceType(type: ColumnType): ColumnType {
  return type.max === 1 ? type : anyCount(type);
}

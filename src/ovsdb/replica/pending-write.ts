import type { Json } from "#util/json.js";
import type { ColumnType } from "../column-type.js";
import { type Datum, difference, EMPTY_SET, union, withoutKeys } from "../datum.js";
import { anyCount, datumToJson, type UuidWriter } from "../datum-json.js";

/** What a transaction does to one column of a row that exists. */
export type ColumnWrite =
  | { readonly kind: "set"; readonly value: Datum }
  /** Elements or pairs to be put in, and elements or keys to be taken out, whatever else is there. */
  | { readonly kind: "change"; readonly added: Datum; readonly removed: Datum };

/** `write` and then elements (or pairs, replacing those with the same keys) put in. */
export function adding(type: ColumnType, write: ColumnWrite | undefined, more: Datum): ColumnWrite {
  if (write?.kind === "set") return { kind: "set", value: union(more, write.value) };
  const { added, removed } = write ?? { added: emptyOf(type), removed: EMPTY_SET };
  return { kind: "change", added: union(more, added), removed: withoutKeys(removed, more) };
}

/** `write` and then elements, or pairs with keys, taken out. */
export function removing(type: ColumnType, write: ColumnWrite | undefined, keys: Datum): ColumnWrite {
  if (write?.kind === "set") return { kind: "set", value: withoutKeys(write.value, keys) };
  const { added, removed } = write ?? { added: emptyOf(type), removed: EMPTY_SET };
  return { kind: "change", added: withoutKeys(added, keys), removed: union(keys, removed) };
}

/** What a column has after a write. */
export function written(write: ColumnWrite, before: Datum): Datum {
  if (write.kind === "set") return write.value;
  return union(write.added, withoutKeys(before, write.removed));
}

/** The mutations (RFC 7047, 5.1) of a partial change. */
export function mutationsOf(
  name: string,
  type: ColumnType,
  { added, removed }: { readonly added: Datum; readonly removed: Datum },
  writeUuid: UuidWriter,
): Json[] {
  const mutations: Json[] = [];
  // Inserting a pair leaves one with the same key alone, so that one goes first.
  const gone = type.value ? union(removed, { keys: added.keys, values: undefined }) : difference(removed, added);
  const keyType = anyCount({ key: type.key, min: 0, max: 1 });
  if (gone.keys.length > 0) mutations.push([name, "delete", setToJson(keyType, gone, writeUuid)]);
  if (added.keys.length > 0) {
    const json = type.value ? datumToJson(anyCount(type), added, writeUuid) : setToJson(keyType, added, writeUuid);
    mutations.push([name, "insert", json]);
  }
  return mutations;
}

/** Always in the form of a set, since a lone key would be read as a pair's. */
function setToJson(type: ColumnType, keys: Datum, writeUuid: UuidWriter): Json {
  return ["set", keys.keys.map((key) => datumToJson(type, { keys: [key], values: undefined }, writeUuid))];
}

function emptyOf(type: ColumnType): Datum {
  return { keys: [], values: type.value && [] };
}

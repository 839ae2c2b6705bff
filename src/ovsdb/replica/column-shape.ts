import type { Json } from "#util/json.js";
import type { ColumnDeclaration } from "../declaration.js";

/** How a column's values look to a program: one value, one or none, a set, or a map. Follows from the column's type. */
export type ColumnShape = "scalar" | "optional" | "set" | "map";

/** A value as a program has it. UUIDs are strings. */
export type ReplicaValue = ReplicaAtom | undefined | readonly ReplicaAtom[] | ReadonlyMap<ReplicaAtom, ReplicaAtom>;
type ReplicaAtom = string | number | bigint | boolean;

/** The shape of a declared column. */
export function shapeOf(column: ColumnDeclaration): ColumnShape {
  if ("one" in column) return "scalar";
  if ("optional" in column) return "optional";
  return "set" in column ? "set" : "map";
}

/** A plain value in OVSDB's JSON notation: `undefined` is the empty set, an array a set, a map a map. */
export function writeValue(value: ReplicaValue): Json {
  if (value === undefined) return ["set", []];
  if (value instanceof Map) return ["map", [...value]];
  if (Array.isArray(value)) return ["set", [...value]];
  return value as Json;
}

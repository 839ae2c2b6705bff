import { WireError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import type { ColumnDeclaration } from "../declaration.js";

/** How a column's values look to a program: one value, one or none, a set, or a map. Follows from the column's type. */
export type ColumnShape = "scalar" | "optional" | "set" | "map";

/** A value as a replica gives it. UUIDs are strings. */
export type ReplicaValue =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | readonly ReplicaAtom[]
  | ReadonlyMap<ReplicaAtom, ReplicaAtom>;
type ReplicaAtom = string | number | bigint | boolean;

function atom(json: Json): ReplicaAtom {
  if (Array.isArray(json) && json.length === 2 && json[0] === "uuid" && typeof json[1] === "string") return json[1];
  if (json === null || typeof json === "object") throw new WireError("not an OVSDB atom");
  return json as ReplicaAtom;
}

function elements(json: Json): readonly Json[] {
  if (Array.isArray(json) && json[0] === "set" && Array.isArray(json[1])) return json[1];
  return [json];
}

/** The shape of a declared column. */
export function shapeOf(column: ColumnDeclaration): ColumnShape {
  if ("one" in column) return "scalar";
  if ("optional" in column) return "optional";
  return "set" in column ? "set" : "map";
}

/** Reads a value in OVSDB's JSON notation (RFC 7047, 5.1). Throws `WireError` where it does not fit the shape. */
export function readValue(shape: ColumnShape, json: Json): ReplicaValue {
  switch (shape) {
    case "map": {
      if (!Array.isArray(json) || json[0] !== "map" || !Array.isArray(json[1])) throw new WireError("not an OVSDB map");
      return new Map(
        json[1].map((pair) => {
          if (!Array.isArray(pair) || pair.length !== 2) throw new WireError("not an OVSDB map");
          return [atom(pair[0] as Json), atom(pair[1] as Json)];
        }),
      );
    }
    case "set":
      return elements(json).map(atom);
    case "optional": {
      const [first] = elements(json);
      return first === undefined ? undefined : atom(first);
    }
    case "scalar":
      return atom(elements(json)[0] ?? null);
  }
}

/** A plain value in OVSDB's JSON notation: `undefined` is the empty set, an array a set, a map a map. */
export function writeValue(value: ReplicaValue): Json {
  if (value === undefined) return ["set", []];
  if (value instanceof Map) return ["map", [...value]];
  if (Array.isArray(value)) return ["set", [...value]];
  return value as Json;
}

import { type Atom, compareAtoms } from "#ovsdb/atom.js";
import { type Datum, mapOf, setOf } from "#ovsdb/datum.js";
import type { Json } from "#util/json.js";

/**
 * Reads a value as a server sends it (RFC 7047, 5.1). The server has checked it against the schema, so only its form is looked at,
 * which makes large tables quick to read. `isMap` tells an empty map from an empty set.
 */
export function servedDatum(json: Json, isMap: boolean): Datum {
  if (!Array.isArray(json) || json[0] === "uuid") return { keys: [atom(json)], values: undefined };
  const elements = json[1] as readonly Json[];
  if (isMap) {
    const pairs = elements.map((pair) => pair as readonly [Json, Json]);
    const keys = pairs.map((pair) => atom(pair[0]));
    const values = pairs.map((pair) => atom(pair[1]));
    return isSorted(keys) ? { keys, values } : mapOf(keys.map((key, i) => [key, values[i] as Atom]));
  }
  const keys = elements.map(atom);
  return isSorted(keys) ? { keys, values: undefined } : setOf(keys);
}

function atom(json: Json): Atom {
  return (Array.isArray(json) ? json[1] : json) as Atom;
}

/** Servers send elements in order; should one not, they are sorted. */
function isSorted(keys: readonly Atom[]): boolean {
  for (let i = 1; i < keys.length; i++) if (compareAtoms(keys[i - 1] as Atom, keys[i] as Atom) >= 0) return false;
  return true;
}

import type { Json } from "#util/json.js";
import { isId } from "./atom.js";
import { type OvsdbError, syntaxError } from "./error.js";

/** What a member of a JSON object may be. `id` is a string that is an `<id>`; `integer` excludes fractions. */
export type MemberKind = "null" | "boolean" | "integer" | "number" | "string" | "id" | "array" | "object";

export type JsonObject = { readonly [name: string]: Json };

/**
 * Takes a JSON object apart member by member, with the errors the protocol expects: what is missing, has the wrong type,
 * or is left over when `finish` is called.
 */
export class JsonMembers {
  readonly #json: JsonObject;
  readonly #what: string;
  readonly #seen = new Set<string>();

  /** `what` completes "Parsing … failed". */
  constructor(json: Json, what: string) {
    if (!isJsonObject(json)) throw syntaxError(`Parsing ${what} failed: Object expected.`);
    this.#json = json;
    this.#what = what;
  }

  /** A member that must be there. */
  need(name: string, ...kinds: MemberKind[]): Json {
    const value = this.take(name, ...kinds);
    if (value === undefined) throw this.fault(`Required '${name}' member is missing.`);
    return value;
  }

  /** A member that may be left out. */
  take(name: string, ...kinds: MemberKind[]): Json | undefined {
    if (!Object.hasOwn(this.#json, name)) return undefined;
    const value = this.#json[name]!;
    this.#seen.add(name);
    if (!kinds.some((kind) => isKind(value, kind))) throw this.fault(`Type mismatch for member '${name}'.`);
    return value;
  }

  /** Whether there is a member, which may be asked for then. */
  has(name: string): boolean {
    return Object.hasOwn(this.#json, name);
  }

  /** Refuses members that nobody asked for. */
  finish(): void {
    const [name, ...more] = Object.keys(this.#json).filter((member) => !this.#seen.has(member));
    if (name === undefined) return;
    if (more.length === 0) throw this.fault(`Member '${name}' is present but not allowed here.`);
    const others = `${more.length} other member${more.length === 1 ? "" : "s"}`;
    throw this.fault(`Member '${name}' and ${others} are present but not allowed here.`);
  }

  /** What is wrong with the object beyond its members' types. */
  fault(details: string): OvsdbError {
    return syntaxError(`Parsing ${this.#what} failed: ${details}`, this.#json);
  }
}

export function isJsonObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function isKind(value: Json, kind: MemberKind): boolean {
  switch (kind) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "number":
      return typeof value === "bigint" || typeof value === "number";
    case "id":
      return typeof value === "string" && isId(value);
    default:
      return typeof value === kind;
  }
}

import type { Json } from "#util/json.js";
import type { AtomicType } from "./atom.js";
import type { BaseType } from "./base-type.js";
import { type ColumnType, UNLIMITED } from "./column-type.js";
import { datumFromJson, integerFromJson } from "./datum-json.js";
import { syntaxError } from "./error.js";
import { JsonMembers, type JsonObject } from "./json-members.js";

type Limits = { -readonly [K in keyof BaseType]: BaseType[K] };

/** Reads a column's type (RFC 7047 section 3.2 `<type>`). Throws a "syntax error". */
export function typeFromJson(json: Json): ColumnType {
  if (typeof json === "string") return { key: baseFromJson(json), min: 1, max: 1 };
  const members = new JsonMembers(json, "ovsdb type");
  const key = members.need("key", "string", "object");
  const value = members.take("value", "string", "object");
  const min = members.take("min", "integer");
  const max = members.take("max", "integer", "string");
  members.finish();
  const type: ColumnType = {
    key: baseFromJson(key),
    ...(value === undefined ? {} : { value: baseFromJson(value) }),
    min: countFromJson(min ?? 1),
    max: max === "unlimited" ? UNLIMITED : countFromJson(max ?? 1),
  };
  if (type.min > 1 || type.max < 1) throw syntaxError("ovsdb type fails constraint checks", json);
  return type;
}

function countFromJson(json: Json): number {
  if (typeof json !== "number" || json < 0 || json > UNLIMITED) throw syntaxError("bad min or max value", json);
  return json;
}

/** Reads a `<base-type>`. */
function baseFromJson(json: Json): BaseType {
  if (typeof json === "string") return { type: atomicTypeFromJson(json) };
  const members = new JsonMembers(json, "ovsdb type");
  const type = atomicTypeFromJson(members.need("type", "string"));
  const base: Limits = { type };
  const choices = members.take("enum", "null", "boolean", "number", "string", "array", "object");
  if (choices !== undefined) base.enum = datumFromJson({ key: { type }, min: 1, max: UNLIMITED }, choices);
  else readLimits(base, members, json as JsonObject);
  members.finish();
  return base;
}

function atomicTypeFromJson(json: Json): AtomicType {
  if (json === "integer" || json === "real" || json === "boolean" || json === "string" || json === "uuid") return json;
  throw syntaxError(`"${json}" is not an atomic-type`, json);
}

function readLimits(base: Limits, members: JsonMembers, json: JsonObject): void {
  const ordered = (min: number | bigint | undefined, max: number | bigint | undefined, what: string): void => {
    if (min !== undefined && max !== undefined && min > max) throw syntaxError(`min${what} exceeds max${what}`, json);
  };
  if (base.type === "integer") {
    set(base, "minInteger", integerLimit(members.take("minInteger", "integer")));
    set(base, "maxInteger", integerLimit(members.take("maxInteger", "integer")));
    ordered(base.minInteger, base.maxInteger, "Integer");
  } else if (base.type === "real") {
    set(base, "minReal", realLimit(members.take("minReal", "number")));
    set(base, "maxReal", realLimit(members.take("maxReal", "number")));
    ordered(base.minReal, base.maxReal, "Real");
  } else if (base.type === "string") {
    set(base, "minLength", length("minLength", members.take("minLength", "integer")));
    set(base, "maxLength", length("maxLength", members.take("maxLength", "integer")));
    ordered(base.minLength, base.maxLength, "Length");
  } else if (base.type === "uuid") {
    readReference(base, members, json);
  }
}

function set<K extends keyof Limits>(base: Limits, name: K, value: Limits[K] | undefined): void {
  if (value !== undefined) base[name] = value as Limits[K];
}

function integerLimit(json: Json | undefined): number | bigint | undefined {
  return json === undefined ? undefined : integerFromJson(json);
}

function realLimit(json: Json | undefined): number | undefined {
  return json === undefined ? undefined : Number(json);
}

function length(name: string, json: Json | undefined): number | undefined {
  if (json === undefined) return undefined;
  const value = Number(json);
  if (value < 0 || value > UNLIMITED) throw syntaxError(`${name} out of valid range 0 to ${UNLIMITED}`, json);
  return value;
}

function readReference(base: Limits, members: JsonMembers, json: JsonObject): void {
  const table = members.take("refTable", "id");
  if (table === undefined) return;
  base.refTable = table as string;
  const kind = members.take("refType", "id");
  if (kind === "weak") base.refType = "weak";
  else if (kind !== undefined && kind !== "strong") {
    throw syntaxError(`refType must be "strong" or "weak" (not "${kind}")`, json);
  }
}

/** Writes a column's type; members that say what holds anyway are left out. */
export function typeToJson(type: ColumnType): Json {
  const key = baseToJson(type.key);
  if (!type.value && type.min === 1 && type.max === 1 && typeof key === "string") return key;
  return {
    key,
    ...(type.value ? { value: baseToJson(type.value) } : {}),
    ...(type.min === 1 ? {} : { min: type.min }),
    ...(type.max === 1 ? {} : { max: type.max === UNLIMITED ? "unlimited" : type.max }),
  };
}

/** Writes a base type: its bare name if nothing narrows it. */
function baseToJson(base: BaseType): Json {
  const { type, enum: choices, ...limits } = base;
  if (choices) return { type, enum: ["set", choices.keys] };
  return Object.keys(limits).length === 0 ? type : { type, ...limits };
}

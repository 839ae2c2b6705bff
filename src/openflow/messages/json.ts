import type { Field } from "#flow/fields/field.js";
import type { Match } from "#flow/match.js";
import { hex } from "#util/hex.js";
import type { Json } from "#util/json.js";
import type { Action } from "../actions/action.js";
import { actionRows, formatAction } from "../actions/table.js";
import { formatMatch } from "../match-text.js";
import { versionName } from "../version.js";
import type { Message } from "./message.js";

/**
 * A message as JSON: its body's own names and values, matches and actions as their text, bytes as hexadecimal digits, 64-bit numbers as
 * decimal strings where a double could not hold them.
 */
export function messageToJson({ version, xid, name, flags, body }: Message): Json {
  return {
    name,
    version: versionName(version),
    xid,
    ...(flags === 0 ? {} : { flags }),
    ...(valueToJson(body) as { [key: string]: Json }),
  };
}

/** Anything of a message as JSON, in the way of `messageToJson`. */
export function valueToJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  if (typeof value !== "object") return value as Json;
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(valueToJson);
  if (value instanceof Map) return [...value].map(([key, one]) => [valueToJson(key), valueToJson(one)]);
  if (isMatch(value)) return formatMatch(value);
  if (isMessage(value)) return messageToJson(value);
  if (isField(value)) return value.name;
  if (isAction(value)) return formatAction(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.map(([key, one]) => [key, valueToJson(one)]));
}

const isMatch = (value: object): value is Match =>
  "key" in value && "mask" in value && value.key instanceof Uint32Array && value.mask instanceof Uint32Array;

const isMessage = (value: object): value is Message => "body" in value && "xid" in value && "version" in value;

const isField = (value: object): value is Field => "prerequisite" in value && "oxm" in value;

const isAction = (value: object): value is Action =>
  "kind" in value && typeof value.kind === "string" && Object.hasOwn(actionRows, value.kind);

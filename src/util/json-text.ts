import type { Json } from "./json.js";
import { formatReal } from "./real-text.js";

/**
 * How `formatJson` writes: members sorted by name in byte order, and when `pretty`, a line for each element, indented by two
 * spaces a level, with the closing brackets behind the last element, as Open vSwitch does.
 */
export interface JsonStyle {
  readonly sorted?: boolean;
  readonly pretty?: boolean;
}

/**
 * Writes JSON text the way Open vSwitch does: no spaces unless pretty, integers of up to 64 bits in full, other numbers with
 * 15 significant digits.
 */
export function formatJson(json: Json, style?: JsonStyle): string {
  return style ? write(json, style, "\n") : writePlain(json, formatReal);
}

/**
 * As `formatJson` without a style, but with all the digits that it takes to read every number back as it was: for what is kept,
 * where two reals that become the same would make a set that has an element twice.
 */
export function formatJsonExactly(json: Json): string {
  return writePlain(json, String);
}

/** As `write` without any style, for the messages that servers exchange by the thousand. */
function writePlain(json: Json, writeReal: (value: number) => string): string {
  if (typeof json === "string") return JSON.stringify(json);
  if (typeof json === "number") return Number.isSafeInteger(json) ? String(json + 0) : writeReal(json);
  if (json === null || typeof json !== "object") return write(json, {}, "");
  let text = "";
  if (Array.isArray(json)) {
    for (let i = 0; i < json.length; i++) text += (i === 0 ? "" : ",") + writePlain(json[i] as Json, writeReal);
    return `[${text}]`;
  }
  const object = json as { readonly [name: string]: Json };
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${writePlain(value, writeReal)}`;
  }
  return `{${text}}`;
}

function write(json: Json, style: JsonStyle, newline: string): string {
  if (json === null || typeof json === "boolean") return String(json);
  if (typeof json === "string") return JSON.stringify(json);
  if (typeof json === "bigint") return BigInt.asIntN(64, json) === json ? json.toString() : formatReal(Number(json));
  if (typeof json === "number") return Number.isSafeInteger(json) ? String(json + 0) : formatReal(json);
  const inner = style.pretty ? `${newline}  ` : "";
  if (Array.isArray(json)) {
    if (json.length === 0) return "[]";
    return `[${inner}${json.map((item: Json) => write(item, style, inner)).join(`,${inner}`)}]`;
  }
  const object = json as { readonly [name: string]: Json };
  const names = Object.keys(object).filter((name) => object[name] !== undefined);
  if (style.sorted) names.sort(compareCodePoints);
  if (names.length === 0) return "{}";
  const colon = style.pretty ? ": " : ":";
  const members = names.map((name) => JSON.stringify(name) + colon + write(object[name]!, style, inner));
  return `{${inner}${members.join(`,${inner}`)}}`;
}

/** Orders strings by code point, which is the order of their UTF-8 bytes. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // UTF-16 puts surrogates (U+10000 and up) before U+E000..U+FFFF; UTF-8 puts them last.
    const astralX = x >= 0xd800 && x <= 0xdfff;
    const astralY = y >= 0xd800 && y <= 0xdfff;
    return astralX === astralY ? x - y : astralX ? 1 : -1;
  }
  return a.length - b.length;
}

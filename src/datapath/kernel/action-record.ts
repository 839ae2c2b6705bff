import { newKey } from "#flow/key.js";
import { hex, unhex } from "#util/hex.js";
import type { DatapathAction } from "../actions.js";

/** Texts of lists that many flows have. */
const texts = new WeakMap<readonly DatapathAction[], string>();

/** Actions as JSON, in which bytes, keys and large numbers are objects of one member: `$bytes`, `$words`, `$number`. */
export function formatActionRecord(actions: readonly DatapathAction[]): string {
  let text = texts.get(actions);
  if (text === undefined) {
    text = JSON.stringify(actions, (_name, value: unknown) => {
      if (value instanceof Uint8Array) return { $bytes: hex(value) };
      if (value instanceof Uint32Array) return { $words: [...value.entries()].filter(([, word]) => word !== 0) };
      return typeof value === "bigint" ? { $number: String(value) } : value;
    });
    texts.set(actions, text);
  }
  return text;
}

/** Lists that were read last, for many flows do the same. */
const lists = new Map<string, readonly DatapathAction[]>();
const MOST_LISTS = 1000;

/** The opposite; equal lists may be one. Throws `SyntaxError` for a text that `formatActionRecord` has not made. */
export function parseActionRecord(text: string): readonly DatapathAction[] {
  const known = lists.get(text);
  if (known !== undefined) return known;
  const actions = parse(text);
  if (lists.size >= MOST_LISTS) lists.clear();
  lists.set(text, actions);
  return actions;
}

function parse(text: string): readonly DatapathAction[] {
  const actions: unknown = JSON.parse(text, (_name, value: unknown) => {
    if (value === null || typeof value !== "object") return value;
    if ("$bytes" in value) return unhex(String(value.$bytes));
    if ("$number" in value) return BigInt(String(value.$number));
    if (!("$words" in value)) return value;
    if (!Array.isArray(value.$words) || !value.$words.every(Array.isArray)) throw new SyntaxError("no words");
    const key = newKey();
    for (const [word, bits] of value.$words as unknown as readonly (readonly [number, number])[]) key[word] = bits;
    return key;
  });
  if (!Array.isArray(actions) || !actions.every(isAction)) throw new SyntaxError("no list of actions");
  return actions as readonly DatapathAction[];
}

function isAction(value: unknown): boolean {
  return value !== null && typeof value === "object" && "kind" in value && typeof value.kind === "string";
}

import { UserError } from "#util/errors.js";
import { parseIpv4, parseIpv6 } from "#util/ip.js";
import type { CtAction, CtNat } from "../actions.js";

const LONGEST_HELPER = 15;
const LONGEST_TIMEOUT = 31;
const WHOLE = 0xffffffff;

function invalid(): UserError {
  return new UserError("Invalid argument");
}

/** Splits at commas outside of parentheses. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === "(") depth++;
    else if (c === ")") depth--;
    else if ((c === "," && depth === 0) || c === undefined) {
      if (i > from) parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return parts;
}

function numberOf(text: string, most: bigint): bigint {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw invalid();
  const value = BigInt(text);
  if (value > most) throw invalid();
  return value;
}

type Editable = { -readonly [K in keyof CtAction]: CtAction[K] };

/** Reads what stands between the parentheses of a `ct` action. Throws `UserError`. */
export function parseCtAction(text: string): CtAction {
  const action: Editable = { kind: "ct", zone: 0, commit: false, force: false };
  for (const part of splitOutside(text)) {
    const m = /^([a-z_]+)(?:=(.*)|\((.*)\))?$/s.exec(part);
    if (m === null) throw invalid();
    const [, name, value, inner] = m;
    if (name === "commit" && part === name) action.commit = true;
    else if (name === "force_commit" && part === name) action.commit = action.force = true;
    else if (name === "nat" && value === undefined) action.nat = parseNat(inner ?? "");
    else if (value === undefined) throw invalid();
    else parseValue(action, name!, value);
  }
  return action;
}

function parseValue(action: Editable, name: string, value: string): void {
  switch (name) {
    case "zone":
      action.zone = Number(numberOf(value, 0xffffffffn) & 0xffffn);
      return;
    case "mark": {
      const [v, mask] = masked(value, 0xffffffffn);
      if (mask === 0n) delete action.mark;
      else action.mark = { value: Number(v), mask: Number(mask) };
      return;
    }
    case "label": {
      const [v, mask] = masked(value, (1n << 128n) - 1n);
      if (mask === 0n) delete action.label;
      else action.label = { value: wordsOf(v), mask: wordsOf(mask) };
      return;
    }
    case "helper":
      if (value.length > LONGEST_HELPER || (value !== "ftp" && value !== "tftp")) throw invalid();
      action.helper = value;
      return;
    case "timeout":
      if (value.length > LONGEST_TIMEOUT) throw invalid();
      action.timeout = value;
      return;
    default:
      throw invalid();
  }
}

function masked(text: string, whole: bigint): [bigint, bigint] {
  const slash = text.indexOf("/");
  if (slash < 0) return [numberOf(text, whole), whole];
  return [numberOf(text.slice(0, slash), whole), numberOf(text.slice(slash + 1), whole)];
}

function wordsOf(value: bigint): number[] {
  return [96n, 64n, 32n, 0n].map((shift) => Number((value >> shift) & BigInt(WHOLE)));
}

function parseNat(text: string): CtNat {
  let nat: { -readonly [K in keyof CtNat]: CtNat[K] } = { side: "", persistent: false, method: "" };
  for (const part of text.split(",").filter((p) => p !== "")) {
    const m = /^(src|dst)(?:=(.+))?$/.exec(part);
    if (m !== null) nat = { ...nat, side: m[1] as "src" | "dst", ...(m[2] === undefined ? {} : parseRange(m[2])) };
    else if (part === "persistent") nat.persistent = true;
    else if (part === "hash" || part === "random") {
      if (nat.method !== "" && nat.method !== part) throw invalid();
      nat.method = part;
    } else throw invalid();
  }
  // Without a side there is nothing to choose.
  return nat.side === "" ? { side: "", persistent: false, method: "" } : nat;
}

const RANGE =
  /^(?:\[([0-9a-f:.]+)\](?:-\[([0-9a-f:.]+)\])?(?::(\d+)(?:-(\d+))?)?|([0-9.]+)(?:-([0-9.]+))?(?::(\d+)(?:-(\d+))?)?|([0-9a-f:.]+)(?:-([0-9a-f:.]+))?)$/i;

function parseRange(text: string): Pick<CtNat, "addresses" | "ports"> {
  const m = RANGE.exec(text);
  if (m === null) throw invalid();
  const first = bytesOf(m[1] ?? m[5] ?? m[9]!);
  const end = m[2] ?? m[6] ?? m[10];
  const last = end === undefined ? first : bytesOf(end);
  if (first.length !== last.length || compare(first, last) > 0) throw invalid();
  const low = Number(m[3] ?? m[7] ?? 0);
  const high = Number(m[4] ?? m[8] ?? low);
  if (low > 0xffff || high > 0xffff || high < low) throw invalid();
  return { addresses: { first, last }, ...(low === 0 ? {} : { ports: { first: low, last: high } }) };
}

function bytesOf(text: string): Uint8Array {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return Uint8Array.of(ipv4 >>> 24, ipv4 >>> 16, ipv4 >>> 8, ipv4);
  const words = parseIpv6(text);
  if (words === undefined) throw invalid();
  return Uint8Array.from(words.flatMap((w) => [w >>> 24, w >>> 16, w >>> 8, w]));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

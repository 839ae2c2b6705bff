import { parseIpv6 } from "#util/ip.js";

/** How a value stands in text, in the order in which they are tried: a decimal number may also be the beginning of another. */
export const TextForm = { mac: 0, hex: 1, ipv4: 2, ipv6: 3, decimal: 4 } as const;
export type TextForm = (typeof TextForm)[keyof typeof TextForm];

/** A value is kept as four words, the least significant last. */
export const WORDS = 4;

/** A value in a text that may be another without a change of what the text means otherwise. */
export interface TextHole {
  readonly form: TextForm;
  /** Bytes that it has on the wire: 1, 2, 4, 6, 8 or 16. */
  readonly size: number;
  /** The greatest value of at most 32 bits. */
  readonly max?: number;
  readonly min?: number;
  /** How many bits a value of 64 may have. */
  readonly bits?: number;
}

/** Where a hole is in a text. */
export interface TextHoleAt {
  readonly hole: TextHole;
  readonly start: number;
  readonly end: number;
}

const number16 = { size: 2, max: 0xffff } as const;
const number32 = { size: 4, max: 0xffffffff } as const;
const number64 = { size: 8, bits: 64 } as const;

type Kind = { readonly forms: readonly TextForm[] } & Omit<TextHole, "form">;

const decimal: readonly TextForm[] = [TextForm.decimal];
const integer: readonly TextForm[] = [TextForm.hex, TextForm.decimal];
const mac: Kind = { forms: [TextForm.mac], size: 6 };
const ipv4: Kind = { forms: [TextForm.ipv4], size: 4 };
const ipv6: Kind = { forms: [TextForm.ipv6], size: 16 };
const transport: Kind = { forms: integer, ...number16 };
const register: Kind = { forms: integer, ...number32 };
const wide: Kind = { forms: integer, ...number64 };

const named = (names: string, kind: Kind): [string, Kind][] => names.split(/\s+/).map((name) => [name, kind]);

/** Fields that may be written in actions, and matched. */
const fieldKinds: readonly [string, Kind][] = [
  ...named("dl_src dl_dst eth_src eth_dst", mac),
  ...named("nw_src nw_dst ip_src ip_dst arp_spa arp_tpa tun_src tun_dst", ipv4),
  ...named("ipv6_src ipv6_dst", ipv6),
  ...named("tp_src tp_dst tcp_src tcp_dst udp_src udp_dst sctp_src sctp_dst", transport),
  ...named(Array.from({ length: 16 }, (_, i) => `reg${i}`).join(" "), register),
  ...named("metadata tun_id", wide),
];

/** What stands behind `word=` before the actions. */
const wordKinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...fieldKinds,
  // All ones mean something else.
  ["cookie", { forms: integer, size: 8, bits: 60 }],
  ["table", { forms: decimal, size: 1, max: 254 }],
  ...named("priority idle_timeout hard_timeout", { forms: decimal, ...number16 }),
  ["in_port", { forms: decimal, size: 2, max: 0xfeff }],
  ["dl_vlan", { forms: decimal, size: 2, max: 0xfff }],
  ...named("ct_mark pkt_mark", register),
  ["ct_zone", { forms: integer, ...number16 }],
]);

const setFieldKinds: ReadonlyMap<string, Kind> = new Map(fieldKinds);

const patterns: readonly (readonly [TextForm, string])[] = [
  [TextForm.mac, "(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}"],
  [TextForm.hex, "0x[0-9a-fA-F]{1,16}"],
  [TextForm.ipv4, "\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}"],
  [TextForm.ipv6, "[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*"],
  [TextForm.decimal, "(?:0|[1-9]\\d{0,14})"],
];
/** What has no more bits has 15 decimal digits at most. */
const DECIMAL_BITS = 48;
const value = `(${patterns.map(([, pattern]) => pattern).join("|")})`;
const wholePatterns = patterns.map(([form, pattern]) => [form, new RegExp(`^${pattern}$`)] as const);

const formOf = (text: string): TextForm | undefined => wholePatterns.find(([, pattern]) => pattern.test(text))?.[0];

/** Actions with a value, and what it is; `to` says which field it goes to where there is one. */
const actionPatterns: readonly (readonly [pattern: RegExp, kind: (to: string, bits: string) => Kind | undefined])[] = [
  [new RegExp(`(?<=[=,(])output:${value}(?=[,)]|$)`, "g"), () => ({ forms: decimal, size: 2, max: 0xfeff })],
  [new RegExp(`(?<=[=,(])set_queue:${value}(?=[,)]|$)`, "g"), () => ({ forms: decimal, ...number32 })],
  [new RegExp(`(?<=[=,(])group:${value}(?=[,)]|$)`, "g"), () => ({ forms: decimal, size: 4, max: 0xfffffeff })],
  [new RegExp(`(?<=[=,(])mod_dl_(?:src|dst):${value}(?=[,)]|$)`, "g"), () => mac],
  [new RegExp(`(?<=[=,(])mod_nw_(?:src|dst):${value}(?=[,)]|$)`, "g"), () => ipv4],
  [new RegExp(`(?<=[=,(])resubmit\\(,${value}(?=\\))`, "g"), () => ({ forms: decimal, size: 1, max: 254 })],
  [
    new RegExp(`(?<=[=,(])ct\\((?:[a-z]+,|table=\\d+,)*zone=${value}(?=[,)])`, "g"),
    () => ({ forms: decimal, ...number16, min: 1 }),
  ],
  [new RegExp(`(?<=[=,(])set_field:${value}->(\\w+)(?=[,)]|$)`, "g"), (to) => setFieldKinds.get(to)],
  [
    new RegExp(`(?<=[=,(])load:${value}->(NXM_NX_REG\\d+|reg\\d+)\\[0\\.\\.(\\d+)\\](?=[,)]|$)`, "g"),
    (_to, last) => ({ forms: integer, size: 8, bits: Number(last) + 1 }),
  ],
];

/** The holes of a flow's text, in their order. */
export function textHoles(line: string): TextHoleAt[] {
  const found: TextHoleAt[] = [];
  const middle = line.indexOf("actions=");
  if (middle < 0) return found;
  const add = (start: number, text: string, kind: Kind | undefined): void => {
    const form = formOf(text);
    if (kind === undefined || form === undefined || !kind.forms.includes(form)) return;
    const { forms: _forms, bits = 64, ...rest } = kind;
    const most = form === TextForm.decimal ? Math.min(bits, DECIMAL_BITS) : bits;
    found.push({ hole: { form, ...rest, bits: most }, start, end: start + text.length });
  };
  for (const word of line.slice(0, middle).matchAll(new RegExp(`(?<=^|,)([a-z_0-9]+)=${value}(?=[,/])`, "g"))) {
    // Where a flow goes to another table, it matters which table it is in.
    if (word[1] === "table" && line.includes("goto_table")) continue;
    add(word.index + word[1]!.length + 1, word[2]!, wordKinds.get(word[1]!));
  }
  for (const [pattern, kind] of actionPatterns) {
    for (const action of line.matchAll(pattern)) {
      if (action.index < middle) continue;
      const start =
        action.index +
        action[0].lastIndexOf(action[1]!, action[0].indexOf("->") < 0 ? undefined : action[0].indexOf("->"));
      add(start, action[1]!, kind(action[2] ?? "", action[3] ?? ""));
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Reads the value of a form at a place of a text into four words. Gives where it ends; -1 where there is none. */
export function readHole(form: TextForm, text: Uint8Array, at: number, words: Int32Array, to: number): number {
  words[to] = 0;
  words[to + 1] = 0;
  switch (form) {
    case TextForm.decimal:
      return readDecimal(text, at, words, to);
    case TextForm.hex:
      return readHex(text, at, words, to);
    case TextForm.mac:
      return readMac(text, at, words, to);
    case TextForm.ipv4:
      return readIpv4(text, at, words, to);
    case TextForm.ipv6:
      return readIpv6(text, at, words, to);
  }
}

const decoder = new TextDecoder();

const ZERO = 0x30;
const LONGEST_DECIMAL = 15;

function readDecimal(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  let number = 0;
  let digit = text[at]! - ZERO;
  while (digit >= 0 && digit <= 9) {
    number = number * 10 + digit;
    digit = text[++at]! - ZERO;
  }
  const length = at - from;
  if (length === 0 || length > LONGEST_DECIMAL || (length > 1 && text[from]! === ZERO)) return -1;
  words[to + 2] = number > 0xffffffff ? Math.floor(number / 0x100000000) : 0;
  words[to + 3] = number;
  return at;
}

/** A digit's value; -1 of another character. */
function hexDigit(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function readHex(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  if (text[from]! !== ZERO || text[from + 1]! !== 0x78) return -1;
  let at = from + 2;
  let high = 0;
  let low = 0;
  for (let digit = hexDigit(text[at]!); digit >= 0; digit = hexDigit(text[++at]!)) {
    high = (high << 4) | (low >>> 28);
    low = (low << 4) | digit;
  }
  const length = at - from - 2;
  if (length === 0 || length > 16) return -1;
  words[to + 2] = high;
  words[to + 3] = low;
  return at;
}

const COLON = 0x3a;
const MAC_LENGTH = 17;

function readMac(text: Uint8Array, at: number, words: Int32Array, to: number): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 6; i++) {
    const place = at + 3 * i;
    const byte = (hexDigit(text[place]!) << 4) | hexDigit(text[place + 1]!);
    if (byte < 0 || (i > 0 && text[place - 1]! !== COLON)) return -1;
    if (i < 2) high = (high << 8) | byte;
    else low = (low << 8) | byte;
  }
  words[to + 2] = high;
  words[to + 3] = low;
  return at + MAC_LENGTH;
}

const DOT = 0x2e;

function readIpv4(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  let address = 0;
  for (let i = 0; i < 4; i++) {
    if (i > 0 && text[at++]! !== DOT) return -1;
    const start = at;
    let part = 0;
    for (let digit = text[at]! - ZERO; digit >= 0 && digit <= 9; digit = text[++at]! - ZERO) {
      part = part * 10 + digit;
    }
    const length = at - start;
    if (length === 0 || length > 3 || part > 255 || (length > 1 && text[start]! === ZERO)) return -1;
    address = (address << 8) | part;
  }
  words[to + 2] = 0;
  words[to + 3] = address;
  return at;
}

function readIpv6(text: Uint8Array, from: number, words: Int32Array, to: number): number {
  let at = from;
  for (let code = text[at]!; code === COLON || hexDigit(code) >= 0; code = text[++at]!);
  const address = parseIpv6(decoder.decode(text.subarray(from, at)));
  if (address === undefined) return -1;
  for (let i = 0; i < WORDS; i++) words[to + i] = address[i]!;
  return at;
}

import { fieldByName } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { tlvHeader } from "./oxm-field.js";

/** What a TLV's name stands for: the header's 32 bits, an experimenter's number behind it, and how many bytes its value has (any, where undefined). */
interface Named {
  readonly header: number;
  readonly experimenter: number | undefined;
  readonly bytes: number | undefined;
}

const cookie = { class: 1, field: 30, since: 1, name: "NXM_NX_COOKIE", experimenter: undefined };

/** The TLV of a name, with `_W` at its end where a mask follows; or of the header as 8 hexadecimal digits. */
function named(name: string): Named | undefined {
  if (/^[0-9a-fA-F]{8}$/.test(name)) {
    const header = Number.parseInt(name, 16);
    const bytes = (header & 0xff) - (header >>> 16 === 0xffff ? 4 : 0);
    return { header, experimenter: undefined, bytes: (header & 0x100) === 0 ? bytes : Math.trunc(bytes / 2) };
  }
  const hasMask = name.endsWith("_W");
  const plain = hasMask ? name.slice(0, -2) : name;
  if (plain === cookie.name)
    return { header: tlvHeader(cookie, hasMask, hasMask ? 16 : 8), experimenter: undefined, bytes: 8 };
  const field = /^[A-Z]/.test(plain) ? fieldByName(plain) : undefined;
  const codepoint = field === undefined ? undefined : [...field.nxm, ...field.oxm].find((c) => c.name === plain);
  if (field === undefined || codepoint === undefined || (hasMask && !field.maskable)) return undefined;
  const isAnyLength = field.tlv !== undefined;
  return {
    header: tlvHeader(codepoint, hasMask, isAnyLength ? 0 : (hasMask ? 2 : 1) * field.bytes),
    experimenter: codepoint.experimenter,
    bytes: isAnyLength ? undefined : field.bytes,
  };
}

/** Pairs of hexadecimal digits from `at` on, before which blanks and dots may stand. */
function hexBytes(text: string, at: number): { readonly bytes: number[]; readonly end: number } {
  const [digits] = /^([\s.]*[0-9a-fA-F]{2})*/.exec(text.slice(at))!;
  const bytes = (digits.match(/[0-9a-fA-F]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return { bytes, end: at + digits.length };
}

const skipped = (text: string, at: number, what: RegExp): number => at + what.exec(text.slice(at))![0].length;

/**
 * Reads TLVs as `formatTlvs` writes them, e.g. `NXM_OF_ETH_TYPE(0800), NXM_NX_REG0_W(00000003/000000ff)`, a name being also the header as 8
 * hexadecimal digits. Throws `UserError` in upstream's words.
 */
export function parseTlvs(text: string): Uint8Array {
  if (text === "<any>") return new Uint8Array(0);
  const out: number[] = [];
  let at = skipped(text, 0, /^[, ]*/);
  while (at < text.length) {
    const open = text.indexOf("(", at);
    if (open < 0) throw new UserError(`${text}: missing ( at end of nx_match`);
    const name = text.slice(at, open);
    const tlv = named(name);
    if (tlv === undefined) throw new UserError(`${text}: unknown field \`${name}'`);
    const value = hexBytes(text, open + 1);
    const wanted = tlv.bytes ?? value.bytes.length;
    if (value.bytes.length !== wanted) {
      throw new UserError(`expected to read ${wanted} bytes but got ${value.bytes.length}`);
    }
    at = skipped(text, value.end, /^ */);
    const hasMask = (tlv.header & 0x100) !== 0;
    let mask: number[] = [];
    if (hasMask) {
      if (text[at] !== "/") throw new UserError(`${text}: missing / in masked field ${name}`);
      ({ bytes: mask, end: at } = readMask(text, at + 1, wanted));
      at = skipped(text, at, /^ */);
    }
    if (text[at] !== ")") throw new UserError(`${text}: missing ) following field ${name}`);
    const length = tlv.bytes === undefined ? (hasMask ? 2 : 1) * wanted : tlv.header & 0xff;
    const header = ((tlv.header & 0xffffff00) | length) >>> 0;
    const { experimenter } = tlv;
    for (const word of experimenter === undefined ? [header] : [header, experimenter]) {
      out.push(word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff);
    }
    out.push(...value.bytes, ...mask);
    at = skipped(text, at + 1, /^[, ]*/);
  }
  return Uint8Array.from(out);
}

/** Exactly so many bytes. */
function readMask(text: string, start: number, count: number): { readonly bytes: number[]; readonly end: number } {
  const bytes: number[] = [];
  let at = start;
  while (bytes.length < count) {
    at = skipped(text, at, /^ */);
    const pair = text.slice(at, at + 2);
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) throw new UserError(`${text.slice(at)}: hex digits expected`);
    bytes.push(Number.parseInt(pair, 16));
    at += 2;
  }
  return { bytes, end: at };
}

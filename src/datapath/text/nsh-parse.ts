import { put16, put32 } from "#util/big-endian.js";
import { UserError } from "#util/errors.js";
import { unhex } from "#util/hex.js";

const NSH_BASE = 8;
const NSH_MD1 = 24;
/** Words that metadata of type 2 may have. */
const MOST_METADATA = 248;

/** Fields and the greatest value of each, with what they are where the text is silent. */
const fields: ReadonlyMap<string, readonly [most: number, otherwise: number]> = new Map([
  ["flags", [3, 0]],
  ["ttl", [63, 63]],
  ["mdtype", [15, 1]],
  ["np", [255, 3]],
  ["spi", [0xffffff, 0]],
  ["si", [255, 255]],
  ...["c1", "c2", "c3", "c4"].map((name): [string, readonly [number, number]] => [name, [0xffffffff, 0]]),
]);

/** Reads a network service header (RFC 8300) as `formatNshHeader` writes it, fields in any order. Throws `UserError` "Invalid argument". */
export function parseNshHeader(text: string): Uint8Array {
  const values = new Map<string, number>();
  let metadata = new Uint8Array(0);
  for (const part of text === "" ? [] : text.split(",")) {
    const [, name = "", value = ""] = /^([a-z0-9]+)=(0x[0-9a-f]+|\d+)$/i.exec(part.trim()) ?? [];
    const most = fields.get(name)?.[0];
    if (name === "md2") metadata = metadataOf(value);
    else if (most === undefined || !(Number(value) <= most)) throw invalid();
    else values.set(name, Number(value));
  }
  const of = (name: string): number => values.get(name) ?? fields.get(name)![1];
  const type = of("mdtype");
  if (type !== 1 && type !== 2) throw invalid();
  const header = new Uint8Array(type === 1 ? NSH_MD1 : NSH_BASE + metadata.length);
  put16(header, 0, (of("flags") << 12) | (of("ttl") << 6) | (header.length >> 2));
  header[2] = type;
  header[3] = of("np");
  put32(header, 4, ((of("spi") << 8) | of("si")) >>> 0);
  if (type === 1) for (let i = 0; i < 4; i++) put32(header, NSH_BASE + 4 * i, of(`c${i + 1}`));
  else header.set(metadata, NSH_BASE);
  return header;
}

function metadataOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = text.startsWith("0x") ? unhex(text.slice(2)) : undefined;
  if (bytes === undefined || bytes.length > MOST_METADATA || bytes.length % 4 !== 0) throw invalid();
  return Uint8Array.from(bytes);
}

function invalid(): UserError {
  return new UserError("Invalid argument");
}

import { formatIpv4, formatIpv6, parseIpv6 } from "#util/ip.js";

/** An address and a port that an FTP control message names (RFC 959, 2428). */
export interface FtpAddress {
  /** True of PORT and EPRT, where the client waits; false of the answers to PASV and EPSV. */
  readonly isActive: boolean;
  /** Where the address and port stand in the payload, and in which form. */
  readonly from: number;
  readonly to: number;
  readonly form: "comma" | "eprt" | "epsv";
  /** Of EPRT: what stands between the parts. */
  readonly delimiter?: string;
  /** Words of the address, one or four; undefined where the message has none (EPSV). */
  readonly address: readonly number[] | undefined;
  readonly port: number;
}

const COMMAS = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/;
const PORT = /^PORT[ \t]+/i;
const EPRT = /^EPRT[ \t]+([!-/:-~])([12])\1([0-9a-fA-F.:]+)\1(\d{1,5})\1/i;
const PASSIVE = /^227[ -][^\d\r\n]*/;
const EXTENDED = /^229[ -][^(\r\n]*\(([!-/:-~])\1\1(\d{1,5})\1\)/;

/** Reads the message that a payload begins with; undefined where it names no address. */
export function readFtp(payload: string, isFromClient: boolean): FtpAddress | undefined {
  if (!isFromClient) {
    const extended = EXTENDED.exec(payload);
    if (extended !== null) {
      const port = Number(extended[2]);
      const to = extended[0].length - 2;
      if (port === 0 || port > 65535) return undefined;
      return { isActive: false, from: to - extended[2]!.length, to, form: "epsv", address: undefined, port };
    }
    return readCommas(payload, PASSIVE.exec(payload)?.[0].length, false);
  }
  const eprt = EPRT.exec(payload);
  if (eprt === null) return readCommas(payload, PORT.exec(payload)?.[0].length, true);
  const [whole, delimiter, family, text, digits] = eprt as unknown as [string, string, string, string, string];
  const address = family === "1" ? dotted(text) : parseIpv6(text);
  const port = Number(digits);
  if (address === undefined || port === 0 || port > 65535) return undefined;
  // From the digit that names the family to the last delimiter.
  const from = whole.length - 3 - text.length - digits.length - 1;
  return { isActive: true, from, to: whole.length - 1, form: "eprt", delimiter, address, port };
}

function dotted(text: string): readonly number[] | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || !parts.every((n) => n >= 0 && n <= 255)) return undefined;
  return [((parts[0]! << 24) | (parts[1]! << 16) | (parts[2]! << 8) | parts[3]!) >>> 0];
}

function readCommas(payload: string, at: number | undefined, isActive: boolean): FtpAddress | undefined {
  if (at === undefined) return undefined;
  const found = COMMAS.exec(payload.slice(at));
  if (found === null || found.index !== 0) return undefined;
  const n = found.slice(1).map(Number);
  const port = n[4]! * 256 + n[5]!;
  if (!n.every((v) => v <= 255) || port === 0) return undefined;
  const address = [((n[0]! << 24) | (n[1]! << 16) | (n[2]! << 8) | n[3]!) >>> 0];
  return { isActive, from: at, to: at + found[0].length, form: "comma", address, port };
}

/** What is to stand from `from` to `to` for another address and port. */
export function writeFtp(message: FtpAddress, address: readonly number[], port: number): string {
  switch (message.form) {
    case "comma":
      return `${formatIpv4(address[0]!).replaceAll(".", ",")},${port >> 8},${port & 255}`;
    case "eprt": {
      const [a, b, c, d] = address as [number, number, number, number];
      const parts = address.length === 1 ? [1, formatIpv4(a), port] : [2, formatIpv6(a, b, c, d), port];
      return parts.join(message.delimiter);
    }
    case "epsv":
      return String(port);
  }
}

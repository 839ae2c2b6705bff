/** What a log file holds: a standalone database, or the Raft log of a clustered one. */
export type LogMagic = "JSON" | "CLUSTER";

/** The line before every record: `OVSDB MAGIC LENGTH SHA1`, the length and hash being those of the line that follows. */
export interface LogHeader {
  readonly magic: LogMagic;
  /** Bytes of the record, its LF included. */
  readonly length: number;
  /** 40 hexadecimal digits, in lower case. */
  readonly sha1: string;
}

/** No header is longer: `OVSDB CLUSTER `, 20 digits, a space, 40 digits. Upstream reads lines of up to 128 bytes. */
export const longestHeader = 128;

/**
 * Reads a header line (without its LF). Several blanks between words are taken as one, as upstream does. Not a header,
 * or a length of 0: `undefined`.
 */
export function parseLogHeader(line: string): LogHeader | undefined {
  const match = /^OVSDB +(JSON|CLUSTER) +(\d{1,20}) +([0-9a-fA-F]{40})$/.exec(line);
  if (!match) return undefined;
  const length = Number(match[2]);
  if (length === 0) return undefined;
  return { magic: match[1] as LogMagic, length, sha1: (match[3] ?? "").toLowerCase() };
}

/** Writes a header line, LF included. */
export function formatLogHeader({ magic, length, sha1 }: LogHeader): string {
  return `OVSDB ${magic} ${length} ${sha1}\n`;
}

const usualStart = new TextEncoder().encode("OVSDB JSON ");

/**
 * The length a header tells, and the bytes it takes, where it is that of a standalone database and written as all programs do;
 * else undefined. Costs a small part of what `parseLogHeader` does. The hash is in the 41 bytes at the end, LF included.
 */
export function scanLogHeader(bytes: Uint8Array): { readonly length: number; readonly end: number } | undefined {
  for (let i = 0; i < usualStart.length; i++) if (bytes[i] !== usualStart[i]) return undefined;
  let i = usualStart.length;
  let length = 0;
  for (let c = bytes[i]!; c >= 0x30 && c <= 0x39; c = bytes[++i]!) length = length * 10 + c - 0x30;
  const end = i + 42;
  if (length === 0 || length > Number.MAX_SAFE_INTEGER || bytes[i] !== 0x20 || bytes[end - 1] !== 0x0a)
    return undefined;
  for (let j = i + 1; j < end - 1; j++) if (hexDigit[bytes[j]!] === 0) return undefined;
  return { length, end };
}

/** 1 for the bytes that are hexadecimal digits. */
const hexDigit = new Uint8Array(256);
for (const c of "0123456789abcdefABCDEF") hexDigit[c.charCodeAt(0)] = 1;

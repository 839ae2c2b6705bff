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

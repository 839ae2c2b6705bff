import { createHash } from "node:crypto";
import { formatLogHeader, type LogMagic } from "./log-header.js";

/** One record as it lies on disk: the header line and the JSON text with its LF. */
export function encodeLogRecord(magic: LogMagic, json: string): Uint8Array {
  const body = Buffer.from(`${json}\n`, "utf8");
  const sha1 = createHash("sha1").update(body).digest("hex");
  return Buffer.concat([Buffer.from(formatLogHeader({ magic, length: body.length, sha1 }), "latin1"), body]);
}

import type { Host } from "#host/host.js";
import type { Uuid } from "#ovsdb/atom.js";

/** A random UUID (RFC 4122 version 4). */
export function newUuid(host: Pick<Host, "random">): Uuid {
  const bytes = host.random(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Uuid;
}

import type { Host } from "#host/host.js";
import type { Uuid } from "#ovsdb/atom.js";

interface Pool {
  bytes: Uint8Array;
  used: number;
}

/** Random bytes are asked for in bulk: a database of many rows needs as many UUIDs when it is read. */
const poolSize = 4096;
const pools = new WeakMap<object, Pool>();

/** A random UUID (RFC 4122 version 4). */
export function newUuid(host: Pick<Host, "random">): Uuid {
  let pool = pools.get(host);
  if (!pool || pool.used === poolSize) {
    pool = { bytes: host.random(poolSize), used: 0 };
    pools.set(host, pool);
  }
  const bytes = pool.bytes.subarray(pool.used, pool.used + 16);
  pool.used += 16;
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as Uuid;
}

import type { Host } from "#host/host.js";
import type { Uuid } from "#ovsdb/atom.js";

interface Pool {
  bytes: Uint8Array;
  used: number;
}

/** Random bytes are asked for in bulk: a database of many rows needs as many UUIDs when it is read. */
const poolSize = 4096;
const pools = new WeakMap<object, Pool>();

const hexDigits = Buffer.from("0123456789abcdef");

/** Filled anew for each: a string that is put together of parts takes ten times the memory, until somebody compares it. */
const text = Buffer.from("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");

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
  let at = 0;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) at++;
    text[at++] = hexDigits[bytes[i]! >> 4]!;
    text[at++] = hexDigits[bytes[i]! & 15]!;
  }
  return text.toString("latin1") as Uuid;
}

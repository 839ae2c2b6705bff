import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";

/**
 * The value of dp_hash: of addresses, protocol and ports. `algorithm` 0 (l4) tells the directions of a connection apart, 1 (sym_l4)
 * does not. Never 0, which means that no hash was made.
 */
export function packetHash(key: FlowKey, algorithm: number, basis: number): number {
  const ports = key[W.tp]!;
  let h = mix(basis, key[W.nw]! & 0xff);
  if (algorithm === 0) {
    h = mix(h, key[W.nwSrc]!);
    h = mix(h, key[W.nwDst]!);
    for (let i = 0; i < 8; i++) h = mix(h, key[W.ipv6Src + i]!);
    h = mix(h, ports);
  } else {
    h = mix(h, key[W.nwSrc]! ^ key[W.nwDst]!);
    for (let i = 0; i < 4; i++) h = mix(h, key[W.ipv6Src + i]! ^ key[W.ipv6Dst + i]!);
    h = mix(h, (ports >>> 16) ^ (ports & 0xffff));
    const [a, b, c] = [key[W.eth]!, key[W.eth + 1]!, key[W.eth + 2]!];
    h = mix(h, (a >>> 16) ^ (b & 0xffff));
    h = mix(h, (a << 16) ^ (b >>> 16) ^ c);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0 || 1;
}

/** A step of MurmurHash3's 32-bit body. */
function mix(hash: number, data: number): number {
  let k = Math.imul(data, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

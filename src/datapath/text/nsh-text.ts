import { u32 } from "#util/big-endian.js";
import { hex } from "#util/hex.js";
import { nshFlags, nshMdType, nshTtl } from "#wire/nsh.js";

/** What is in a network service header (RFC 8300), as `push_nsh(…)` has it. `header` is a whole one. */
export function formatNshHeader(header: Uint8Array): string {
  const path = u32(header, 4);
  const type = nshMdType(header, 0);
  const parts = [
    `flags=${nshFlags(header, 0)}`,
    `ttl=${nshTtl(header, 0)}`,
    `mdtype=${type}`,
    `np=${header[3]}`,
    `spi=0x${(path >>> 8).toString(16)}`,
    `si=${path & 0xff}`,
  ];
  if (type === 1) for (let i = 0; i < 4; i++) parts.push(`c${i + 1}=0x${u32(header, 8 + 4 * i).toString(16)}`);
  else if (header.length > 8) parts.push(`md2=0x${hex(header.subarray(8))}`);
  return parts.join(",");
}

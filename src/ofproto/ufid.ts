import { createHash } from "node:crypto";
import type { FlowKey, FlowMask } from "#flow/key.js";
import { KEY_WORDS } from "#flow/layout.js";

const scratch = new Uint32Array(3 * KEY_WORDS);

/** The name of a megaflow, 32 hex digits: the same for the same bits under the same mask, and for no others. */
export function ufidOf(key: FlowKey, mask: FlowMask): string {
  let n = 0;
  for (let i = 0; i < KEY_WORDS; i++) {
    const bits = mask[i]!;
    if (bits === 0) continue;
    scratch[n++] = i;
    scratch[n++] = bits;
    scratch[n++] = key[i]! & bits;
  }
  return createHash("md5").update(scratch.subarray(0, n)).digest("hex");
}

import { createHash } from "node:crypto";
import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { KEY_WORDS } from "#flow/layout.js";

const scratch = newKey();

/** The name of a megaflow, 32 hex digits: the same for the same bits under the same mask, and for no others. */
export function ufidOf(key: FlowKey, mask: FlowMask): string {
  const hash = createHash("md5");
  for (let i = 0; i < KEY_WORDS; i++) scratch[i] = key[i]! & mask[i]!;
  return hash.update(scratch).update(mask).digest("hex");
}

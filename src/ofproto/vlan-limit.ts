import type { FlowKey, FlowMask } from "#flow/key.js";
import { CORE_WORDS, VLAN_PRESENT, W } from "#flow/layout.js";

/**
 * A key as a switch sees it that parses only one VLAN header: what follows the first one is an unknown payload of type 802.1Q. Returns
 * the key itself where it has no second header.
 */
export function narrowVlans(key: FlowKey, vlanLimit: number): FlowKey {
  const inner = key[W.vlan1]!;
  if (vlanLimit > 1 || (inner & VLAN_PRESENT) === 0) return key;
  const narrow = key.slice();
  narrow.fill(0, W.vlan1, CORE_WORDS);
  narrow[W.ethType] = inner >>> 16;
  return narrow;
}

/** Turns a mask for a narrowed key into one for the whole key: the type of the payload is the type of the second header. */
export function widenMask(mask: FlowMask): void {
  mask[W.ethType] = 0;
  mask[W.vlan1] = 0xffff0000;
}

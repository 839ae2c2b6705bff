import { MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { PushVlan, SetVlan } from "#openflow/actions/vlan.js";
import type { TranslationContext } from "../context.js";
import { fitVlan } from "../subfield.js";

/** `strip_vlan`, `pop_vlan`: nothing where there is no VLAN header. */
export function translateStripVlan({ flow, mask }: TranslationContext): void {
  if ((flow[W.vlan0]! & VLAN_PRESENT) === 0) return;
  if ((flow[W.vlan1]! & VLAN_PRESENT) !== 0) mask[W.vlan1] = 0xffffffff;
  flow.copyWithin(W.vlan0, W.vlan0 + 1, W.vlan0 + MAX_VLANS);
  flow[W.vlan0 + MAX_VLANS - 1] = 0;
}

/** `push_vlan`: a header of VLAN 0, of the priority 0. The innermost of as many as a key holds is lost to view. */
export function translatePushVlan({ flow, mask }: TranslationContext, { ethertype }: PushVlan): void {
  if ((flow[W.vlan0]! & VLAN_PRESENT) !== 0) {
    mask.fill(0xffffffff, W.vlan0, W.vlan0 + MAX_VLANS);
    flow.copyWithin(W.vlan0 + 1, W.vlan0, W.vlan0 + MAX_VLANS - 1);
  }
  flow[W.vlan0] = (ethertype << 16) | VLAN_PRESENT;
}

/** `set_vlan_vid`, `set_vlan_pcp`, which may add the header: `mod_vlan_vid`, `mod_vlan_pcp`. */
export function translateSetVlan({ flow, mask }: TranslationContext, { kind, value, pushes }: SetVlan): void {
  const isThere = (flow[W.vlan0]! & VLAN_PRESENT) !== 0;
  mask[W.vlan0] = mask[W.vlan0]! | VLAN_PRESENT;
  if (!isThere && !pushes) return;
  const [bits, shift] = kind === "set_vlan_vid" ? [0xfff, 0] : [0xe000, 13];
  mask[W.vlan0] = mask[W.vlan0]! | bits;
  flow[W.vlan0] = (flow[W.vlan0]! & ~bits) | (value << shift) | VLAN_PRESENT;
  fitVlan(flow);
}

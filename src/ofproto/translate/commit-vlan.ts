import type { DatapathAction } from "#datapath/actions.js";
import { MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { TranslationContext } from "./context.js";

/**
 * Emits what turns the VLAN headers the datapath's packet has now (`base`) into those it shall have (`flow`): headers that differ are popped
 * from the outside in and pushed from the inside out; equal ones at the bottom stay. A popped header, whichever it was, has its bits
 * recorded as looked at.
 */
export function commitVlan(ctx: TranslationContext): void {
  let have = count(ctx.base);
  let want = count(ctx.flow);
  while (have > 0 && want > 0 && ctx.base[W.vlan0 + have - 1] === ctx.flow[W.vlan0 + want - 1]) {
    have--;
    want--;
  }
  for (let i = 0; i < have; i++) {
    ctx.actions.push({ kind: "pop_vlan" });
    ctx.mask[W.vlan0 + i] = 0xffffffff;
  }
  for (let i = want - 1; i >= 0; i--) ctx.actions.push(push(ctx.flow[W.vlan0 + i]!));
  for (let i = 0; i < MAX_VLANS; i++) ctx.base[W.vlan0 + i] = ctx.flow[W.vlan0 + i]!;
}

function count(key: Uint32Array): number {
  let n = 0;
  while (n < MAX_VLANS && (key[W.vlan0 + n]! & VLAN_PRESENT) !== 0) n++;
  return n;
}

function push(header: number): DatapathAction {
  return { kind: "push_vlan", tpid: header >>> 16, vid: header & 0xfff, pcp: (header >>> 13) & 7 };
}

import { newKey } from "#flow/key.js";
import { MAX_MPLS, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { TranslationContext } from "./context.js";

/** The bottom of the stack is reached (label:20 | tc:3 | bos:1 | ttl:8). */
const BOTTOM = 0x100;

/** Label stack entries of a key: to the bottom of the stack, or where that is not to be seen to the last that is not 0. */
function mplsEntries(key: Uint32Array): number {
  if (!isMpls(key[W.ethType]!)) return 0;
  let last = 0;
  for (let i = 0; i < MAX_MPLS; i++) {
    const entry = key[W.mpls + i]!;
    if ((entry & BOTTOM) !== 0) return i + 1;
    if (entry !== 0) last = i + 1;
  }
  return last;
}

/** True for the Ethernet types of labelled packets. */
export function isMpls(ethType: number): boolean {
  return ethType === EtherType.mpls || ethType === EtherType.mplsMulticast;
}

/**
 * Emits what turns the label stack that the datapath's packet has into the one wanted: entries that differ are popped, the last of them rather set, and what
 * is wanted above is pushed.
 */
export function commitMpls(ctx: TranslationContext): void {
  const { flow, base } = ctx;
  if (!isMpls(flow[W.ethType]!) && !isMpls(base[W.ethType]!)) return;
  let have = mplsEntries(base);
  lookForEnd(ctx, have);
  const want = mplsEntries(flow);
  let common = 0;
  while (common < have && common < want && base[W.mpls + have - 1 - common] === flow[W.mpls + want - 1 - common]) {
    ctx.mask[W.mpls + Math.max(have, want) - 1 - common] = 0xffffffff;
    common++;
  }
  while (have > common) {
    if (have === common + 1 && want > common) {
      setTop(ctx, flow[W.mpls + want - common - 1]!);
      common++;
      break;
    }
    ctx.actions.push({ kind: "pop_mpls", ethertype: have > 1 ? EtherType.mpls : flow[W.ethType]! });
    have--;
  }
  for (; common < want; common++) {
    ctx.actions.push({ kind: "push_mpls", lse: flow[W.mpls + want - common - 1]!, ethertype: flow[W.ethType]! });
  }
  for (let i = 0; i < MAX_MPLS; i++) base[W.mpls + i] = flow[W.mpls + i]!;
  base[W.ethType] = flow[W.ethType]!;
}

/** Where the bottom is not to be seen, that the last entry is one, and that those behind it are none, was looked at: a stack that is cut off is shorter. */
function lookForEnd({ base, mask }: TranslationContext, count: number): void {
  if (!isMpls(base[W.ethType]!)) return;
  const last = W.mpls + count - 1;
  if (count > 0) {
    if ((base[last]! & BOTTOM) !== 0) return;
    mask[last] = mask[last]! | (0x80000000 >>> Math.clz32(base[last]!));
  }
  mask.fill(0xffffffff, last + 1, W.mpls + MAX_MPLS);
}

/** The entry is written whole, with what the packet had in the fields that did not change: so these are looked at. */
function setTop(ctx: TranslationContext, entry: number): void {
  for (let i = 0; i < MAX_MPLS; i++) ctx.mask[W.mpls + i] = 0xffffffff;
  const value = newKey();
  const mask = newKey();
  value[W.mpls] = entry;
  mask[W.mpls] = 0xffffffff;
  value[W.ethType] = ctx.flow[W.ethType]!;
  ctx.actions.push({ kind: "set", value, mask });
}

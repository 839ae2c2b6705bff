import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { Rule } from "../tables/rule.js";
import type { TranslationContext } from "./context.js";

const looked = newKey();

/**
 * Looks a packet up with the addresses, protocol and ports of its connection's first packet (`resubmit(,N,ct)`); what was looked at of the packet's own
 * is recorded as looked at of the connection's. Undefined, and nothing done, where the connection is not known.
 */
export function lookupOriginal(
  ctx: TranslationContext,
  lookup: (key: FlowKey, mask: FlowMask) => Rule | undefined,
): { readonly rule: Rule | undefined } | undefined {
  const { flow, mask } = ctx;
  const protocol = (flow[W.ctZone]! >>> 16) & 0xff;
  if (protocol === 0 || (flow[W.ethType] !== EtherType.ipv4 && flow[W.ethType] !== EtherType.ipv6)) return undefined;
  const places = flow[W.ethType] === EtherType.ipv4 ? ipv4 : ipv6;
  const before = places.map(([own]) => flow[own]!);
  const nw = flow[W.nw]!;
  for (const [own, original] of places) flow[own] = flow[original]!;
  flow[W.nw] = (nw & ~0xff) | protocol;
  looked.fill(0);
  const rule = lookup(flow, looked);
  places.forEach(([own], i) => {
    flow[own] = before[i]!;
  });
  flow[W.nw] = nw;
  for (const [own, original] of places) {
    mask[original] = mask[original]! | looked[own]!;
    looked[own] = 0;
  }
  mask[W.ctZone] = mask[W.ctZone]! | ((looked[W.nw]! & 0xff) << 16);
  looked[W.nw] = looked[W.nw]! & ~0xff;
  for (let w = 0; w < looked.length; w++) mask[w] = mask[w]! | looked[w]!;
  return { rule };
}

/** Words of the packet's own, and those of its connection's first packet. */
const ipv4: readonly (readonly [own: number, original: number])[] = [
  [W.nwSrc, W.ctNwSrc],
  [W.nwDst, W.ctNwDst],
  [W.tp, W.ctTp],
];
const ipv6: readonly (readonly [own: number, original: number])[] = [
  ...[0, 1, 2, 3].map((i) => [W.ipv6Src + i, W.ctIpv6Src + i] as const),
  ...[0, 1, 2, 3].map((i) => [W.ipv6Dst + i, W.ctIpv6Dst + i] as const),
  [W.tp, W.ctTp],
];

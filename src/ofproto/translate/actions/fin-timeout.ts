import { W } from "#flow/layout.js";
import type { FinTimeout } from "#openflow/actions/fin-timeout.js";
import { EtherType } from "#wire/ethernet.js";
import { IpProtocol } from "#wire/ip-protocol.js";
import type { TranslationContext } from "../context.js";

/** `fin_timeout`: the flow lives shorter once a packet has ended its TCP connection. */
export function translateFinTimeout(ctx: TranslationContext, { idle, hard }: FinTimeout): void {
  const { flow, rule } = ctx;
  const type = flow[W.ethType];
  ctx.mask[W.nw] = ctx.mask[W.nw]! | 0xff;
  if ((type !== EtherType.ipv4 && type !== EtherType.ipv6) || (flow[W.nw]! & 0xff) !== IpProtocol.tcp) return;
  if (rule) ctx.effects.push({ kind: "fin_timeout", bridge: ctx.bridge, rule, idle, hard });
}

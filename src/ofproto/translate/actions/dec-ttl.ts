import { W } from "#flow/layout.js";
import { PacketInReason, toController } from "#openflow/actions/controller.js";
import type { DecTtl } from "#openflow/actions/dec-ttl.js";
import { EtherType } from "#wire/ethernet.js";
import type { TranslationContext } from "../context.js";
import { translateController } from "./controller.js";

/** `dec_ttl`, of IPv4 and IPv6: a packet whose time is up goes to the controllers named, and no further. */
export function translateDecTtl(ctx: TranslationContext, { controllers, listed }: DecTtl): void {
  const { flow, mask } = ctx;
  const type = flow[W.ethType];
  if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return;
  mask[W.nw] = mask[W.nw]! | 0xffff;
  if (((flow[W.nw]! >>> 8) & 0xff) > 1) flow[W.nw] = flow[W.nw]! - 0x100;
  else {
    const ids = controllers.length === 0 && !listed ? [0] : controllers;
    ttlException(ctx, `${type === EtherType.ipv4 ? "IPv4" : "IPv6"} decrement TTL exception`, ids);
  }
}

/** A packet's time is up: controllers get it, if they want such packets; the rest of the list of actions is not done. */
export function ttlException(ctx: TranslationContext, text: string, controllers: readonly number[]): void {
  for (const controllerId of controllers) {
    translateController(ctx, toController({ controllerId, reason: PacketInReason.invalidTtl }));
  }
  ctx.trace?.note(` >> ${text}`);
  ctx.refuse("ttl_expired");
  ctx.leavesList = true;
}

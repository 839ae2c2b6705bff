import { W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { TranslationContext } from "../context.js";
import { ttlException } from "./dec-ttl.js";

const TTL = 0xff0000;
const ONE = 0x10000;

/** `dec_nsh_ttl`. */
export function translateDecNshTtl(ctx: TranslationContext): void {
  const { flow, mask } = ctx;
  if (flow[W.ethType] !== EtherType.nsh) return;
  mask[W.nsh] = mask[W.nsh]! | TTL;
  if ((flow[W.nsh]! & TTL) > ONE) flow[W.nsh] = flow[W.nsh]! - ONE;
  else ttlException(ctx, "NSH decrement TTL exception", [0]);
}

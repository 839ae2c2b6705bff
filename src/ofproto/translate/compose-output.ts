import { copyKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { OfPort } from "../port.js";
import { PortConfig } from "../port-config.js";
import { commitVlan } from "./commit-vlan.js";
import { MAX_DEPTH, MAX_STEPS, type TranslationContext } from "./context.js";

/** Sends the packet, as `ctx.flow` has it, out of a port: to the datapath, or through a patch port into the next bridge. */
export function composeOutput(ctx: TranslationContext, port: OfPort): void {
  if ((port.config & PortConfig.noForward) !== 0) {
    ctx.trace?.note(" -> OFPPC_NO_FWD set, skipping output");
    ctx.refuse("no_forward");
    return;
  }
  if (port.datapathPort !== undefined) {
    commitVlan(ctx);
    ctx.actions.push({ kind: "output", port: port.datapathPort });
    return;
  }
  const peer = ctx.world.patchPeer(port);
  if (!peer) {
    ctx.trace?.note(" >> Nonexistent output port");
    ctx.refuse("no_peer");
    return;
  }
  crossPatch(ctx, port, peer);
}

/** The packet goes on in the peer's bridge; afterwards this bridge's packet is as it was. */
function crossPatch(ctx: TranslationContext, port: OfPort, peer: OfPort): void {
  ctx.effects.push({ kind: "patch", out: port, in: peer });
  if (!mayGoDeeper(ctx, peer)) return;
  const before = newKey();
  copyKey(before, ctx.flow);
  const from = ctx.inPort;
  ctx.inPort = peer;
  ctx.depth++;
  ctx.steps++;
  ctx.flow[W.inPort] = peer.ofport;
  ctx.flow[W.actsetOutput] = 0;
  ctx.flow.fill(0, W.metadata, W.inPort);
  ctx.enterBridge(ctx);
  copyKey(ctx.flow, before);
  ctx.inPort = from;
  ctx.depth--;
}

/**
 * Where bridges are joined in a loop, the packet ends after so many of them, with the copies made on the way sent; where loops branch, so
 * that there would be no end of copies, the translation is void.
 */
function mayGoDeeper(ctx: TranslationContext, peer: OfPort): boolean {
  if (ctx.failed) return false;
  if (ctx.steps >= MAX_STEPS) {
    ctx.fail("too_many_resubmits", ` >> over ${MAX_STEPS} resubmit actions`);
    return false;
  }
  if (ctx.depth < MAX_DEPTH) return true;
  ctx.trace?.enter("bridge", peer.bridge.name);
  ctx.trace?.note(`     >>>> over max translation depth ${MAX_DEPTH} <<<<`);
  ctx.trace?.leave();
  ctx.refuse("recursion_too_deep");
  return false;
}

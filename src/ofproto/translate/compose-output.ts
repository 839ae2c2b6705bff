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
  if (!mayGoDeeper(ctx)) return;
  ctx.effects.push({ kind: "patch", out: port, in: peer });
  const before = newKey();
  copyKey(before, ctx.flow);
  const from = ctx.inPort;
  ctx.inPort = peer;
  ctx.flow[W.inPort] = peer.ofport;
  ctx.flow[W.actsetOutput] = 0;
  ctx.flow.fill(0, W.metadata, W.inPort);
  ctx.enterBridge(ctx);
  copyKey(ctx.flow, before);
  ctx.inPort = from;
  ctx.depth--;
}

/** Counts a step; voids the translation where a loop of bridges or tables would not end. */
function mayGoDeeper(ctx: TranslationContext): boolean {
  if (ctx.failed) return false;
  if (ctx.depth >= MAX_DEPTH) {
    ctx.fail("recursion_too_deep", ` >> over max translation depth ${MAX_DEPTH}`);
    return false;
  }
  if (ctx.steps >= MAX_STEPS) {
    ctx.fail("too_many_resubmits", ` >> over ${MAX_STEPS} resubmit actions`);
    return false;
  }
  ctx.depth++;
  ctx.steps++;
  return true;
}

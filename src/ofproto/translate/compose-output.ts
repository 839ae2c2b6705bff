import { copyKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { OfPort } from "../port.js";
import { PortConfig } from "../port-config.js";
import { commit } from "./commit.js";
import type { TranslationContext } from "./context.js";
import { mayGoDeeper } from "./depth.js";

/** Sends the packet, as `ctx.flow` has it, out of a port: to the datapath, or through a patch port into the next bridge. */
export function composeOutput(ctx: TranslationContext, port: OfPort): void {
  if ((port.config & PortConfig.noForward) !== 0) {
    ctx.trace?.note(" -> OFPPC_NO_FWD set, skipping output");
    ctx.refuse("no_forward");
    return;
  }
  if (port.datapathPort !== undefined) {
    commit(ctx);
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
  if (!mayGoDeeper(ctx)) return;
  const before = newKey();
  copyKey(before, ctx.flow);
  const from = ctx.inPort;
  ctx.inPort = peer;
  ctx.flow[W.inPort] = peer.ofport;
  ctx.flow[W.actsetOutput] = 0;
  ctx.flow.fill(0, W.metadata, W.inPort);
  ctx.pipeline.enterBridge(ctx);
  copyKey(ctx.flow, before);
  ctx.inPort = from;
}

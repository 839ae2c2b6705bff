import { copyKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { OFPP } from "#openflow/port-number.js";
import type { OfPort } from "../port.js";
import { PortConfig } from "../port-config.js";
import { commit } from "./commit.js";
import type { TranslationContext } from "./context.js";
import { finishFreezing } from "./finish-freezing.js";
import { freezeAtTable } from "./freeze.js";
import { isReversible } from "./reversible.js";

/** Sends the packet, as `ctx.flow` has it, out of a port: to the datapath, or through a patch port into the next bridge. */
export function composeOutput(ctx: TranslationContext, port: OfPort): void {
  if ((port.config & PortConfig.noForward) !== 0) {
    ctx.trace?.note(" -> OFPPC_NO_FWD set, skipping output");
    ctx.refuse("no_forward");
    return;
  }
  if (ctx.flow[W.packetType] !== 0) {
    ctx.trace?.note(" >> Trying to send non-Ethernet packet through legacy L2 port. Dropping packet.");
    ctx.refuse("no_ethernet");
    return;
  }
  if (port.datapathPort !== undefined) {
    commit(ctx);
    ctx.actions.push({ kind: "output", port: port.datapathPort });
    return;
  }
  const peer = ctx.world.patchPeer(port);
  if (!peer) {
    ctx.refuse("no_peer");
    return;
  }
  crossPatch(ctx, port, peer);
}

/**
 * The packet goes on in the peer's bridge: a copy, without what only means something in this bridge. Afterwards everything is as it was, even where the copy went
 * round in circles.
 */
function crossPatch(ctx: TranslationContext, port: OfPort, peer: OfPort): void {
  ctx.effects.push({ kind: "patch", out: port, in: peer });
  if (ctx.failed) return;
  const { flow, inPort, tableId, rule, stack, actionSet, inActionSet, inGroup, conntracked, wasMpls } = ctx;
  const before = newKey();
  copyKey(before, flow);
  const base = newKey();
  copyKey(base, ctx.base);
  const at = ctx.actions.length;
  ctx.inPort = peer;
  ctx.stack = [];
  ctx.actionSet = [];
  ctx.inActionSet = false;
  ctx.inGroup = false;
  ctx.conntracked = false;
  flow.fill(0, 0, W.inPort);
  flow.fill(0, W.tunMetadata);
  flow.fill(0, W.ctState, W.eth);
  flow[W.inPort] = peer.ofport;
  flow[W.actsetOutput] = OFPP.unset;
  if (wasMpls) {
    // The tables there would look at headers that are not known yet.
    ctx.trace?.enter("bridge", ctx.bridge.name);
    ctx.trace?.leave();
    freezeAtTable(ctx, 0);
  } else ctx.pipeline.enterBridge(ctx);
  finishFreezing(ctx);
  if (!ctx.failed && !wasMpls && ctx.firstRule !== undefined && !isReversible(ctx.firstRule.actions)) {
    // The datapath's packet is another now, which this bridge's is not to be.
    ctx.actions.push({ kind: "clone", actions: ctx.actions.splice(at) });
    copyKey(ctx.base, base);
  }
  ctx.exit = false;
  if (ctx.failed && ctx.drop?.reason === "recursion_too_deep") {
    ctx.failed = false;
    ctx.error = undefined;
  }
  copyKey(flow, before);
  Object.assign(ctx, { inPort, tableId, rule, stack, actionSet, inActionSet, inGroup, conntracked, wasMpls });
}

import type { FlowKey, FlowMask } from "#flow/key.js";
import { MAX_MPLS, VLAN_PRESENT, W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";
import { NO_COOKIE } from "#openflow/messages/packet/packet-in.js";
import { OFPP } from "#openflow/port-number.js";
import { EtherType } from "#wire/ethernet.js";
import { portOrAbsent } from "../absent-port.js";
import type { OfPort } from "../port.js";
import { runActionSet } from "./action-set.js";
import { isMpls } from "./commit-mpls.js";
import { type Pipeline, type Translation, TranslationContext, type World } from "./context.js";
import { enterBridge } from "./enter-bridge.js";
import { finishFreezing } from "./finish-freezing.js";
import type { FrozenState } from "./frozen-state.js";
import { leaves } from "./leaves.js";
import { runActions } from "./run-actions.js";
import { runTable } from "./run-table.js";
import { thaw, thawRecirculated } from "./thaw.js";
import type { Trace } from "./trace.js";
import { liveCopy } from "./trace-live.js";

const pipeline: Pipeline = { enterBridge, runTable, runActions };

/**
 * What a packet that came in by `port` becomes. Pure: reads the switch, changes nothing. `key` is the packet's, with any `in_port`.
 */
export function translate(world: World, port: OfPort, key: FlowKey, trace?: Trace): Translation {
  const ctx = new TranslationContext(world, pipeline, port, key, trace);
  const id = key[W.recircId]!;
  if (id === 0) enterBridge(ctx);
  else thawRecirculated(ctx, id);
  return finish(ctx, key, trace === undefined && ctx.live.length > 0);
}

/** What a packet that a controller sends becomes, by a list of actions. */
export function translateActions(
  world: World,
  port: OfPort,
  key: FlowKey,
  actions: readonly Action[],
  trace?: Trace,
): Translation {
  const ctx = new TranslationContext(world, pipeline, port, key, trace);
  // A what-if says what the actions do, and not that a controller sent them.
  ctx.inPacketOut = trace === undefined;
  ctx.cookie = NO_COOKIE;
  runActions(ctx, actions);
  runActionSet(ctx);
  return finish(ctx, key);
}

/** What a packet becomes that a controller lets go on. */
export function translateFrozen(world: World, key: FlowKey, state: FrozenState): Translation {
  const port = portOrAbsent(state.bridge, state.metadata[W.inPort]!);
  const ctx = new TranslationContext(world, pipeline, port, key, undefined);
  thaw(ctx, state);
  runActionSet(ctx);
  return finish(ctx, key);
}

/** `copies`: packets are looked at, too. */
function finish(ctx: TranslationContext, key: FlowKey, copies = false): Translation {
  const { trace, origin: port } = ctx;
  if (!ctx.failed) forgetAbsentHeaders(ctx.mask, key);
  lookAtAlways(ctx.mask, key);
  finishFreezing(ctx);
  if (ctx.failed) ctx.actions.length = 0;
  const dropped = leaves(ctx.actions) ? undefined : (ctx.drop?.reason ?? "no_output");
  if (dropped !== undefined) {
    const { bridge, port: at } = ctx.drop ?? { bridge: port.bridge, port };
    ctx.effects.push({ kind: "drop", bridge, port: at, reason: dropped, isCovered: ctx.actions.length === 0 });
  }
  forgetMetadata(ctx.mask, key);
  if (ctx.flow[W.actsetOutput] === OFPP.unset) ctx.flow[W.actsetOutput] = key[W.actsetOutput]!;
  const finalFlow = trace && ctx.flow.slice();
  const actions = ctx.allOf?.length === ctx.actions.length ? ctx.allOf : ctx.actions;
  return {
    actions: copies ? [liveCopy, ...actions] : actions,
    mask: ctx.mask,
    effects: ctx.effects,
    macs: ctx.macs,
    frozen: ctx.frozen,
    recirculations: ctx.recirculations,
    live: ctx.live,
    slow: ctx.slow,
    error: ctx.error,
    dropped,
    finalFlow,
  };
}

/** Metadata are 0 in every packet that comes in, and what a thawed one has is said by its recirculation number: neither tells packets apart. */
function forgetMetadata(mask: FlowMask, key: FlowKey): void {
  mask[W.actsetOutput] = 0;
  mask[W.conjId] = 0;
  if (isTunnelled(key)) mask.fill(0, W.metadata, W.inPort);
  else {
    mask.fill(0, 0, W.inPort);
    mask.fill(0, W.tunMetadata);
  }
}

function isTunnelled(key: FlowKey): boolean {
  if (key[W.tunDst] !== 0) return true;
  for (let w: number = W.tunIpv6Dst; w < W.tunIpv6Dst + 4; w++) if (key[w] !== 0) return true;
  return false;
}

/** Headers that actions put on have been looked at in the packet that they were put on, which has none. */
function forgetAbsentHeaders(mask: FlowMask, key: FlowKey): void {
  const type = key[W.ethType]!;
  // They are few words: loops.
  if (!isMpls(type)) for (let w: number = W.mpls; w < W.mpls + MAX_MPLS; w++) mask[w] = 0;
  if (type !== EtherType.nsh) for (let w: number = W.nsh; w < W.tunMetadata; w++) mask[w] = 0;
}

/** What every megaflow tells apart: where the packet came in, what kind it is, which headers it has. */
function lookAtAlways(mask: FlowMask, key: FlowKey): void {
  mask[W.inPort]! |= 0xffffffff;
  mask[W.recircId]! |= 0xffffffff;
  mask[W.packetType]! |= 0xffffffff;
  mask[W.ethType]! |= 0xffff;
  mask[W.vlan0]! |= 0xffff0000;
  if ((key[W.vlan0]! & VLAN_PRESENT) !== 0) {
    mask[W.vlan0]! |= VLAN_PRESENT;
    mask[W.vlan1]! |= 0xffff0000;
  }
  const type = key[W.ethType];
  if (type === EtherType.ipv4 || type === EtherType.ipv6) mask[W.nw]! |= 0x03000000;
}

import type { FlowKey, FlowMask } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { OfPort } from "../port.js";
import { type Pipeline, type Translation, TranslationContext, type World } from "./context.js";
import { enterBridge } from "./enter-bridge.js";
import { runActions } from "./run-actions.js";
import { runTable } from "./run-table.js";
import type { Trace } from "./trace.js";

const pipeline: Pipeline = { enterBridge, runTable, runActions };

/**
 * What a packet that came in by `port` becomes. Pure: reads the switch, changes nothing. `key` is the packet's, with any `in_port`.
 */
export function translate(world: World, port: OfPort, key: FlowKey, trace?: Trace): Translation {
  const ctx = new TranslationContext(world, pipeline, port, key, trace);
  lookAtAlways(ctx.mask, key);
  enterBridge(ctx);
  if (ctx.failed) ctx.actions.length = 0;
  const dropped = ctx.actions.length === 0 ? (ctx.drop?.reason ?? "no_other_port") : undefined;
  if (dropped !== undefined) {
    const { bridge, port: at } = ctx.drop ?? { bridge: port.bridge, port };
    ctx.effects.push({ kind: "drop", bridge, port: at, reason: dropped });
  }
  ctx.flow[W.inPort] = port.ofport;
  const finalFlow = trace && ctx.flow.slice();
  const actions = ctx.allOf?.length === ctx.actions.length ? ctx.allOf : ctx.actions;
  return {
    actions,
    mask: ctx.mask,
    effects: ctx.effects,
    macs: ctx.macs,
    frozen: ctx.frozen,
    slow: ctx.slow,
    dropped,
    finalFlow,
  };
}

/** What every megaflow tells apart: where the packet came in, what kind it is, which headers it has. */
function lookAtAlways(mask: FlowMask, key: FlowKey): void {
  mask[W.inPort] = 0xffffffff;
  mask[W.recircId] = 0xffffffff;
  mask[W.packetType] = 0xffffffff;
  mask[W.ethType] = 0xffff;
  mask[W.vlan0] = 0xffff0000;
  if ((key[W.vlan0]! & VLAN_PRESENT) !== 0) {
    mask[W.vlan0] = 0xffff0fff | VLAN_PRESENT;
    mask[W.vlan1] = 0xffff0000;
  }
  const type = key[W.ethType];
  if (type === EtherType.ipv4 || type === EtherType.ipv6) mask[W.nw] = 0x03000000;
}

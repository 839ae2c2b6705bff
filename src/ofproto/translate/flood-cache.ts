import type { DatapathAction } from "#datapath/actions.js";
import { MAX_VLANS, W } from "#flow/layout.js";
import type { BridgeState } from "../bridge-state.js";
import type { DropReason } from "../drop-reason.js";
import type { OfPort } from "../port.js";
import type { TranslationContext } from "./context.js";

/** What a flood did to a translation. */
interface Flooded {
  /** The VLAN headers it began with, as the packet's fields and as the datapath's packet had them. */
  readonly flow: Uint32Array;
  readonly base: Uint32Array;
  readonly actions: readonly DatapathAction[];
  /** The datapath's packet, and the bits looked at in the headers, afterwards. */
  readonly baseAfter: Uint32Array;
  readonly mask: Uint32Array;
  readonly drop: { bridge: BridgeState; port: OfPort; reason: DropReason } | undefined;
}

/** Floods remembered of one port, that is, of packets with so many different VLAN headers; and of all ports. */
const MAX_PER_PORT = 32;
const MAX_IN_ALL = 1024;

/**
 * Floods that were translated before. Where a flood goes depends on nothing of the packet but its port and VLAN headers; where it passes no patch port,
 * its outcome is kept until something of the switch changes. Packets that flood alike get the same list of actions, which the datapath compiles once.
 */
export class FloodCache {
  readonly #ports = new Map<OfPort, Flooded[]>();
  #size = 0;

  /** Forgets everything: settings, ports or bundles are others now. */
  clear(): void {
    this.#ports.clear();
    this.#size = 0;
  }

  /** Floods with `flood`, or does to `ctx` what it has done before for a packet like this one. */
  flood(ctx: TranslationContext, flood: () => void): void {
    if (ctx.trace) {
      flood();
      return;
    }
    const again = this.#ports.get(ctx.inPort)?.find((f) => sameVlans(f.flow, ctx.flow) && sameVlans(f.base, ctx.base));
    if (again) {
      repeat(ctx, again);
      return;
    }
    const made = record(ctx, flood);
    if (made) this.#keep(ctx.inPort, made);
  }

  #keep(port: OfPort, made: Flooded): void {
    if (this.#size >= MAX_IN_ALL) this.clear();
    const known = this.#ports.get(port) ?? [];
    this.#ports.set(port, known);
    if (known.length >= MAX_PER_PORT) known.shift();
    else this.#size++;
    known.push(made);
  }
}

function repeat(ctx: TranslationContext, { actions, baseAfter, mask, drop }: Flooded): void {
  if (ctx.actions.length === 0) ctx.allOf = actions;
  for (const action of actions) ctx.actions.push(action);
  for (let i = 0; i < MAX_VLANS; i++) {
    ctx.base[W.vlan0 + i] = baseAfter[i]!;
    ctx.mask[W.vlan0 + i] = ctx.mask[W.vlan0 + i]! | mask[i]!;
  }
  ctx.drop = drop;
}

/** Floods, and says what it did; undefined where that depends on more than the VLAN headers. */
function record(ctx: TranslationContext, flood: () => void): Flooded | undefined {
  const [flow, base, maskBefore] = [vlans(ctx.flow), vlans(ctx.base), vlans(ctx.mask)];
  const [actionsBefore, effectsBefore] = [ctx.actions.length, ctx.effects.length];
  ctx.mask.fill(0, W.vlan0, W.vlan0 + MAX_VLANS);
  flood();
  const mask = vlans(ctx.mask);
  for (let i = 0; i < MAX_VLANS; i++) ctx.mask[W.vlan0 + i] = ctx.mask[W.vlan0 + i]! | maskBefore[i]!;
  if (ctx.failed || ctx.effects.length > effectsBefore) return undefined;
  const actions = ctx.actions.slice(actionsBefore);
  if (actionsBefore === 0) ctx.allOf = actions;
  return { flow, base, actions, baseAfter: vlans(ctx.base), mask, drop: ctx.drop };
}

function vlans(key: Uint32Array): Uint32Array {
  return key.slice(W.vlan0, W.vlan0 + MAX_VLANS);
}

function sameVlans(remembered: Uint32Array, key: Uint32Array): boolean {
  for (let i = 0; i < MAX_VLANS; i++) if (remembered[i] !== key[W.vlan0 + i]) return false;
  return true;
}

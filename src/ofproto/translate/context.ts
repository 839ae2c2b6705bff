import type { DatapathAction } from "#datapath/actions.js";
import { copyKey, type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import type { MacNumber } from "#util/mac-number.js";
import type { BridgeState } from "../bridge-state.js";
import type { DropReason } from "../drop-reason.js";
import type { Effect } from "../effect.js";
import type { OfPort } from "../port.js";
import type { FloodCache } from "./flood-cache.js";
import type { Trace } from "./trace.js";

/** Nested bridges, groups and tables a packet may pass. */
export const MAX_DEPTH = 64;
/** Bridges, groups and tables a packet may pass in all. */
export const MAX_STEPS: number = MAX_DEPTH * MAX_DEPTH;

/** What a translation reads besides tables and ports, which hang on the port it begins at. */
export interface World {
  /** The other end of a patch port, undefined where it has none. */
  patchPeer(port: OfPort): OfPort | undefined;
  readonly floods: FloodCache;
}

/** What became of a packet. */
export interface Translation {
  /** Empty to drop. */
  readonly actions: readonly DatapathAction[];
  /** The bits that were looked at, the datapath's port number among them. */
  readonly mask: FlowMask;
  readonly effects: readonly Effect[];
  /** Addresses that were looked up: when one is learned, moves or is forgotten, the translation may become another. */
  readonly macs: readonly MacNumber[];
  /** Why there are no actions. */
  readonly dropped: DropReason | undefined;
  /** The packet's fields after the last action; only of a traced translation. */
  readonly finalFlow: FlowKey | undefined;
}

/** Translations do not overlap, so they share the keys they work on: a key is costly to make. */
const scratch = { flow: newKey(), base: newKey() };

/** The state of one translation while it goes on. Steps read the switch and write only here. */
export class TranslationContext {
  readonly world: World;
  readonly trace: Trace | undefined;
  /** Has the packet begin in the bridge of `inPort`; given by `translate`, since it leads back here. */
  readonly enterBridge: (ctx: TranslationContext) => void;
  /** The packet's fields as actions have changed them; `in_port` is an OpenFlow number of the current bridge. */
  readonly flow: FlowKey;
  /** The fields as the datapath's actions so far leave them. */
  readonly base: FlowKey;
  readonly mask: FlowMask = newKey();
  readonly actions: DatapathAction[] = [];
  /** A list that begins as `actions` does, and is all of them where it is as long: the same for every packet that floods alike. */
  allOf: readonly DatapathAction[] | undefined;
  readonly effects: Effect[] = [];
  readonly macs: MacNumber[] = [];
  /** Where the packet came into the switch. */
  readonly origin: OfPort;
  inPort: OfPort;
  depth = 0;
  steps = 0;
  /** The last reason not to send the packet somewhere. */
  drop: { bridge: BridgeState; port: OfPort; reason: DropReason } | undefined;
  /** Set when the whole translation is void. */
  failed = false;

  constructor(
    world: World,
    enterBridge: (ctx: TranslationContext) => void,
    port: OfPort,
    key: FlowKey,
    trace: Trace | undefined,
  ) {
    this.world = world;
    this.enterBridge = enterBridge;
    this.trace = trace;
    this.origin = port;
    this.inPort = port;
    this.flow = scratch.flow;
    copyKey(this.flow, key);
    this.base = scratch.base;
    copyKey(this.base, key);
  }

  get bridge(): BridgeState {
    return this.inPort.bridge;
  }

  /** Notes why the packet does not go on here. */
  refuse(reason: DropReason): void {
    this.drop = { bridge: this.bridge, port: this.inPort, reason };
  }

  /** Voids the translation. */
  fail(reason: DropReason, text: string): void {
    this.failed = true;
    this.refuse(reason);
    this.trace?.note(text);
  }
}

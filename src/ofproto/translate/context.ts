import type { CtNat, DatapathAction } from "#datapath/actions.js";
import { copyKey, type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Action } from "#openflow/actions/action.js";
import type { ControllerAction } from "#openflow/actions/controller.js";
import { OFPP } from "#openflow/port-number.js";
import type { MacNumber } from "#util/mac-number.js";
import type { BridgeState } from "../bridge-state.js";
import type { DropReason } from "../drop-reason.js";
import type { Effect } from "../effect.js";
import type { OfPort } from "../port.js";
import type { Rule } from "../tables/rule.js";
import type { FloodCache } from "./flood-cache.js";
import type { FrozenStates, FrozenStep } from "./frozen-state.js";
import type { Trace } from "./trace.js";
import type { LiveFilter } from "./trace-live.js";

/** What a translation reads besides tables and ports, which hang on the port it begins at. */
export interface World {
  /** The other end of a patch port, undefined where it has none. */
  patchPeer(port: OfPort): OfPort | undefined;
  readonly floods: FloodCache;
  readonly frozen: FrozenStates;
  /** The OpenFlow port of a datapath's port. */
  port(datapathPort: number): OfPort | undefined;
  /** Whose packets are looked at as they pass. */
  readonly live: readonly LiveFilter[];
  /** The name of the timeout policy of a connection tracking zone, where it has one. */
  timeoutPolicy(zone: number): string | undefined;
}

/** What became of a packet. */
export interface Translation {
  /** Empty to drop. */
  readonly actions: readonly DatapathAction[];
  /** The bits that were looked at, the datapath's port number among them. Good until the next translation, but of a traced one. */
  readonly mask: FlowMask;
  readonly effects: readonly Effect[];
  /** Addresses that were looked up: when one is learned, moves or is forgotten, the translation may become another. */
  readonly macs: readonly MacNumber[];
  /** Numbers of the frozen states that the actions name. Whoever had the translation made releases them (`Recirculation.release`). */
  readonly frozen: readonly number[];
  /** Recirculations through connection tracking, in order: where a trace goes on. */
  readonly recirculations: readonly Recirculated[];
  /** Whose packet it is that is looked at: the actions begin with `liveCopy`, but in a what-if. */
  readonly live: readonly LiveFilter[];
  /** Why packets must be handled in userspace, as bits of `slowPathReasons`; 0 where the datapath can do it all. */
  readonly slow: number;
  /** Why the translation is void, in a trace's words; undefined where it is not. */
  readonly error: string | undefined;
  /** Why there are no actions, or none that sends the packet on. */
  readonly dropped: DropReason | undefined;
  /** The packet's fields after the last action; only of a traced translation. */
  readonly finalFlow: FlowKey | undefined;
}

/** Translations do not overlap, so they share the keys they work on: a key is costly to make. */
const scratch = { flow: newKey(), base: newKey(), mask: newKey() };

/** What is being kept of a packet that has to wait, while its actions are unrolled. */
export interface Freezing {
  /** The table that it goes on in; undefined where only `steps` are left. */
  readonly table: number | undefined;
  /** What is left to do, in order: every level of actions adds its own. */
  readonly steps: FrozenStep[];
  /** The `controller` action that the packet waits for; recirculated otherwise, after a hash where one is asked for. */
  readonly controller?: ControllerAction;
  readonly hash?: { readonly algorithm: "l4" | "sym_l4"; readonly basis: number };
  /** Cookie of the outermost flow so far. */
  cookie: bigint;
}

/** A packet that goes on after connection tracking. */
export interface Recirculated {
  readonly id: number;
  /** Fields of the packet as it was when it left, with the connection's mark and label as the action sets them. */
  readonly flow: FlowKey;
  readonly zone: number;
  readonly nat: CtNat | undefined;
}

/** `push_nsh` with the bytes of its TLVs, where its metadata are of type 2. */
export type PendingHeader =
  | { readonly kind: "push_eth" | "pop_eth" | "add_mpls" }
  | { readonly kind: "push_nsh"; readonly metadata: Uint8Array };

/** How a table is looked up. */
export interface Lookup {
  /** The port the packet seems to have come in by; by default its own. */
  readonly inPort?: number;
  /** By the addresses, protocol and ports of its connection's first packet. */
  readonly ct?: boolean;
  /** A packet that no flow matches has what the table is set to do; otherwise it is nothing. */
  readonly honorsMiss?: boolean;
}

/** A flow that the packet teaches: it is not there for the packet itself, but lookups see that there are flows of its mask. */
interface LearnedMask {
  readonly bridge: BridgeState;
  readonly table: number;
  readonly priority: number;
  readonly mask: FlowMask;
}

/** Where actions lead back to; given to the context, since what does them does actions again. */
export interface Pipeline {
  /** The packet begins in the bridge of `ctx.inPort`. */
  enterBridge(ctx: TranslationContext): void;
  /** Looks the packet up in a table of its bridge and does what the flow says. */
  runTable(ctx: TranslationContext, tableId: number, how?: Lookup): void;
  /** Does a list of actions. */
  runActions(ctx: TranslationContext, actions: readonly Action[]): void;
}

const NOBODY: readonly LiveFilter[] = [];

/** The state of one translation while it goes on. Steps read the switch and write only here. */
export class TranslationContext {
  readonly world: World;
  readonly trace: Trace | undefined;
  readonly pipeline: Pipeline;
  /** The packet's fields as actions have changed them; `in_port` is an OpenFlow number of the current bridge. */
  readonly flow: FlowKey;
  /** The fields as the datapath's actions so far leave them. `commit` makes them what `flow` says. */
  readonly base: FlowKey;
  readonly mask: FlowMask;
  /** Where the datapath's actions go: of the flow, or of a nested list while one is made (`nested`). */
  actions: DatapathAction[] = [];
  /** A list that begins as `actions` does, and is all of them where it is as long: the same for every packet that floods alike. */
  allOf: readonly DatapathAction[] | undefined;
  readonly effects: Effect[] = [];
  readonly macs: MacNumber[] = [];
  readonly frozen: number[] = [];
  readonly learned: LearnedMask[] = [];
  readonly recirculations: Recirculated[] = [];
  /** Where the packet came into the switch. */
  readonly origin: OfPort;
  inPort: OfPort;
  /** The table and the flow whose actions are done. A packet-out, and a frozen packet's steps, have no flow: `cookie` is then given. */
  tableId = 0;
  rule: Rule | undefined;
  /** The flow of the first table of the bridge that was entered last. */
  firstRule: Rule | undefined;
  cookie = 0n;
  /** Steps passed, one in the other and in all. */
  depth = 0;
  steps = 0;
  /** The packet has come into a bridge. */
  entered = false;
  /** Values pushed, the top last. */
  stack: Uint8Array[] = [];
  /** What was written to the action set, in order. */
  actionSet: Action[] = [];
  inGroup = false;
  inActionSet = false;
  inPacketOut = false;
  /** `exit`: no action of this packet is done any more, the action set neither. */
  exit = false;
  /** The rest of the present list of actions is not done. */
  leavesList = false;
  /** The queue the packet came with: `pop_queue` goes back to it. */
  readonly priority: number;
  conntracked = false;
  /** Labels were popped to nothing: what the packet then is must be found out before anything looks at it. */
  wasMpls = false;
  /** A header that was put on or taken off and that the datapath has not been told of. */
  header: PendingHeader | undefined;
  /** Why packets of the flow must be handled in userspace: bits of the datapath's `slowPathReasons`. */
  slow = 0;
  freezing: Freezing | undefined;
  /** Filters that the packet passed on its way so far. */
  live: readonly LiveFilter[] = NOBODY;
  /** The last reason not to send the packet somewhere. */
  drop: { bridge: BridgeState; port: OfPort; reason: DropReason } | undefined;
  /** Set when the whole translation is void, and why it is, as traces tell it. */
  failed = false;
  error: string | undefined;

  constructor(world: World, pipeline: Pipeline, port: OfPort, key: FlowKey, trace: Trace | undefined) {
    this.world = world;
    this.pipeline = pipeline;
    this.trace = trace;
    this.origin = port;
    this.inPort = port;
    this.mask = trace ? newKey() : scratch.mask.fill(0);
    this.flow = scratch.flow;
    copyKey(this.flow, key);
    this.base = scratch.base;
    copyKey(this.base, key);
    this.flow[W.inPort] = port.ofport;
    this.flow[W.actsetOutput] = OFPP.unset;
    this.priority = key[W.skbPriority]!;
  }

  get bridge(): BridgeState {
    return this.inPort.bridge;
  }

  /** True where no further action may be done. */
  get stopped(): boolean {
    return this.failed || this.exit || this.freezing !== undefined;
  }

  /** Notes why the packet does not go on here. */
  refuse(reason: DropReason): void {
    this.drop = { bridge: this.bridge, port: this.inPort, reason };
  }

  /** Voids the translation. `error` is what a trace says of it as a whole, `text` what it says here, if anything. */
  fail(reason: DropReason, error: string, text?: string): void {
    this.failed = true;
    this.error = error;
    this.refuse(reason);
    if (text !== undefined) this.trace?.note(` >>>> ${text} <<<<`);
  }

  /** The cookie of what is done: of the flow, of a packet-out, or of a frozen step. */
  get flowCookie(): bigint {
    return this.rule?.cookie ?? this.cookie;
  }

  /** Collects the datapath's actions that `make` adds, instead of adding them to the present list. */
  nested(make: () => void): DatapathAction[] {
    const outer = this.actions;
    const inner: DatapathAction[] = [];
    this.actions = inner;
    make();
    this.actions = outer;
    return inner;
  }
}

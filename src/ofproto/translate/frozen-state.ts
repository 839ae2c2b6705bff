import type { FlowKey } from "#flow/key.js";
import type { Action } from "#openflow/actions/action.js";
import type { BridgeState } from "../bridge-state.js";

/** Actions that are left, of a flow of a table. */
export interface FrozenStep {
  readonly table: number;
  readonly cookie: bigint;
  readonly actions: readonly Action[];
}

/**
 * A packet's way through the tables, stopped where it has to wait: for connection tracking, to be parsed again, for a hash, for a controller.
 * What a continuation (`NXT_RESUME`) says as bytes.
 */
export interface FrozenState {
  readonly bridge: BridgeState;
  /** Where the packet is looked up when it goes on; undefined where only `steps` are left to do. */
  readonly table: number | undefined;
  /** Metadata that the datapath does not keep: words [0, 64) and the tail of a flow key, `in_port` being the OpenFlow port. */
  readonly metadata: FlowKey;
  /** Values that were pushed, the top last. */
  readonly stack: readonly Uint8Array[];
  /** Bits of the bridge's mirrors that have the packet. */
  readonly mirrors: number;
  readonly conntracked: boolean;
  /** The MPLS stack was popped to nothing: the packet's inner type is to be found out. */
  readonly wasMpls: boolean;
  /** What is left to do, in order. */
  readonly steps: readonly FrozenStep[];
  /** The action set. */
  readonly actionSet: readonly Action[];
  /** What the `controller` action that froze the packet gave; undefined elsewhere. */
  readonly userdata: Uint8Array | undefined;
}

/** Frozen states by number. The same state has the same number while it is in use. */
export interface FrozenStates {
  /** The number of a state, from 1 on. It stays while a megaflow names it, and for a while after. */
  id(state: FrozenState): number;
  get(id: number): FrozenState | undefined;
}

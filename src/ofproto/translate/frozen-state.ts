import type { FlowKey } from "#flow/key.js";
import type { Action } from "#openflow/actions/action.js";
import type { BridgeState } from "../bridge-state.js";
import type { LiveFilter } from "./trace-live.js";

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
  /** Where the packet is looked up when it goes on; 0 where there are `steps`. Of a packet for a controller, the table of the flow that sent it. */
  readonly table: number;
  /** Metadata that the datapath does not keep (`frozenMetadata`), `in_port` being the OpenFlow port. */
  readonly metadata: FlowKey;
  /** Values that were pushed, the top last. */
  readonly stack: readonly Uint8Array[];
  readonly conntracked: boolean;
  /** What is left to do, in order; undefined where the packet is looked up in `table` instead. */
  readonly steps: readonly FrozenStep[] | undefined;
  /** The action set. */
  readonly actionSet: readonly Action[];
  /** What the `controller` action that froze the packet gave; undefined elsewhere. */
  readonly userdata: Uint8Array | undefined;
  /** The meter that the `controller` action named. */
  readonly meterId: number | undefined;
  /** Whose packet it is that is looked at (`Translation.live`). */
  readonly live: readonly LiveFilter[];
}

/** Frozen states by number. The same state has the same number while it is in use. */
export interface FrozenStates {
  /** The number of a state, from 1 on. Whoever asks uses it until he says otherwise (`Recirculation.release`). */
  id(state: FrozenState): number;
  /** A state that is in use, or was a moment ago: packets on their way may still name it. */
  get(id: number): FrozenState | undefined;
}

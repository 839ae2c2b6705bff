import type { MaskShape } from "#flow/shape.js";
import type { Program } from "../userspace/ops.js";
import type { ForwardMask, PlacedOperations } from "./forward-lists.js";
import type { KernelCounts } from "./kernel-counts.js";

/** Where a flow lies in the maps. */
interface Placed {
  readonly port: number;
  readonly slot: number;
  readonly mask: ForwardMask;
  readonly key: Uint8Array;
  readonly row: number;
  operations: PlacedOperations;
}

/** Is told where flows lie in the maps. */
export interface FlowPlaces {
  /** A flow is counted in a row from now on, under a key of the maps, or does something else there. */
  placed(id: number, row: number, key: Uint8Array): void;
  /** Nobody is counted in the row any more. */
  displaced(row: number): void;
}

/** What is taken of each kind of place, and what there is: flows, masks of all ports together, units of 16 bytes for lists of actions, sets of ports that packets are copied to at once. */
export interface MapFill {
  readonly flows: { readonly used: number; readonly room: number };
  readonly masks: { readonly used: number; readonly room: number };
  readonly actions: { readonly used: number; readonly room: number };
  readonly sets: { readonly used: number; readonly room: number };
}

/** A flow whose turn to be placed has come, in the maps or not. */
export interface KernelFlow {
  readonly id: number;
  readonly shape: MaskShape;
  /** What it matches: compact values of its shape from `at` on. */
  readonly values: Int32Array;
  readonly at: number;
  program: Program;
  readonly counts: KernelCounts;
  placed: Placed | undefined;
  /** Why it is not in the maps. */
  reason: string | undefined;
}

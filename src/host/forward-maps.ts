import type { ProgramItem } from "#bpf/instruction.js";
import type { CaptureRing, RingPlace } from "./capture-rings.js";
import type { CaptureHandle } from "./net.js";

/** The maps of the forwarding program, as the main thread has them; `#bpf/forward/layout.js` says what lies where. */
export interface ForwardMaps {
  /** Processors that the program may run on: 0 to one below. */
  readonly processors: number;
  /** Flows there may be, and rows of counters for each processor. */
  readonly flows: number;
  readonly masks: DataView;
  readonly lists: DataView;
  readonly operations: DataView;
  /** Rows of the first processor, then of the next one. */
  readonly counters: DataView;
  readonly processorRows: DataView;
  /** Adds a flow to the map of keys of that size, or gives one that is there another value. False where there is no room. */
  putFlow(key: Uint8Array, operations: number, row: number): boolean;
  deleteFlow(key: Uint8Array): void;
  /** Returns when no program runs any more that did when it was called: nobody has anything that has been taken out of the maps before. */
  waitForPrograms(): void;
  /** Has a captured port's frames go through `front`, if there is one, and those that it leaves at the label `FORWARD_OTHER` to the places. */
  feed(
    port: CaptureHandle,
    queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[],
    front: readonly ProgramItem[] | undefined,
  ): void;
  /** Has the kernel look at a program that `feed` would be given, and forget it again. Throws `HostError` where it refuses it. */
  tryProgram(front: readonly ProgramItem[]): void;
  /** Milliseconds of CLOCK_MONOTONIC, by which the program says when a flow was used. */
  monotonic(): number;
  close(): void;
}

/** Where a program that is put before the capturing one goes on with what it does not do. */
export const FORWARD_OTHER = "capture";

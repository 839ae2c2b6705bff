import type { Offload } from "#wire/virtio-net.js";
import type { FrameHandle } from "./net.js";

/**
 * Takes one received frame: `length` bytes of `memory` from `at` (the destination MAC) on, read-only and valid until the next
 * `receive`. `offload` is reused for the next frame.
 */
export type FrameReceiver = (port: number, memory: Uint8Array, at: number, length: number, offload: Offload) => void;

/** Counters of one port's frames, kept by the side that moves them. */
export interface FrameCounters {
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
  /** Frames the kernel or the device did not take, and why, is in `txErrors` by errno name. */
  txDropped: number;
  rxDropped: number;
}

/**
 * Moves frames between ports and the thread that forwards them; lives wholly in that thread. Handles come from
 * `NetHost.openTap` and `NetHost.capture` as plain data, possibly from another thread of the process.
 *
 * A turn of the loop is: `wait`, `receive` (which calls back, and the callback calls `send`), `flush`. What `send` is given must stay
 * unchanged until `flush` returns. `send` takes a frame in two parts, so that rewritten headers in scratch memory need no
 * copy of the payload: the frame is `head[headAt, +headLength)` followed by `tail[tailAt, +tailLength)`.
 */
export interface FrameIo {
  attach(port: number, handle: FrameHandle): void;
  detach(port: number): void;
  /** Blocks until a frame can be received, `wake` was called, or `timeout` milliseconds passed (-1: no limit). */
  wait(timeout: number): void;
  /** Ends a `wait` from any thread: writing 8 bytes to this eventfd. */
  readonly wakeFd: number;
  /** Receives up to `budget` frames from all ports, fairly; returns how many. */
  receive(budget: number, receiver: FrameReceiver): number;
  send(
    port: number,
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void;
  flush(): void;
  counters(port: number): FrameCounters | undefined;
  close(): void;
}

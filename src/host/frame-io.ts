import type { Offload } from "#wire/virtio-net.js";
import type { RingPlace } from "./capture-rings.js";
import type { FrameHandle } from "./net.js";

/**
 * Takes one received frame: `length` bytes of `memory` from `at` (the destination MAC) on. The memory is read-only (writing
 * to it may kill the process: it is mapped so) and valid until the next `receive` or `wait`. `offload` is reused for the next frame.
 * `memory` is one of very few objects, so identity can be used to keep views. `begun` is there for few frames.
 */
export type FrameReceiver = (
  port: number,
  memory: Uint8Array,
  at: number,
  length: number,
  offload: Offload,
  begun?: BegunPacket,
) => void;

/** What is known of a packet that the kernel has begun to forward, and that now is to be looked up among the flows again. It is reused for the next one. */
export interface BegunPacket {
  /** The flow key's words before those that the packet itself determines. */
  readonly metadata: Uint32Array;
  /** How often it has been recirculated. */
  recirculations: number;
  /** The first sample of its flow takes it. */
  isChosen: boolean;
}

/** Counters of one port's frames, kept by the side that moves them. Live: the object's members change as frames move. */
export interface FrameCounters {
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
  /** Frames the kernel or the device did not take; why is in `txErrors`. */
  txDropped: number;
  /** Frames lost on the way in: ring or socket buffer full, and those of `rxUnusable`. */
  rxDropped: number;
  /** Large segments that came in but that no output could be told how to cut, and what a guest has not made a frame of. */
  rxUnusable: number;
  /** By errno name (`ENOBUFS`, `ENETDOWN`, `EIO`, …) or `oversize` for a frame beyond the MTU. */
  readonly txErrors: Map<string, number>;
}

/** What came by one receive queue of a port, as far as a thread read it. Live. */
export interface QueueCounts {
  readonly queue: number;
  frames: number;
  bytes: number;
}

/** A receive queue that a thread reads. */
export interface ReceiveQueue {
  readonly queue: number;
  /** Of a captured port whose frames come through the thread's ring: where. */
  readonly place?: RingPlace;
}

/**
 * Moves frames between ports and the thread that forwards them; lives wholly in that thread. Handles come from
 * `NetHost.openTap` and `NetHost.capture` as plain data, possibly from another thread of the process.
 *
 * A turn of the loop is: `wait`, `receive` (which calls back, and the callback calls `send`), `flush`; without `wait` while `receive`
 * says that it used its budget. What `send` is given must stay unchanged until `flush` returns. `send` takes a frame in
 * two parts, so that rewritten headers in scratch memory need no copy of the payload: the frame is
 * `head[headAt, +headLength)` followed by `tail[tailAt, +tailLength)`, either of which may be empty. Nothing is copied where
 * the memory is that of `receive` or of `scratch`; other memory is copied at once. A full queue of one port (64 frames)
 * is handed to the kernel within `send`.
 */
export interface FrameIo {
  /**
   * Takes a port up. Of its receive queues this thread reads `receiveQueues`; where there are none it only sends. By default it reads all, and has a captured
   * port's frames come to it. Throws `HostError` where the kernel refuses; the port then is not attached.
   */
  attach(port: number, handle: FrameHandle, receiveQueues?: readonly ReceiveQueue[]): void;
  /** From now on this thread reads these queues of a port that it has attached. Throws `HostError` where the kernel refuses; the port then is attached no more. */
  setQueues(port: number, receiveQueues: readonly ReceiveQueue[]): void;
  /** What came by the queues of a port that this thread reads, in no order; a queue may be there more than once. */
  queueCounts(port: number): readonly QueueCounts[];
  detach(port: number): void;
  /** Tells that a port's MTU has changed; frames without GSO above it (and 4 bytes for a tag) are dropped as `oversize`. */
  setMtu(port: number, mtu: number): void;
  /** Blocks until a frame can be received, `wake` was called, or `timeout` milliseconds passed (-1: no limit). */
  wait(timeout: number): void;
  /** Ends a `wait` from any thread: writing 8 bytes (a 64-bit 1, native order) to this eventfd. */
  readonly wakeFd: number;
  /**
   * Receives up to `budget` (at most 256) frames from all ports, fairly; returns how many. A GSO frame of a tunnel that a guest runs is
   * cut here into its segments, which no output could do; then it may be some more. A small budget says that each frame takes long: then
   * fewer may wait.
   */
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
  /** Memory for rewritten headers that `send` needs not copy: 256 KiB, for as long as this object lives. */
  readonly scratch: Uint8Array;
  counters(port: number): FrameCounters | undefined;
  close(): void;
}

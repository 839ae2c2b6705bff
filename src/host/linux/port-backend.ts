import type { Offload } from "#wire/virtio-net.js";
import type { FrameCounters, FrameReceiver, QueueCounts, ReceiveQueue } from "../frame-io.js";
import type { FrameHandle } from "../net.js";
import type { FrameMemory } from "./frame-memory.js";

/** How reading ended: nothing is left now, the budget or the room is used up, or nothing will ever come any more. */
export type ReadResult = "empty" | "more" | "dead";

/** Something that frames come from: a queue of a TAP, a packet socket, the capture ring of a thread. */
export interface InputQueue {
  /** Descriptor to sleep on: readable where frames wait, or when they come while the thread sleeps. -1: nothing comes. */
  readonly fd: number;
  /** Frames that the last `read` gave. */
  readonly count: number;
  /** What came by it, where it is a receive queue of one port. */
  readonly counts?: QueueCounts;
  /** Gives the receiver up to `budget` frames. They last until the kind's `release`. */
  read(budget: number, receiver: FrameReceiver): ReadResult;
  /** Where waiting frames can be seen in memory, with no system call: true where there are some. Else poll(2) is asked. */
  pending?(): boolean;
  /** The thread is about to sleep on `fd`: what comes from now on must wake it; or it is awake. `pending` is looked at in between. */
  setSleeping?(sleeping: boolean): void;
  /** poll(2) has found `fd` readable, of an input whose memory tells whether frames wait. */
  woken?(): void;
}

/** One attached port's way in and out. */
export interface PortBackend {
  /** What this port's frames alone come from, in this thread. */
  readonly inputs: readonly InputQueue[];
  /** What came by queues of this port that have no input of their own. */
  readonly counts?: readonly QueueCounts[];
  /** Reads other queues, which may change `inputs`. Without it the port is closed and opened again. */
  setQueues?(receiveQueues: readonly ReceiveQueue[]): void;
  /** Frames that wait for `flush`. */
  readonly length: number;
  /** As `FrameIo.send`; hands over what waits where there is no room for one more. Counts what it does not take. */
  send(
    head: Uint8Array,
    headAt: number,
    headLength: number,
    tail: Uint8Array,
    tailAt: number,
    tailLength: number,
    offload: Readonly<Offload>,
  ): void;
  /** Hands over what waits. What is not taken is counted and gone: it never blocks. */
  flush(): void;
  setMtu(mtu: number): void;
  /** Brings those of the port's counters up to date that are kept elsewhere. */
  count?(): void;
  /** The port's inputs are read no more. Nothing waits for `flush`. */
  close(): void;
}

/** What all ports of one kind share in one thread. */
export interface BackendKind {
  /** What frames of several ports come from, once there is such a thing. */
  readonly shared?: InputQueue | undefined;
  /**
   * Attaches a port, of whose receive queues this thread reads `receiveQueues` (numbers from 0, below `handle.queues`). What moves is
   * counted in `counters`. `places` says the same of queues that come through a ring; it is undefined where nobody else sees to rings. Throws `HostError`.
   */
  open(
    port: number,
    handle: FrameHandle,
    receiveQueues: readonly number[],
    counters: FrameCounters,
    places?: readonly ReceiveQueue[],
  ): PortBackend;
  /** Tells how many frames a turn has room for (1 to 256), when that changes. */
  setBudget?(budget: number): void;
  /** Gives back the memory of the last turn's frames. */
  release(): void;
  /** All ports are closed. */
  close(): void;
}

/** What the thread's `FrameIo` lends to each kind. */
export interface BackendHost {
  /** To register what received frames lie in, and to find the address of what is sent. */
  readonly memory: FrameMemory;
  /** For the frame that is being given to a receiver. */
  readonly offload: Offload;
}

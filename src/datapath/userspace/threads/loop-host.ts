import type { FrameIo } from "#host/frame-io.js";
import type { LeaseHandle, LeaseMemory, SharedPlace } from "#host/lease-memory.js";
import type { ThreadParent } from "#host/threads.js";

/** What a forwarding loop is built on; `now` is the main thread's clock. */
export interface LoopHost {
  readonly parent: ThreadParent;
  readonly io: FrameIo;
  readonly now: () => number;
  readonly random: () => number;
  /** Ends another thread's `FrameIo.wait`. */
  readonly signal: (eventFd: number) => void;
  /** Memory that programs in the kernel follow connections by. */
  readonly leases: (handle: LeaseHandle) => LeaseMemory;
  /** Memory of another thread of this process. */
  readonly attach: (place: SharedPlace) => ArrayBuffer;
  /** Has this thread run on one core, or on any. Throws `HostError`. */
  readonly pin: (core: number | undefined) => void;
}

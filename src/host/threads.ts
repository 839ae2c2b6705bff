/** A message between threads: anything the structured clone algorithm takes. */
export type ThreadMessage = unknown;

/** Another thread of this process, seen from the one that started it. */
export interface Thread {
  /** Queues a message; `transfer` lists buffers that move instead of being copied. */
  post(message: ThreadMessage, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: ThreadMessage) => void): void;
  /** Called once when the thread has ended by itself: `error` is what it threw, undefined after an orderly end. */
  onExit(handler: (error: Error | undefined) => void): void;
  /** Adds 1 to an eventfd, which ends a `poll` on it in any thread. */
  signal(eventFd: number): void;
  /** Ends the thread; `onExit` is not called. */
  terminate(): void;
}

/** Starts threads. */
export interface ThreadHost {
  /** `entry` names a composition root (`userspace-worker`); `data` is cloned to it. */
  start(entry: string, data: ThreadMessage): Thread;
}

/** The starter, seen from within the thread. */
export interface ThreadParent {
  /** What `start` was given. */
  readonly data: ThreadMessage;
  /** The next waiting message, without blocking; undefined where there is none. */
  receive(): ThreadMessage | undefined;
  post(message: ThreadMessage, transfer?: readonly ArrayBuffer[]): void;
}

/** Where the memory is that the thread which tracks connections shares with programs in the kernel, as plain data for that thread. */
export interface LeaseHandle {
  readonly rows: SharedPlace;
  readonly table: SharedPlace;
  /** Of the processors' rows: `#bpf/forward/layout.js` says what is in them. */
  readonly running: SharedPlace;
  readonly processors: number;
  /** Int32: a `LeaseState`. */
  readonly state: SharedArrayBuffer;
}

/** Nobody uses the memory; the thread may; it may have begun to, and nobody may from now on. */
export const LeaseState = { unused: 0, open: 1, closed: 2 } as const;

/** Memory of this process. */
export interface SharedPlace {
  readonly address: number;
  readonly size: number;
}

/** That memory where it is used; `#bpf/forward/track-layout.js` says what lies where. */
export interface LeaseMemory {
  /** The first connections' rows. */
  readonly rows: Uint32Array;
  readonly table: Uint32Array;
  /** Returns when no program runs any more that did when it was called. */
  waitForPrograms(): void;
  /** Milliseconds of CLOCK_MONOTONIC. */
  monotonic(): number;
}

/** Where the memory is that the thread which tracks connections shares with programs in the kernel, as plain data for that thread. */
export interface LeaseHandle {
  readonly rows: SharedPlace;
  readonly table: SharedPlace;
  /** Of the processors' rows: `#bpf/forward/layout.js` says what is in them. */
  readonly running: SharedPlace;
  readonly processors: number;
  /** Int32: 1 where the memory may be there no more. */
  readonly closed: SharedArrayBuffer;
}

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

/** A receive queue as a forwarding thread has it. */
export interface QueueInfo {
  readonly port: number;
  readonly queue: number;
  /** False while the device does not use this queue. */
  readonly enabled: boolean;
  /** Percent of the thread's time that went into this queue's packets over the last so many seconds; undefined where that is not known yet. */
  usage(seconds: number): number | undefined;
}

/** A forwarding thread, as `dpif-netdev/…` shows it. */
export interface ForwardingThreadInfo {
  /** The core it is pinned to; undefined for one that is not, which is shown as the main thread. */
  readonly core: number | undefined;
  readonly numa: number;
  /** It has queues that were put there by `pmd-rxq-affinity`, and gets no others. */
  readonly isolated: boolean;
  /** `counters.ts` says what is where. */
  readonly counters: Float64Array;
  /** `thread-metrics.ts` says what is where; undefined where turns are not noted. */
  readonly metrics: Float64Array | undefined;
  readonly queues: readonly QueueInfo[];
  /** Percent of its time that was work, but for no queue, over the last so many seconds; undefined where that is not known yet. */
  overhead(seconds: number): number | undefined;
}

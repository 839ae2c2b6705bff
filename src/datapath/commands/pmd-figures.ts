import type { Clock } from "#util/clock.js";
import { Counter } from "../userspace/counters.js";
import type { ForwardingThreadInfo } from "../userspace/threads/forwarding-thread-info.js";
import {
  HISTOGRAMS,
  type IterationSummary,
  Metric,
  readHistogram,
  readHistory,
} from "../userspace/threads/thread-metrics.js";

/** What had been counted when a thread's counters were cleared last. */
interface Cleared {
  readonly at: number;
  readonly counters: Float64Array;
  readonly metrics: Float64Array | undefined;
}

/** A thread's counters since they were cleared. Of one that is on no core in particular upstream tells no cycles. */
export type ThreadStats = {
  readonly core: number | null;
  readonly numa: number;
  readonly received: number;
  readonly recirculated: number;
  readonly emcHits: number;
  readonly smcHits: number;
  readonly megaflowHits: number;
  readonly subtableLookups: number;
  readonly missed: number;
  readonly missedLost: number;
  readonly sent: number;
  readonly batches: number;
  /** Nanoseconds; null where they are not known. */
  readonly idle: number | null;
  readonly processing: number | null;
};

/** How often something was at most each of `bounds`, and, in one more count, beyond. Times are in nanoseconds. */
type Histogram = { readonly of: string; readonly bounds: readonly number[]; readonly counts: readonly number[] };

/** In the order of `HISTOGRAMS`: of an iteration, but where it says otherwise. */
const histogramNames = [
  "time",
  "packets",
  "timePerPacket",
  "packetsPerBatch",
  "vhostQueue",
  "upcalls",
  "timePerUpcall",
];

/** A thread's metrics since they were cleared. */
export type ThreadPerf = {
  readonly core: number | null;
  readonly numa: number;
  readonly duration: number;
  /** By the names of `Counter` and `Metric`. */
  readonly counters: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly histograms: readonly Histogram[] | null;
  readonly iterations: readonly IterationSummary[];
  readonly milliseconds: readonly IterationSummary[];
};

function minus(now: Float64Array, then: Float64Array | undefined): Float64Array {
  return then === undefined ? now.slice() : now.map((value, i) => value - then[i]!);
}

/** Positions below `end`, and their names. */
function positions(of: Readonly<Record<string, number>>, end: number): [string, number][] {
  return Object.entries(of).filter(([, position]) => position < end);
}

/** Positions of the counters and metrics that are shown, by name. */
export const counterNames: readonly [string, number][] = positions(Counter, Counter.drops);
export const metricNames: readonly [string, number][] = positions(Metric, Metric.detailed).filter(
  ([name]) => name !== "began",
);

function byName(figures: Float64Array, names: readonly [string, number][]): Record<string, number> {
  return Object.fromEntries(names.map(([name, position]) => [name, Math.round(figures[position]!)]));
}

/** `-it` and `-ms`: how many of a history are shown. */
function depth(text: string | undefined): number {
  const n = Number.parseInt(text ?? "", 10);
  return n > 0 ? n : 0;
}

/** What forwarding threads have counted since it was cleared. */
export class ThreadFigures {
  readonly #clock: Clock;
  /** By a thread's own memory: one that takes its place counts anew. */
  readonly #cleared = new WeakMap<Float64Array, Cleared>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  clear({ counters, metrics }: ForwardingThreadInfo): void {
    this.#cleared.set(counters, { at: this.#clock.now(), counters: counters.slice(), metrics: metrics?.slice() });
  }

  stats(thread: ForwardingThreadInfo): ThreadStats {
    const then = this.#cleared.get(thread.counters);
    const counters = minus(thread.counters, then?.counters);
    const n = (counter: number): number => counters[counter]!;
    const { core, numa, metrics } = thread;
    let [idle, processing]: [number | null, number | null] = [null, null];
    if (core !== undefined && metrics !== undefined) {
      const since = then?.at ?? metrics[Metric.began]!;
      processing = Math.round(metrics[Metric.busyTime]! - (then?.metrics?.[Metric.busyTime] ?? 0));
      // A thread that sleeps is idle.
      idle = Math.max(0, Math.round((this.#clock.now() - since) * 1e6) - processing);
    }
    return {
      core: core ?? null,
      numa,
      received: n(Counter.received),
      recirculated: n(Counter.recirculated),
      emcHits: n(Counter.cacheHits),
      smcHits: n(Counter.signatureHits),
      megaflowHits: n(Counter.megaflowHits),
      subtableLookups: n(Counter.maskLookups),
      missed: n(Counter.missed),
      missedLost: n(Counter.missedLost),
      sent: n(Counter.sent),
      batches: n(Counter.turns),
      idle,
      processing,
    };
  }

  /** `args` say how many of the histories are wanted: `-it` and `-ms`. Undefined where the thread keeps no metrics. */
  perf(thread: ForwardingThreadInfo, args: ReadonlyMap<string, string>, histograms: boolean): ThreadPerf | undefined {
    const { metrics } = thread;
    if (metrics === undefined) return undefined;
    const then = this.#cleared.get(thread.counters);
    const isDetailed = metrics[Metric.detailed] === 1;
    const since = minus(metrics, then?.metrics);
    const shown = (option: string): number => (isDetailed ? depth(args.get(option)) : 0);
    return {
      core: thread.core ?? null,
      numa: thread.numa,
      duration: this.#clock.now() - (then?.at ?? metrics[Metric.began]!),
      counters: byName(minus(thread.counters, then?.counters), counterNames),
      metrics: byName(since, metricNames),
      histograms:
        isDetailed && histograms
          ? HISTOGRAMS.map((bounds, i) => ({ of: histogramNames[i]!, bounds, counts: [...readHistogram(since, i)] }))
          : null,
      iterations: readHistory(metrics, "iterations", shown("-it")),
      milliseconds: readHistory(metrics, "milliseconds", shown("-ms")),
    };
  }
}

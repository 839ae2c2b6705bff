/**
 * What a forwarding thread notes of its turns ("iterations"), in shared memory: the thread writes, the main thread reads, and says what is logged. Times
 * are in nanoseconds, which take the place of the cycles that others count.
 */

/** Positions in the memory. */
export const Metric = {
  /** Clock milliseconds when the thread began. */
  began: 0,
  iterations: 1,
  /** Iterations that had something to do, and the time they took; that of the others. */
  busy: 2,
  busyTime: 3,
  idleTime: 4,
  /** Times the thread slept, and how long. */
  sleeps: 5,
  sleepTime: 6,
  /** Iterations that are in the histories. */
  noted: 7,
  /** Milliseconds that are in the history, the one under way not counted. */
  milliseconds: 8,
  /** Sums of what is in the histograms: packets of iterations noted, their time, upcalls. */
  packets: 9,
  packetTime: 10,
  batches: 11,
  upcalls: 12,
  time: 13,
  /** Whether histograms and histories are kept. */
  detailed: 16,
  /** Set by the main thread: whether iterations that took longer than `limit` nanoseconds are logged, with how many before and after. */
  logs: 17,
  before: 18,
  after: 19,
  extend: 20,
  limit: 21,
} as const;

/** Upper bounds of the bins of each histogram, in the order of `dpif-netdev/pmd-perf-show`; what is beyond goes to one more. */
export const HISTOGRAMS: readonly (readonly number[])[] = [
  logarithmic(500, 24_000_000),
  [...range(0, 11), 13, 17, 22, 28, 35, 45, 57, 72, 92, 117, 148, 188, 239, 303, 385, 489, 621, 788, 1000],
  Array.from({ length: 31 }, (_, i) => Math.floor(100 + (i * 29_900) / 30)),
  [...range(0, 14), ...range(16, 30), 32],
  [...range(0, 13), 16, 20, 25, 31, 38, 48, 59, 73, 91, 113, 140, 174, 216, 268, 332, 412, 512],
  range(0, 30),
  logarithmic(1000, 1_000_000),
];

const BINS = 32;
const HISTOGRAMS_AT = 32;
/** Iterations, and milliseconds, that the histories go back. */
export const HISTORY = 1000;
const ENTRY = 6;
const ITERATIONS_AT = HISTOGRAMS_AT + 7 * BINS;
const MILLISECONDS_AT = ITERATIONS_AT + HISTORY * ENTRY;
const SIZE = MILLISECONDS_AT + HISTORY * ENTRY;

/** Positions in a history's entry. `number` is that of the iteration, or the millisecond of the clock. */
const Entry = { number: 0, iterations: 1, time: 2, packets: 3, batches: 4, upcalls: 5 } as const;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function logarithmic(first: number, last: number): number[] {
  const step = (last / first) ** (1 / 30);
  return Array.from({ length: 31 }, (_, i) => (i === 30 ? last : Math.floor(first * step ** i + (i === 0 ? -1 : 0))));
}

/** Milliseconds between two iterations that are told of, at the least. */
const LOG_PAUSE = 100;

/** Memory for a thread's metrics. */
export function newMetrics(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(SIZE * 8));
}

/** Has a thread that begins log what another one does. */
export function copyLogSettings(from: Float64Array, to: Float64Array): void {
  to.set(from.subarray(Metric.logs, Metric.limit + 1), Metric.logs);
}

/** What happened in one or more iterations. */
export type IterationSummary = {
  readonly number: number;
  readonly iterations: number;
  readonly time: number;
  readonly packets: number;
  readonly batches: number;
  readonly upcalls: number;
};

function entryAt(metrics: Float64Array, at: number): IterationSummary {
  const of = (position: number): number => metrics[at + position]!;
  return {
    number: of(Entry.number),
    iterations: of(Entry.iterations),
    time: of(Entry.time),
    packets: of(Entry.packets),
    batches: of(Entry.batches),
    upcalls: of(Entry.upcalls),
  };
}

/** The latest `count` iterations, or milliseconds, that were noted, the latest first. */
export function readHistory(
  metrics: Float64Array,
  of: "iterations" | "milliseconds",
  count: number,
): IterationSummary[] {
  const noted = metrics[of === "iterations" ? Metric.noted : Metric.milliseconds]!;
  const base = of === "iterations" ? ITERATIONS_AT : MILLISECONDS_AT;
  const shown = Math.min(count, noted, HISTORY - 1);
  return Array.from({ length: shown }, (_, i) => entryAt(metrics, base + ((noted - 1 - i) % HISTORY) * ENTRY));
}

/** Counts of a histogram's bins. */
export function readHistogram(metrics: Float64Array, which: number): Float64Array {
  return metrics.subarray(HISTOGRAMS_AT + which * BINS, HISTOGRAMS_AT + (which + 1) * BINS);
}

/** The thread's side. */
export class ThreadMetrics {
  readonly #metrics: Float64Array;
  readonly #log: (iteration: IterationSummary, history: readonly IterationSummary[]) => void;
  /** The iteration to be told of, and how many more are waited for. */
  #suspicious: IterationSummary | undefined;
  #awaited = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #millisecond: number | undefined;

  /** `log` is told of an iteration that took too long, with what is around it, the latest first. `now` in milliseconds. */
  constructor(
    metrics: Float64Array,
    now: number,
    log: (iteration: IterationSummary, history: readonly IterationSummary[]) => void,
  ) {
    this.#metrics = metrics;
    this.#log = log;
    metrics[Metric.began] = now;
  }

  /** Takes Open_vSwitch:other_config: `pmd-perf-metrics` says whether histograms and histories are kept. */
  setOptions(options: ReadonlyMap<string, string>): void {
    this.#metrics[Metric.detailed] = options.get("pmd-perf-metrics") === "true" ? 1 : 0;
  }

  /** Notes a sleep; clock milliseconds. */
  slept(from: number, to: number): void {
    this.#metrics[Metric.sleeps]!++;
    this.#metrics[Metric.sleepTime]! += (to - from) * 1e6;
  }

  /** Notes an iteration: when it began and ended in clock milliseconds, and what it did. */
  note(from: number, to: number, isBusy: boolean, packets: number, batches: number, upcalls: number): void {
    const m = this.#metrics;
    const time = (to - from) * 1e6;
    m[Metric.iterations]!++;
    if (isBusy) {
      m[Metric.busy]!++;
      m[Metric.busyTime]! += time;
    } else m[Metric.idleTime]! += time;
    if (m[Metric.detailed] === 1) this.#noteDetails(Math.floor(to), time, packets, batches, upcalls);
  }

  #noteDetails(millisecond: number, time: number, packets: number, batches: number, upcalls: number): void {
    const m = this.#metrics;
    this.#count(0, time);
    this.#count(1, packets);
    if (packets > 0) {
      this.#count(2, time / packets);
      m[Metric.packetTime]! += time;
    }
    if (batches > 0) this.#count(3, packets / batches);
    this.#count(4, 0);
    this.#count(5, upcalls);
    m[Metric.time]! += time;
    m[Metric.packets]! += packets;
    m[Metric.batches]! += batches;
    m[Metric.upcalls]! += upcalls;
    const at = ITERATIONS_AT + (m[Metric.noted]! % HISTORY) * ENTRY;
    m[at + Entry.number] = m[Metric.iterations]!;
    m[at + Entry.iterations] = 1;
    m[at + Entry.time] = time;
    m[at + Entry.packets] = packets;
    m[at + Entry.batches] = batches;
    m[at + Entry.upcalls] = upcalls;
    m[Metric.noted]!++;
    this.#addToMillisecond(millisecond, at);
    if (m[Metric.logs] === 1) this.#watch(at, millisecond);
  }

  /** Adds an iteration to the millisecond in which it ended, which is the history's once another one begins. */
  #addToMillisecond(millisecond: number, iteration: number): void {
    const m = this.#metrics;
    if (millisecond !== this.#millisecond) {
      if (this.#millisecond !== undefined) m[Metric.milliseconds]!++;
      this.#millisecond = millisecond;
      const next = MILLISECONDS_AT + (m[Metric.milliseconds]! % HISTORY) * ENTRY;
      m.fill(0, next, next + ENTRY);
      m[next + Entry.number] = millisecond;
    }
    const at = MILLISECONDS_AT + (m[Metric.milliseconds]! % HISTORY) * ENTRY;
    for (let i = Entry.iterations; i < ENTRY; i++) m[at + i]! += m[iteration + i]!;
  }

  #count(which: number, value: number): void {
    const bounds = HISTOGRAMS[which]!;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    this.#metrics[HISTOGRAMS_AT + which * BINS + low]!++;
  }

  #watch(at: number, now: number): void {
    const m = this.#metrics;
    const tooLong = m[at + Entry.time]! > m[Metric.limit]!;
    if (this.#suspicious === undefined) {
      if (!tooLong || now - this.#toldAt < LOG_PAUSE) return;
      this.#toldAt = now;
      this.#suspicious = entryAt(m, at);
      this.#awaited = m[Metric.after]!;
    } else if (tooLong && m[Metric.extend] === 1) this.#awaited = m[Metric.after]!;
    else this.#awaited--;
    if (this.#awaited > 0) return;
    const since = m[Metric.iterations]! - this.#suspicious.number + 1;
    this.#log(this.#suspicious, readHistory(m, "iterations", since + m[Metric.before]!));
    this.#suspicious = undefined;
  }
}

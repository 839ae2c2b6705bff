import type { AppctlCommand } from "#runtime/command.js";
import type { Clock } from "#util/clock.js";
import type { Datapaths } from "../datapaths.js";
import { Counter } from "../userspace/counters.js";
import type { ForwardingThreadInfo } from "../userspace/forwarding-thread-info.js";
import { HISTOGRAMS, type IterationSummary, Metric, readHistogram, readHistory } from "../userspace/thread-metrics.js";
import { likelyDatapath, readPmdArguments, shownThreads, threadTitle } from "./pmd-arguments.js";
import { formatPerf } from "./pmd-perf-text.js";

/** What had been counted when a thread's counters were cleared last. */
interface Cleared {
  readonly at: number;
  readonly counters: Float64Array;
  readonly metrics: Float64Array | undefined;
}

/** A thread's counters since they were cleared; of what it is no numbered core for, upstream tells no cycles. */
type ThreadStats = {
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
type ThreadPerf = {
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

const counterNames = positions(Counter, Counter.drops);
const metricNames = positions(Metric, Metric.detailed).filter(([name]) => name !== "began");

function byName(figures: Float64Array, names: readonly [string, number][]): Record<string, number> {
  return Object.fromEntries(names.map(([name, position]) => [name, Math.round(figures[position]!)]));
}

function byPosition(figures: Readonly<Record<string, number>>, names: readonly [string, number][]): Float64Array {
  const memory = new Float64Array(names.at(-1)![1] + 1);
  for (const [name, position] of names) memory[position] = figures[name]!;
  return memory;
}

function ratio(a: number, b: number): string {
  return (b > 0 ? a / b : 0).toFixed(2);
}

function formatCycles({ idle, processing, received }: ThreadStats): string[] {
  if (idle === null || processing === null) return [];
  const total = idle + processing;
  if (total === 0) return [];
  const part = (n: number): string => `${n.toFixed(0)} (${((100 * n) / total).toFixed(2)}%)`;
  const each = (n: number): string => `${ratio(n, received)} (${n.toFixed(0)}/${received})`;
  const lines = [`  idle cycles: ${part(idle)}`, `  processing cycles: ${part(processing)}`];
  if (received === 0) return lines;
  return [
    ...lines,
    `  avg cycles per packet: ${each(total)}`,
    `  avg processing cycles per packet: ${each(processing)}`,
  ];
}

function formatStats(s: ThreadStats): string {
  return [
    threadTitle({ core: s.core ?? undefined, numa: s.numa }),
    `  packets received: ${s.received}`,
    `  packet recirculations: ${s.recirculated}`,
    `  avg. datapath passes per packet: ${ratio(s.received + s.recirculated, s.received)}`,
    "  phwol hits: 0",
    "  mfex opt hits: 0",
    "  simple match hits: 0",
    `  emc hits: ${s.emcHits}`,
    `  smc hits: ${s.smcHits}`,
    `  megaflow hits: ${s.megaflowHits}`,
    `  avg. subtable lookups per megaflow hit: ${ratio(s.subtableLookups, s.megaflowHits)}`,
    `  miss with success upcall: ${s.missed - s.missedLost}`,
    `  miss with failed upcall: ${s.missedLost}`,
    `  avg. packets per output batch: ${ratio(s.sent, s.batches > 0 ? s.batches : s.sent)}`,
    ...formatCycles(s),
    "",
  ].join("\n");
}

/** `-it` and `-ms`: how many of a history are shown. */
function depth(text: string | undefined): number {
  const n = Number.parseInt(text ?? "", 10);
  return n > 0 ? n : 0;
}

/** Counters of forwarding threads: shown, cleared, and in detail. */
export function pmdStatsCommands(datapaths: Datapaths, clock: Clock): AppctlCommand[] {
  // By a thread's own memory: one that takes its place counts anew.
  const cleared = new WeakMap<Float64Array, Cleared>();

  const statsOf = (thread: ForwardingThreadInfo): ThreadStats => {
    const then = cleared.get(thread.counters);
    const counters = minus(thread.counters, then?.counters);
    const n = (counter: number): number => counters[counter]!;
    const { core, numa, metrics } = thread;
    let [idle, processing]: [number | null, number | null] = [null, null];
    if (core !== undefined && metrics !== undefined) {
      const since = then?.at ?? metrics[Metric.began]!;
      processing = Math.round(metrics[Metric.busyTime]! - (then?.metrics?.[Metric.busyTime] ?? 0));
      // A thread that sleeps is idle.
      idle = Math.max(0, Math.round((clock.now() - since) * 1e6) - processing);
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
  };

  const perfOf = (thread: ForwardingThreadInfo, args: ReadonlyMap<string, string>, histograms: boolean): ThreadPerf => {
    const metrics = thread.metrics!;
    const then = cleared.get(thread.counters);
    const isDetailed = metrics[Metric.detailed] === 1;
    const since = minus(metrics, then?.metrics);
    const shown = (option: string): number => (isDetailed ? depth(args.get(option)) : 0);
    return {
      core: thread.core ?? null,
      numa: thread.numa,
      duration: clock.now() - (then?.at ?? metrics[Metric.began]!),
      counters: byName(minus(thread.counters, then?.counters), counterNames),
      metrics: byName(since, metricNames),
      histograms:
        isDetailed && histograms
          ? HISTOGRAMS.map((bounds, i) => ({ of: histogramNames[i]!, bounds, counts: [...readHistogram(since, i)] }))
          : null,
      iterations: readHistory(metrics, "iterations", shown("-it")),
      milliseconds: readHistory(metrics, "milliseconds", shown("-ms")),
    };
  };

  return [
    {
      name: "dpif-netdev/pmd-stats-show",
      usage: "[-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 3,
      run: (args) => {
        const { core, name } = readPmdArguments(args);
        return shownThreads(likelyDatapath(datapaths, name), core).map(statsOf);
      },
      text: (threads) => (threads as unknown as ThreadStats[]).map(formatStats).join(""),
    },
    {
      name: "dpif-netdev/pmd-stats-clear",
      usage: "[-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 3,
      run: (args) => {
        const { core, name } = readPmdArguments(args);
        for (const { counters, metrics } of shownThreads(likelyDatapath(datapaths, name), core))
          cleared.set(counters, { at: clock.now(), counters: counters.slice(), metrics: metrics?.slice() });
        return "";
      },
    },
    {
      name: "dpif-netdev/pmd-perf-show",
      usage: "[-nh] [-it iter-history-len] [-ms ms-history-len] [-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 8,
      run: (args) => {
        const { core, options, flags, name } = readPmdArguments(args, ["-it", "-ms"], ["-nh"]);
        return shownThreads(likelyDatapath(datapaths, name), core)
          .filter((thread) => thread.metrics !== undefined)
          .map((thread) => perfOf(thread, options, !flags.has("-nh")));
      },
      text: (threads) => {
        const time = new Date(clock.wall()).toTimeString().slice(0, 8);
        return (threads as unknown as ThreadPerf[])
          .map(({ core, numa, histograms, ...figures }) =>
            formatPerf(
              threadTitle({ core: core ?? undefined, numa }),
              {
                ...figures,
                counters: byPosition(figures.counters, counterNames),
                metrics: byPosition(figures.metrics, metricNames),
                histograms: histograms?.map(({ counts }) => Float64Array.from(counts)),
              },
              `${time}.${String(Math.floor(clock.wall() % 1000)).padStart(3, "0")}`,
            ),
          )
          .join("");
      },
    },
  ];
}

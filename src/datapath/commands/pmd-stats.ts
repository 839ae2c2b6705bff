import type { AppctlCommand } from "#runtime/command.js";
import type { Clock } from "#util/clock.js";
import type { Datapaths } from "../datapaths.js";
import { likelyDatapath, readPmdArguments, shownThreads, threadTitle } from "./pmd-arguments.js";
import { counterNames, metricNames, ThreadFigures, type ThreadPerf, type ThreadStats } from "./pmd-figures.js";
import { formatPerf, ratio } from "./pmd-perf-text.js";

function byPosition(figures: Readonly<Record<string, number>>, names: readonly [string, number][]): Float64Array {
  const memory = new Float64Array(names.at(-1)![1] + 1);
  for (const [name, position] of names) memory[position] = figures[name]!;
  return memory;
}

function formatCycles({ idle, processing, received }: ThreadStats): string[] {
  if (idle === null || processing === null) return [];
  const total = idle + processing;
  if (total === 0) return [];
  const part = (n: number): string => `${n.toFixed(0)} (${((100 * n) / total).toFixed(2)}%)`;
  const each = (n: number): string => `${ratio(n, received, 2)} (${n.toFixed(0)}/${received})`;
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
    `  avg. datapath passes per packet: ${ratio(s.received + s.recirculated, s.received, 2)}`,
    "  phwol hits: 0",
    "  mfex opt hits: 0",
    "  simple match hits: 0",
    `  emc hits: ${s.emcHits}`,
    `  smc hits: ${s.smcHits}`,
    `  megaflow hits: ${s.megaflowHits}`,
    `  avg. subtable lookups per megaflow hit: ${ratio(s.subtableLookups, s.megaflowHits, 2)}`,
    `  miss with success upcall: ${s.missed - s.missedLost}`,
    `  miss with failed upcall: ${s.missedLost}`,
    `  avg. packets per output batch: ${ratio(s.sent, s.batches > 0 ? s.batches : s.sent, 2)}`,
    ...formatCycles(s),
    "",
  ].join("\n");
}

/** Counters of forwarding threads: shown, cleared, and in detail. */
export function pmdStatsCommands(datapaths: Datapaths, clock: Clock): AppctlCommand[] {
  const figures = new ThreadFigures(clock);
  return [
    {
      name: "dpif-netdev/pmd-stats-show",
      usage: "[-pmd core] [dp]",
      minArgs: 0,
      maxArgs: 3,
      run: (args) => {
        const { core, name } = readPmdArguments(args);
        return shownThreads(likelyDatapath(datapaths, name), core).map((thread) => figures.stats(thread));
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
        for (const thread of shownThreads(likelyDatapath(datapaths, name), core)) figures.clear(thread);
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
        return shownThreads(likelyDatapath(datapaths, name), core).flatMap(
          (thread) => figures.perf(thread, options, !flags.has("-nh")) ?? [],
        );
      },
      text: (threads) => {
        const time = new Date(clock.wall()).toTimeString().slice(0, 8);
        return (threads as unknown as ThreadPerf[])
          .map(({ core, numa, histograms, ...others }) =>
            formatPerf(
              threadTitle({ core: core ?? undefined, numa }),
              {
                ...others,
                counters: byPosition(others.counters, counterNames),
                metrics: byPosition(others.metrics, metricNames),
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

import { Counter } from "../userspace/counters.js";
import { formatIterations } from "../userspace/threads/iterations-text.js";
import { HISTOGRAMS, type IterationSummary, Metric } from "../userspace/threads/thread-metrics.js";

/** What a thread's metrics are shown from: differences since they were cleared. */
export interface PerfFigures {
  /** Milliseconds since then. */
  readonly duration: number;
  /** By `Counter`. */
  readonly counters: Float64Array;
  /** By `Metric`. */
  readonly metrics: Float64Array;
  /** Undefined where they are not kept, or not asked for. */
  readonly histograms: readonly Float64Array[] | undefined;
  readonly iterations: readonly IterationSummary[];
  readonly milliseconds: readonly IterationSummary[];
}

function line(label: string, value: number, note = ""): string {
  const text = value.toFixed(0).padStart(34 - label.length);
  return `${label}${text}${note === "" ? "" : `  (${note})`}\n`;
}

function share(part: number, whole: number, digits = 1): string {
  return (whole > 0 ? (100 * part) / whole : 0).toFixed(digits).padStart(5);
}

/** `a / b` as text; 0 where `b` is. */
export function ratio(a: number, b: number, digits: number): string {
  return (b > 0 ? a / b : 0).toFixed(digits);
}

function kpps(packets: number, duration: number): string {
  return ratio(packets, duration, 0);
}

/** The overall figures, as `dpif-netdev/pmd-perf-show` prints them below a thread's name. */
function formatOverall({ duration, counters, metrics }: PerfFigures): string {
  const m = (position: number): number => metrics[position]!;
  const c = (position: number): number => counters[position]!;
  const used = m(Metric.busyTime) + m(Metric.idleTime);
  const iterations = m(Metric.iterations);
  const received = c(Counter.received);
  const passes = received + c(Counter.recirculated);
  const upcalls = c(Counter.missed);
  const sent = c(Counter.sent);
  let text =
    line("  Iterations:", iterations, `${ratio(used / 1e3, iterations, 2)} us/it`) +
    line("  - Used TSC cycles:", used, `${share(used, duration * 1e6)} % of total cycles`) +
    line("  - idle iterations:", iterations - m(Metric.busy), `${share(m(Metric.idleTime), used)} % of used cycles`) +
    line("  - busy iterations:", m(Metric.busy), `${share(m(Metric.busyTime), used)} % of used cycles`) +
    line("  - sleep iterations:", m(Metric.sleeps), `${share(m(Metric.sleeps), iterations)} % of iterations`) +
    line(
      "  Sleep time (us):",
      m(Metric.sleepTime) / 1e3,
      `${ratio(m(Metric.sleepTime) / 1e3, iterations, 0).padStart(3)} us/iteration avg.`,
    );
  if (received === 0) text += line("  Rx packets:", 0);
  else {
    const hits = (label: string, n: number, more = ""): string => line(label, n, `${share(n, passes)} %${more}`);
    text +=
      line(
        "  Rx packets:",
        received,
        `${kpps(received, duration)} Kpps, ${ratio(m(Metric.busyTime), received, 0)} cycles/pkt`,
      ) +
      line("  Datapath passes:", passes, `${ratio(passes, received, 2)} passes/pkt`) +
      hits("  - PHWOL hits:", 0) +
      hits("  - MFEX Opt hits:", 0) +
      hits("  - Simple Match hits:", 0) +
      hits("  - EMC hits:", c(Counter.cacheHits)) +
      hits("  - SMC hits:", c(Counter.signatureHits)) +
      hits(
        "  - Megaflow hits:",
        c(Counter.megaflowHits),
        `, ${ratio(c(Counter.maskLookups), c(Counter.megaflowHits), 2)} subtbl lookups/hit`,
      ) +
      hits("  - Upcalls:", upcalls - c(Counter.missedLost), ", 0.0 us/upcall") +
      hits("  - Lost upcalls:", c(Counter.missedLost));
  }
  if (sent === 0) return `${text}${line("  Tx packets:", 0)}\n`;
  return (
    text +
    line("  Tx packets:", sent, `${kpps(sent, duration)} Kpps`) +
    line("  Tx batches:", c(Counter.turns), `${ratio(sent, c(Counter.turns), 2)} pkts/batch`)
  );
}

/** Columns of 23 characters, the last of 21. */
function columns(cells: readonly string[]): string {
  return `   ${cells.map((cell, i) => cell.padEnd(i === cells.length - 1 ? 21 : 23)).join("")}\n`;
}

function headings(queue: string): string[] {
  return ["cycles/it", "packets/it", "cycles/pkt", "pkts/batch", queue, "upcalls/it", "cycles/upcall"];
}

function formatHistograms({ histograms, metrics }: PerfFigures): string {
  if (histograms === undefined) return "";
  let text = `\nHistograms\n${columns(headings("max vhost qlen"))}`;
  for (let bin = 0; bin <= 31; bin++) {
    const cells = HISTOGRAMS.map((bounds, which) => {
      const bound = bin === 31 ? ">" : String(bounds[bin]);
      return `${bound.padEnd(7)}   ${String(histograms[which]![bin]).padEnd(10)}`;
    });
    text += columns(cells);
  }
  const m = (position: number): number => metrics[position]!;
  const noted = m(Metric.noted);
  const averages = [
    ratio(m(Metric.time), noted, 0),
    ratio(m(Metric.packets), noted, 5),
    ratio(m(Metric.packetTime), m(Metric.packets), 0),
    ratio(m(Metric.packets), m(Metric.batches), 5),
    ratio(0, 1, 5),
    ratio(m(Metric.upcalls), noted, 5),
    "0",
  ];
  return `${text}${"-".repeat(154)}\n${columns(headings("vhost qlen"))}${columns(averages)}`;
}

function formatMilliseconds(milliseconds: readonly IterationSummary[]): string {
  const header =
    "   ms             iterations   cycles/it    Kpps         cycles/pkt   pkts/batch   vhost qlen   upcalls      cycles/upcall\n";
  const rows = milliseconds.map(({ number, iterations, time, packets, batches, upcalls }) => {
    const cells = [
      iterations,
      ratio(time, iterations, 0),
      packets,
      ratio(time, packets, 0),
      ratio(packets, batches, 0),
      0,
      upcalls,
      0,
    ];
    return `   ${String(number).padEnd(12)}   ${cells.map((cell) => String(cell).padEnd(10)).join("   ")} \n`;
  });
  return header + rows.join("");
}

/** A thread's figures as `dpif-netdev/pmd-perf-show` prints them; `time` is that of the day. */
export function formatPerf(name: string, figures: PerfFigures, time: string): string {
  const { duration, iterations, milliseconds } = figures;
  return [
    `\nTime: ${time}\nMeasurement duration: ${(duration / 1e3).toFixed(3)} s\n\n${name}\n\n`,
    formatOverall(figures),
    formatHistograms(figures),
    iterations.length > 0 ? `\n${formatIterations(iterations)}` : "",
    milliseconds.length > 0 ? `\n${formatMilliseconds(milliseconds)}` : "",
  ].join("");
}

import type { Cancel, Clock } from "#util/clock.js";
import { UserError } from "#util/errors.js";
import type { AppctlCommand } from "./command.js";

/** Counts how often something happened. Counting is one addition. */
export class Counter {
  readonly name: string;
  /** All since the start. */
  total = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(n = 1): void {
    this.total += n;
  }
}

/** Seconds between two samples of the counters. */
const step = 5;
const stepsPerMinute = 60 / step;
const minutes = 60;

/** What a counter did: its rates a second over the last 5 seconds, the last minute and the last hour. */
export interface CoverageRow {
  readonly name: string;
  readonly seconds5: number;
  readonly minute: number;
  readonly hour: number;
  readonly total: number;
}

/** One counter's past: events in each of the last 12 steps of 5 seconds, and in each of the last 60 minutes. */
interface History {
  readonly counter: Counter;
  readonly steps: Float64Array;
  readonly minutes: Float64Array;
  last: number;
}

/** The program's event counters, sampled every five seconds for their rates. */
export class Coverage {
  readonly #histories = new Map<string, History>();
  #step = 0;
  #minute = 0;
  #timer: Cancel | undefined;

  /** The counter of a name, made at the first call. */
  counter(name: string): Counter {
    let history = this.#histories.get(name);
    if (!history) {
      history = {
        counter: new Counter(name),
        steps: new Float64Array(stepsPerMinute),
        minutes: new Float64Array(minutes),
        last: 0,
      };
      this.#histories.set(name, history);
    }
    return history.counter;
  }

  /** Samples from now on by itself. */
  start(clock: Clock): void {
    const again = (): void => {
      this.sample();
      this.#timer = clock.after(step * 1000, again);
    };
    this.#timer = clock.after(step * 1000, again);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Five seconds have passed. */
  sample(): void {
    for (const history of this.#histories.values()) {
      const events = history.counter.total - history.last;
      history.last = history.counter.total;
      history.steps[this.#step] = events;
      if (this.#step === stepsPerMinute - 1) {
        history.minutes[this.#minute] = history.steps.reduce((sum, n) => sum + n, 0);
      }
    }
    if (++this.#step === stepsPerMinute) {
      this.#step = 0;
      this.#minute = (this.#minute + 1) % minutes;
    }
  }

  /** The counters that ever counted, by name, and how many never did. */
  rows(): { readonly rows: readonly CoverageRow[]; readonly never: number } {
    const all = [...this.#histories.values()].sort((a, b) => (a.counter.name < b.counter.name ? -1 : 1));
    const hit = all.filter((h) => h.counter.total > 0);
    const latest = (this.#step + stepsPerMinute - 1) % stepsPerMinute;
    const sum = (values: Float64Array): number => values.reduce((total, n) => total + n, 0);
    const rows = hit.map((h) => ({
      name: h.counter.name,
      seconds5: h.steps[latest]! / step,
      minute: sum(h.steps) / 60,
      // Minutes that are full, and the present one as far as it has come.
      hour: (sum(h.minutes) + sum(h.steps.subarray(0, this.#step))) / 3600,
      total: h.counter.total,
    }));
    return { rows, never: all.length - hit.length };
  }

  /** A counter's total; undefined where there is none of that name. */
  total(name: string): number | undefined {
    return this.#histories.get(name)?.counter.total;
  }
}

/** Eight hex digits that differ where different events have happened, to tell two states of a program apart. */
function eventHash(rows: readonly CoverageRow[]): string {
  // FNV-1a.
  let hash = 0x811c9dc5;
  for (const c of rows.map((row) => row.name).join("\n")) hash = Math.imul(hash ^ c.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

type CoverageData = {
  readonly events: readonly { readonly [name: string]: string | number }[];
  readonly "never-hit": number;
};

/** `coverage/show` as upstream lays it out. */
function formatCoverage(rows: readonly CoverageRow[], never: number): string {
  const head = `Event coverage, avg rate over last: ${step} seconds, last minute, last hour,  hash=${eventHash(rows)}:\n`;
  const lines = rows.map((r) => {
    const rates = [
      r.seconds5.toFixed(1).padStart(5),
      r.minute.toFixed(3).padStart(9),
      r.hour.toFixed(4).padStart(13),
    ].map((rate) => `${rate}/sec`);
    return `${r.name.padEnd(24)} ${rates.join(" ")}   total: ${r.total}\n`;
  });
  return `${head}${lines.join("")}${never} events never hit\n`;
}

/** `coverage/show` and `coverage/read-counter`. */
export function coverageCommands(coverage: Coverage): AppctlCommand[] {
  const show: AppctlCommand<CoverageData> = {
    name: "coverage/show",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run() {
      const { rows, never } = coverage.rows();
      return { events: rows.map((row) => ({ ...row })), "never-hit": never };
    },
    text: (data) => formatCoverage(data.events as unknown as CoverageRow[], data["never-hit"]),
  };
  return [
    show as unknown as AppctlCommand,
    {
      name: "coverage/read-counter",
      usage: "COUNTER",
      minArgs: 1,
      maxArgs: 1,
      run([name]) {
        const total = coverage.total(name!);
        if (total === undefined) throw new UserError("No such counter");
        return total;
      },
      text: (data) => `${data as number}\n`,
    },
  ];
}

import type { Host } from "#host/host.js";
import type { Cancel } from "#util/clock.js";
import type { AppctlCommand } from "./command.js";
import type { Log } from "./logger.js";

/** Adds to the named figures, such as `ports` or `cells`. */
export type MemoryReporter = () => Readonly<Record<string, number>>;

function collect(reporters: readonly MemoryReporter[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const reporter of reporters) {
    for (const [name, value] of Object.entries(reporter())) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

/** The figures as upstream shows them: `atoms:14 cells:20`, by name. */
function formatUsage(figures: Readonly<Record<string, number>>): string {
  return Object.keys(figures)
    .sort()
    .map((name) => `${name}:${figures[name]}`)
    .join(" ");
}

/** `memory/show`. The reporters belong to those who hold what they count. */
export function memoryCommands(reporters: readonly MemoryReporter[]): AppctlCommand[] {
  return [
    {
      name: "memory/show",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => collect(reporters),
      text: (data) => formatUsage(data as Record<string, number>),
    },
  ];
}

const interval = 10_000;

/** Logs the resident set ten seconds after the start, and later when it has grown by half. */
export function watchMemory(host: Host, log: Log, reporters: readonly MemoryReporter[]): Cancel {
  const logger = log.module("memory");
  let last = 0;
  let since = host.clock.now();
  let timer: Cancel;
  const look = (): void => {
    const kilobytes = Math.floor(host.process.residentBytes() / 1024);
    const seconds = ((host.clock.now() - since) / 1000).toFixed(1);
    if (last === 0) logger.info(`${kilobytes} kB peak resident set size after ${seconds} seconds`);
    else if (kilobytes >= last * 1.5) {
      const growth = Math.floor((kilobytes / last - 1) * 100);
      logger.info(
        `peak resident set size grew ${growth}% in last ${seconds} seconds, from ${last} kB to ${kilobytes} kB`,
      );
    }
    if (last === 0 || kilobytes >= last * 1.5) {
      const usage = formatUsage(collect(reporters));
      if (usage !== "") logger.info(usage);
      last = kilobytes;
      since = host.clock.now();
    }
    timer = host.clock.after(interval, look);
  };
  timer = host.clock.after(interval, look);
  return { cancel: () => timer.cancel() };
}

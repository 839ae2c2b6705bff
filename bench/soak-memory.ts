import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One look at a process: seconds since its start, and MiB. */
interface MemorySample {
  readonly at: number;
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}

const KINDS = ["rss", "heap", "external"] as const;

/** Has Node programs that are started with `environment` write every ten seconds what memory their main thread has. */
export class MemoryWatch {
  readonly environment: NodeJS.ProcessEnv;
  readonly #file: string;

  constructor(directory: string) {
    const script = join(directory, "watch.cjs");
    this.#file = join(directory, "memory");
    writeFileSync(script, `(${watch})(${JSON.stringify(this.#file)});`);
    this.environment = { NODE_OPTIONS: `--require ${script}` };
  }

  samples(): MemorySample[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  /** A line for each kind of memory: at the beginning, at the end, and what is added each minute, by least squares after the first sixth. */
  report(): string[] {
    const samples = this.samples();
    const steady = samples.slice(Math.ceil(samples.length / 6));
    if (steady.length < 3) return ["  memory: too few samples"];
    return KINDS.map((kind) => {
      const values = steady.map((sample) => sample[kind]);
      const tenth = Math.max(1, Math.floor(values.length / 10));
      const mean = (part: readonly number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
      const [first, last] = [mean(values.slice(0, tenth)), mean(values.slice(-tenth))];
      const perMinute = slope(
        steady.map((sample) => sample.at / 60),
        values,
      );
      const figures = `${first.toFixed(1)} MiB at first, ${last.toFixed(1)} at last, lowest ${Math.min(...values).toFixed(1)}, highest ${Math.max(...values).toFixed(1)}`;
      return `  ${kind.padEnd(9)} ${figures}, ${(perMinute * 1024).toFixed(1)} KiB a minute`;
    });
  }
}

function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [mx, my] = [mean(x), mean(y)];
  let [above, below] = [0, 0];
  for (const [i, value] of x.entries()) {
    above += (value - mx) * (y[i]! - my);
    below += (value - mx) ** 2;
  }
  return above / below;
}

/** Runs in the watched process, whose main thread only is looked at. */
function watch(file: string): void {
  const { isMainThread } = require("node:worker_threads") as typeof import("node:worker_threads");
  const { appendFileSync } = require("node:fs") as typeof import("node:fs");
  if (!isMainThread) return;
  const look = (): void => {
    const { rss, heapUsed, external } = process.memoryUsage();
    const [at, ...mib] = [process.uptime(), rss / 2 ** 20, heapUsed / 2 ** 20, external / 2 ** 20];
    appendFileSync(file, `${JSON.stringify({ at, rss: mib[0], heap: mib[1], external: mib[2] })}\n`);
  };
  setInterval(look, 10_000).unref();
}

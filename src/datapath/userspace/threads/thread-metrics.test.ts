import { describe, expect, it } from "vitest";
import {
  copyLogSettings,
  HISTOGRAMS,
  HISTORY,
  type IterationSummary,
  Metric,
  newMetrics,
  readHistogram,
  readHistory,
  ThreadMetrics,
} from "./thread-metrics.js";

function noted(detailed = true): {
  metrics: Float64Array;
  thread: ThreadMetrics;
  logged: { iteration: IterationSummary; history: readonly IterationSummary[] }[];
} {
  const metrics = newMetrics();
  const logged: { iteration: IterationSummary; history: readonly IterationSummary[] }[] = [];
  const thread = new ThreadMetrics(metrics, 5, (iteration, history) => logged.push({ iteration, history }));
  thread.setOptions(new Map([["pmd-perf-metrics", String(detailed)]]));
  return { metrics, thread, logged };
}

describe("what a thread notes of its turns", () => {
  it("adds up turns, their time, and sleeps", () => {
    const { metrics, thread } = noted(false);
    thread.note(10, 10.5, true, 3, 1, 0);
    thread.note(11, 11.25, false, 0, 0, 0);
    thread.slept(12, 14);
    const of = (position: number): number => metrics[position]!;
    expect([Metric.began, Metric.iterations, Metric.busy, Metric.busyTime, Metric.idleTime].map(of)).toEqual([
      5, 2, 1, 500_000, 250_000,
    ]);
    expect([Metric.sleeps, Metric.sleepTime, Metric.noted].map(of)).toEqual([1, 2e6, 0]);
    expect(readHistory(metrics, "iterations", 5)).toEqual([]);
  });

  it("keeps histograms whose last bin is for all that is beyond", () => {
    const { metrics, thread } = noted();
    expect(HISTOGRAMS.map((bounds) => bounds.length)).toEqual([31, 31, 31, 31, 31, 31, 31]);
    expect(HISTOGRAMS[0]!.slice(0, 3)).toEqual([499, 716, 1025]);
    expect(HISTOGRAMS[0]!.at(-1)).toBe(24_000_000);
    thread.note(0, 499 / 1e6, true, 12, 1, 2);
    thread.note(0, 500 / 1e6, true, 13, 1, 0);
    thread.note(0, 1000, true, 1001, 1, 0);
    const bins = (which: number): number[] =>
      [...readHistogram(metrics, which)].flatMap((count, i) => (count > 0 ? [i, count] : []));
    expect(bins(0)).toEqual([0, 1, 1, 1, 31, 1]);
    expect(bins(1)).toEqual([12, 2, 31, 1]);
    expect(bins(5)).toEqual([0, 2, 2, 1]);
  });

  it("remembers the latest turns and milliseconds, the latest first", () => {
    const { metrics, thread } = noted();
    for (let i = 0; i < HISTORY + 50; i++) thread.note(i / 4, i / 4 + 0.1, true, i % 7, 1, 0);
    const turns = readHistory(metrics, "iterations", 3);
    expect(turns.map((t) => t.number)).toEqual([HISTORY + 50, HISTORY + 49, HISTORY + 48]);
    expect(readHistory(metrics, "iterations", 5 * HISTORY)).toHaveLength(HISTORY - 1);
    const [last, before] = readHistory(metrics, "milliseconds", 2);
    expect(last).toMatchObject({ number: 261, iterations: 4 });
    expect(before).toMatchObject({ number: 260, iterations: 4 });
  });

  it("tells of a turn that took too long, with those around it, and not of every one", () => {
    const { metrics, thread, logged } = noted();
    metrics[Metric.limit] = 1e6;
    metrics[Metric.before] = 2;
    metrics[Metric.after] = 1;
    metrics[Metric.logs] = 1;
    for (let i = 0; i < 5; i++) thread.note(i, i + 0.1, true, 1, 1, 0);
    thread.note(10, 13, true, 9, 1, 0);
    expect(logged).toEqual([]);
    thread.note(14, 14.1, true, 1, 1, 0);
    expect(logged).toHaveLength(1);
    expect(logged[0]!.iteration).toMatchObject({ number: 6, packets: 9 });
    expect(logged[0]!.history.map((t) => t.number)).toEqual([7, 6, 5, 4]);
    thread.note(20, 23, true, 1, 1, 0);
    thread.note(24, 24.1, true, 1, 1, 0);
    expect(logged).toHaveLength(1);
    thread.note(200, 203, true, 1, 1, 0);
    thread.note(204, 204.1, true, 1, 1, 0);
    expect(logged).toHaveLength(2);
  });
});

it("a thread that begins logs what another one does, and has noted nothing", () => {
  const [from, to] = [newMetrics(), newMetrics()];
  from.fill(7);
  copyLogSettings(from, to);
  const { logs, before, after, extend, limit } = Metric;
  const set = [...to.keys()].filter((position) => to[position] === 7);
  expect(set).toEqual([logs, before, after, extend, limit].sort((a, b) => a - b));
});

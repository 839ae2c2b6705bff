import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Step } from "./vsctl-run.js";

/** What the real `ovs-vsctl` of a release did with every line of every scenario. */
export interface Corpus {
  readonly release: string;
  readonly scenarios: Readonly<Record<string, readonly Step[]>>;
}

/** A line that ours answers otherwise, and means to. */
export interface Difference {
  readonly scenario: string;
  /** Place of the line in its scenario. */
  readonly at: number;
  readonly why: string;
  readonly ours: Step;
}

const folder = join(import.meta.dirname, "../differential");

export function readCorpus(): Corpus {
  return JSON.parse(readFileSync(join(folder, "vsctl-corpus.json"), "utf8")) as Corpus;
}

/** The expected differences on one kind of database server. */
export function readDifferences(server: "real" | "own"): readonly Difference[] {
  return JSON.parse(readFileSync(join(folder, `vsctl-differences-${server}.json`), "utf8")) as Difference[];
}

/** What ours is to do with each line of a scenario. */
export function expectedSteps(
  scenario: string,
  corpus: Corpus,
  differences: readonly Difference[],
): readonly (Step | undefined)[] {
  const steps: (Step | undefined)[] = [...(corpus.scenarios[scenario] ?? [])];
  for (const difference of differences) if (difference.scenario === scenario) steps[difference.at] = difference.ours;
  return steps;
}

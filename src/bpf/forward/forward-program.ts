import { jump } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { choose, count } from "./count.js";
import { type EntrySettings, enter, markRunning } from "./entry.js";
import { executeLoop } from "./execute-loop.js";
import { leaving } from "./leaving.js";
import { lookup } from "./lookup.js";
import { parseFrame } from "./parse.js";

export interface ForwardProgram extends EntrySettings {
  /** Rows of counters for each processor. */
  readonly flows: number;
}

/**
 * The program that looks a captured port's frame up among the flows in the maps, and does with it what is to be done. What it does not know, or is not sure of, goes on at
 * `other`, r6 being the packet and r7 the scratch memory: unchanged, or as it was when it was looked up last, where `scratch.recirculations` is not 0.
 */
export function forwardProgram(program: ForwardProgram): ProgramItem[] {
  const { slot, words, processors, flows, other } = program;
  return [
    ...enter(program),
    ...parseFrame(words, { known: "forward lookup", other: "forward leave" }),
    ...lookup(slot, words, processors),
    ...choose(),
    ...count(processors, flows, words),
    ...executeLoop(words),
    ...leaving(),
    label("forward leave"),
    ...markRunning(),
    jump(other),
  ];
}

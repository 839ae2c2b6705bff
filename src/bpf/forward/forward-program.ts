import { mov } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { exit, jump } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { r0, r7 } from "../registers.js";
import { choose, count } from "./count.js";
import { type EntrySettings, enter, markRunning } from "./entry.js";
import { executeLoop } from "./execute-loop.js";
import { leaving, TCX_DROP } from "./leaving.js";
import { lookup } from "./lookup.js";
import { parseFrame } from "./parse.js";
import { goUpFromTunnel } from "./tail-call.js";

export interface ForwardProgram extends EntrySettings {
  /** Rows of counters for each processor. */
  readonly flows: number;
  /** Where this kernel has what no context member tells. */
  readonly kernelSkb: SkbPlaces;
}

/**
 * The program that looks a captured port's frame up among the flows in the maps, and does with it what is to be done. What it does not know, or is not sure of, goes on at
 * `other`: unchanged, or as it was when it was looked up last, where `scratch.recirculations` is not 0.
 */
export function forwardProgram(program: ForwardProgram): ProgramItem[] {
  const { other } = program;
  return [...forward(program), ...markRunning(), jump(other), label("forward nowhere"), mov.imm(r7, 0), jump(other)];
}

/** The program of a tunnel's port, by which packets come in that were taken out of it. What it leaves goes up by the port that these were received by. */
export function tunnelPortProgram(program: Omit<ForwardProgram, "other">): ProgramItem[] {
  return [...forward(program), ...goUpFromTunnel(), label("forward nowhere"), mov.imm(r0, TCX_DROP), exit()];
}

/** All but what comes behind "forward leave". */
function forward(program: Omit<ForwardProgram, "other">): ProgramItem[] {
  const { slot, words, processors, flows, kernelSkb } = program;
  return [
    ...enter(program),
    ...parseFrame(words, { known: "forward lookup", other: "forward leave" }),
    ...lookup(slot, words, processors),
    ...choose(words, kernelSkb),
    ...count(processors, flows, words),
    ...executeLoop({ words, kernelSkb, processors }),
    ...leaving(),
    label("forward leave"),
  ];
}

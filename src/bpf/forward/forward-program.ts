import { mov } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { exit } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { r0 } from "../registers.js";
import { choose, count } from "./count.js";
import { enter } from "./entry.js";
import { executeLoop } from "./execute-loop.js";
import { leaving, TCX_DROP } from "./leaving.js";
import { lookup } from "./lookup.js";
import { type KeyWords, parseFrame } from "./parse.js";
import { enterAs } from "./tail-call.js";

export interface ForwardProgram {
  /** Processors of this host. */
  readonly processors: number;
  /** Rows of counters for each processor. */
  readonly flows: number;
  readonly words: KeyWords;
  /** Where this kernel has what no context member tells. */
  readonly kernelSkb: SkbPlaces;
}

/**
 * The program that looks a packet up among the flows in the maps, and does with it what is to be done; `portProgram` sends packets to it. What it does not know, or is not sure of, goes up:
 * unchanged, or as it was when it was looked up last, where `scratch.recirculations` is not 0.
 */
export function forwardProgram({ words, processors, flows, kernelSkb }: ForwardProgram): ProgramItem[] {
  return [
    ...enter(processors),
    ...parseFrame(words, { known: "forward lookup", other: "forward leave" }),
    ...lookup(words, processors),
    ...choose(words, kernelSkb),
    ...count(processors, flows, words),
    ...executeLoop({ words, kernelSkb, processors }),
    ...leaving(),
    label("forward leave"),
    ...enterAs("up"),
    label("forward nowhere"),
    mov.imm(r0, TCX_DROP),
    exit(),
  ];
}

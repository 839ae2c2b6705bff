import { expandPackets } from "./pipeline-duel-packets.js";
import { shellWords } from "./shell-words.js";

/** One step of a scenario: what is done, with which words, and what it is given as standard input. */
export interface Step {
  readonly verb: string;
  readonly words: readonly string[];
  readonly input: string;
  /** As it is written. */
  readonly line: string;
}

/** Lines that follow each other and begin so are one step's input. */
const batches: Readonly<Record<string, string>> = { "+": "add-flows", g: "add-groups", m: "add-meters" };

/**
 * The steps of a scenario, a line each. `+ FLOW`, `g GROUP` and `m METER` add them to br0, as OpenFlow 1.5, those that follow each
 * other at once; `| TEXT` is input of the step before. Empty lines and those with `#` are left out. `$NAME` is a packet (`expandPackets`).
 */
export function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  for (const raw of text.split("\n")) {
    const line = expandPackets(raw.trim());
    if (line === "" || line.startsWith("#")) continue;
    const [, verb = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(line)!;
    const last = steps.at(-1);
    const batch = batches[verb];
    if (verb === "|" || (batch !== undefined && last?.verb === batch)) {
      if (last === undefined) throw new Error(`input of no step: ${line}`);
      const input = last.input === "" ? rest : `${last.input}\n${rest}`;
      steps[steps.length - 1] = { ...last, input };
    } else if (batch !== undefined) steps.push({ verb: batch, words: [], input: rest, line });
    else steps.push({ verb, words: shellWords(rest), input: "", line });
  }
  const first = steps.find((step) => step.verb !== "unordered")?.verb;
  if (first !== "bridge" && first !== "bare") {
    steps.unshift({ verb: "bridge", words: ["br0", "1", "2", "3", "4"], input: "", line: "" });
  }
  return steps;
}

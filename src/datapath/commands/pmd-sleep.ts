import type { AppctlCommand } from "#runtime/command.js";
import type { Datapaths } from "../datapaths.js";
import { namedDatapath, shownThreads, threadTitle } from "./pmd-arguments.js";

type ShownSleep = { readonly core: number; readonly numa: number; readonly microseconds: number };
type ShownSleeps = { readonly byDefault: number; readonly threads: readonly ShownSleep[] };

const LONGEST = 10_000;

function microseconds(text: string | undefined): number {
  return /^\d+$/.test(text ?? "") ? Math.min(LONGEST, Number(text)) : 0;
}

/** Reads `pmd-maxsleep`: the default, and `CORE:MICROSECONDS` for some cores, in any order. */
function readMaxSleep(text: string): { readonly byDefault: number; readonly cores: ReadonlyMap<number, number> } {
  let byDefault = 0;
  const cores = new Map<number, number>();
  for (const item of text.split(",")) {
    const pair = /^\s*(\d+)\s*:\s*(\d+)\s*$/.exec(item);
    if (pair) cores.set(Number(pair[1]), microseconds(pair[2]));
    else byDefault = microseconds(item.trim());
  }
  return { byDefault, cores };
}

const line = (label: string, value: number): string => `${label}${String(value).padStart(4)} us\n`;

/**
 * `dpif-netdev/pmd-sleep-show` of releases after 3.1: how long threads may sleep between two looks at idle queues. Ours need no such limit: a frame that comes wakes them.
 * The setting is shown.
 */
export function pmdSleepCommand(datapaths: Datapaths): AppctlCommand {
  return {
    name: "dpif-netdev/pmd-sleep-show",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const dp = namedDatapath(datapaths, name);
      const { byDefault, cores } = readMaxSleep(dp.options.get("pmd-maxsleep") ?? "");
      const threads = shownThreads(dp, undefined).flatMap(({ core, numa }) =>
        core === undefined ? [] : [{ core, numa, microseconds: cores.get(core) ?? byDefault }],
      );
      return { byDefault, threads } satisfies ShownSleeps;
    },
    text: (data) => {
      const { byDefault, threads } = data as unknown as ShownSleeps;
      const each = threads.map((thread) => `${threadTitle(thread)}\n${line("  max sleep: ", thread.microseconds)}`);
      return `${line("Default max sleep: ", byDefault)}${each.join("")}`;
    },
  };
}

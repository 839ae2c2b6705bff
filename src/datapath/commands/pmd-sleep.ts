import type { AppctlCommand } from "#runtime/command.js";
import type { Datapaths } from "../datapaths.js";
import { maxSleepOf, readMaxSleep } from "../userspace/queues/max-sleep.js";
import { namedDatapath, shownThreads, threadTitle } from "./pmd-arguments.js";

type ShownSleep = { readonly core: number; readonly numa: number; readonly microseconds: number };
type ShownSleeps = { readonly byDefault: number; readonly threads: readonly ShownSleep[] };

const line = (label: string, value: number): string => `${label}${String(value).padStart(4)} us\n`;

/** `dpif-netdev/pmd-sleep-show` of releases after 3.1: how long threads may stay away from their queues (`rest.ts`). */
export function pmdSleepCommand(datapaths: Datapaths): AppctlCommand {
  return {
    name: "dpif-netdev/pmd-sleep-show",
    usage: "[dp]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const dp = namedDatapath(datapaths, name);
      const sleep = readMaxSleep(dp.options);
      const threads = shownThreads(dp, undefined).flatMap(({ core, numa }) =>
        core === undefined ? [] : [{ core, numa, microseconds: maxSleepOf(sleep, core) }],
      );
      return { byDefault: sleep.byDefault, threads } satisfies ShownSleeps;
    },
    text: (data) => {
      const { byDefault, threads } = data as unknown as ShownSleeps;
      const each = threads.map((thread) => `${threadTitle(thread)}\n${line("  max sleep: ", thread.microseconds)}`);
      return `${line("Default max sleep: ", byDefault)}${each.join("")}`;
    },
  };
}

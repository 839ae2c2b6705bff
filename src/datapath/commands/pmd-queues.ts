import type { AppctlCommand } from "#runtime/command.js";
import type { Datapaths } from "../datapaths.js";
import type { UserspaceDatapath } from "../userspace/userspace-datapath.js";
import { likelyDatapath, namedDatapath, readPmdArguments, shownThreads, threadTitle } from "./pmd-arguments.js";

/** Figures are gathered for so many seconds each, and kept for a minute. */
const INTERVAL = 5;
const LONGEST = 60;

type ShownQueue = {
  readonly port: string;
  readonly queue: number;
  readonly enabled: boolean;
  /** Percent of the thread's time; null where it is not known yet. */
  readonly usage: number | null;
};

type ShownThread = {
  readonly core: number;
  readonly numa: number;
  readonly isolated: boolean;
  readonly queues: readonly ShownQueue[];
  readonly overhead: number | null;
};

type ShownQueues = { readonly seconds: number; readonly threads: readonly ShownThread[]; readonly heading: boolean };

/** `-secs`, rounded up to what figures are gathered for; a minute where it is not given or out of range. */
function shownSeconds(text: string | undefined): number {
  const seconds = /^\d+$/.test(text ?? "") ? Number(text) : 0;
  return seconds > 0 && seconds < LONGEST ? Math.ceil(seconds / INTERVAL) * INTERVAL : LONGEST;
}

function showThreads(dp: UserspaceDatapath, core: number | undefined, seconds: number): ShownThread[] {
  // Upstream lists what numbered threads poll, and nothing of the main thread's.
  return shownThreads(dp, core).flatMap((thread) => {
    if (thread.core === undefined) return [];
    const queues = thread.queues.map(({ port, queue, enabled, usage }) => ({
      port: dp.port(port)?.name ?? String(port),
      queue,
      enabled,
      usage: usage(seconds) ?? null,
    }));
    queues.sort((a, b) => (a.port === b.port ? a.queue - b.queue : a.port < b.port ? -1 : 1));
    const { numa, isolated } = thread;
    return [{ core: thread.core, numa, isolated, queues, overhead: thread.overhead(seconds) ?? null }];
  });
}

function percent(value: number | null): string {
  return value === null ? "NOT AVAIL" : `${value.toFixed(0).padStart(2)} %`;
}

function formatThread(thread: ShownThread): string {
  const queues = thread.queues.map(
    ({ port, queue, enabled, usage }) =>
      `  port: ${port.padEnd(16)}  queue-id: ${String(queue).padStart(2)} ${enabled ? "(enabled) " : "(disabled)"}  pmd usage: ${percent(usage)}\n`,
  );
  return `${threadTitle(thread)}\n  isolated : ${thread.isolated}\n${queues.join("")}  overhead: ${percent(thread.overhead)}\n`;
}

/** Which thread polls which queue, and that they be given to threads anew. */
export function pmdQueueCommands(datapaths: Datapaths): AppctlCommand[] {
  return [
    {
      name: "dpif-netdev/pmd-rxq-show",
      usage: "[-pmd core] [-secs secs] [dp]",
      minArgs: 0,
      maxArgs: 5,
      run: (args) => {
        const { core, options, name } = readPmdArguments(args, ["-secs"]);
        const dp = likelyDatapath(datapaths, name);
        const seconds = shownSeconds(options.get("-secs"));
        const heading = core === undefined || shownThreads(dp, core).length > 0;
        return { seconds, threads: showThreads(dp, core, seconds), heading } satisfies ShownQueues;
      },
      text: (data) => {
        const { seconds, threads, heading } = data as unknown as ShownQueues;
        const title = heading ? `Displaying last ${seconds} seconds pmd usage %\n` : "";
        return title + threads.map(formatThread).join("");
      },
    },
    {
      name: "dpif-netdev/pmd-rxq-rebalance",
      usage: "[dp]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        namedDatapath(datapaths, name).engine.rebalance();
        return "pmd rxq rebalance requested.\n";
      },
    },
    {
      // Bonds are the pipeline's here, which the datapath knows nothing of: there is none to show.
      name: "dpif-netdev/bond-show",
      usage: "[dp]",
      minArgs: 0,
      maxArgs: 1,
      run: ([name]) => {
        namedDatapath(datapaths, name);
        return "";
      },
    },
  ];
}

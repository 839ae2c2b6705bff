import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapaths } from "../datapaths.js";
import type { ForwardingThreadInfo } from "../userspace/threads/forwarding-thread-info.js";
import { HISTORY, Metric } from "../userspace/threads/thread-metrics.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

const usage = "on|off [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]";

/** What is logged of iterations that take too long. */
interface PerfLog {
  on: boolean;
  before: number;
  after: number;
  extend: boolean;
  microseconds: number;
  queue: number;
}

function number(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text))
    throw new UserError(
      `Usage: ovs-appctl dpif-netdev/pmd-perf-log-set [on|off] [-b before] [-a after] [-e|-ne] [-us usec] [-q qlen]`,
    );
  return Number(text);
}

function change(log: PerfLog, args: readonly string[]): PerfLog {
  const next = { ...log };
  for (let i = 0; i < args.length; i++) {
    switch (args[i]) {
      case "on":
      case "off":
        next.on = args[i] === "on";
        break;
      case "-e":
      case "-ne":
        next.extend = args[i] === "-e";
        break;
      case "-b":
        next.before = Math.min(HISTORY - 2, number(args[++i]));
        break;
      case "-a":
        next.after = number(args[++i]);
        break;
      case "-us":
        next.microseconds = number(args[++i]);
        break;
      case "-q":
        next.queue = number(args[++i]);
        break;
      default:
        number(undefined);
    }
  }
  next.after = Math.min(HISTORY - 2 - next.before, next.after);
  return next;
}

function tell({ metrics }: ForwardingThreadInfo, log: PerfLog): void {
  if (metrics === undefined) return;
  metrics[Metric.before] = log.before;
  metrics[Metric.after] = log.after;
  metrics[Metric.extend] = log.extend ? 1 : 0;
  metrics[Metric.limit] = log.microseconds * 1e3;
  metrics[Metric.logs] = log.on ? 1 : 0;
}

/** `dpif-netdev/pmd-perf-log-set`: threads log iterations that take too long, while they keep details (`pmd-perf-metrics`). */
export function pmdPerfLogCommand(datapaths: Datapaths): AppctlCommand {
  let log: PerfLog = { on: false, before: 5, after: 5, extend: false, microseconds: 250, queue: 128 };
  return {
    name: "dpif-netdev/pmd-perf-log-set",
    usage,
    minArgs: 0,
    maxArgs: 10,
    run: (args) => {
      log = change(log, args);
      for (const dp of datapaths.all())
        if (dp instanceof UserspaceDatapath) for (const thread of dp.engine.threads()) tell(thread, log);
      return "";
    },
  };
}

import { UserError } from "#util/errors.js";
import type { Datapaths } from "../datapaths.js";
import type { ForwardingThreadInfo } from "../userspace/threads/forwarding-thread-info.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/** The number that upstream gives to what is no numbered core. */
const NO_CORE = 0xffff_ffff;

/** What the commands on forwarding threads are given. */
export interface PmdArguments {
  /** The core that alone is asked for; `NO_CORE` is the main thread. */
  readonly core: number | undefined;
  /** Values of the options that the command has. */
  readonly options: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  /** The datapath named, the last one where there are several. */
  readonly name: string | undefined;
}

/** Reads arguments as upstream: an option without its value, or that the command does not have, is a datapath's name; a core that is no number is any. */
export function readPmdArguments(
  args: readonly string[],
  options: readonly string[] = [],
  flags: readonly string[] = [],
): PmdArguments {
  const values = new Map<string, string>();
  const given = new Set<string>();
  let name: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const value = args[i + 1];
    if ((arg === "-pmd" || options.includes(arg)) && value !== undefined) {
      values.set(arg, value);
      i++;
    } else if (flags.includes(arg)) given.add(arg);
    else name = arg;
  }
  const core = values.get("-pmd");
  return {
    core: core !== undefined && /^\d+$/.test(core) ? Number(core) : undefined,
    options: values,
    flags: given,
    name,
  };
}

function userspaceDatapaths(datapaths: Datapaths): UserspaceDatapath[] {
  return datapaths.all().filter((dp): dp is UserspaceDatapath => dp instanceof UserspaceDatapath);
}

const unknown = "please specify an existing datapath";

/** The userspace datapath of that name, or the only one there is, whatever the name. Throws `UserError`. */
export function likelyDatapath(datapaths: Datapaths, name: string | undefined): UserspaceDatapath {
  const all = userspaceDatapaths(datapaths);
  const chosen = all.find((dp) => dp.name === name) ?? (all.length === 1 ? all[0] : undefined);
  if (chosen === undefined) throw new UserError(unknown);
  return chosen;
}

/** The userspace datapath of that name, or, without a name, the only one there is. Throws `UserError`. */
export function namedDatapath(datapaths: Datapaths, name: string | undefined): UserspaceDatapath {
  const all = userspaceDatapaths(datapaths);
  const chosen = name === undefined && all.length === 1 ? all[0] : all.find((dp) => dp.name === name);
  if (chosen === undefined) throw new UserError(unknown);
  return chosen;
}

/** The threads that are to be shown: numbered ones first, in their order. */
export function shownThreads(dp: UserspaceDatapath, core: number | undefined): ForwardingThreadInfo[] {
  const order = (thread: ForwardingThreadInfo): number => thread.core ?? NO_CORE;
  return dp.engine
    .threads()
    .filter((thread) => core === undefined || order(thread) === core)
    .sort((a, b) => a.numa - b.numa || order(a) - order(b));
}

/** The line above what is told of a thread. */
export function threadTitle({ core, numa }: { readonly core: number | undefined; readonly numa: number }): string {
  return core === undefined ? "main thread:" : `pmd thread numa_id ${numa} core_id ${core}:`;
}

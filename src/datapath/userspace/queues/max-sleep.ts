/** What `pmd-maxsleep` may be at the most, in microseconds. */
const LONGEST = 10_000;

/** How long forwarding threads may stay away from their queues, in microseconds. */
export interface MaxSleep {
  readonly byDefault: number;
  /** Of threads on cores of which it is said by themselves. */
  readonly cores: ReadonlyMap<number, number>;
}

function microseconds(text: string): number {
  return /^\d+$/.test(text) ? Math.min(LONGEST, Number(text)) : 0;
}

/** Reads Open_vSwitch:other_config:pmd-maxsleep: microseconds, and `CORE:MICROSECONDS` for some cores, in any order. What makes no sense is 0. */
export function readMaxSleep(options: ReadonlyMap<string, string>): MaxSleep {
  let byDefault = 0;
  const cores = new Map<number, number>();
  for (const item of (options.get("pmd-maxsleep") ?? "").split(",")) {
    const pair = /^\s*(\d+)\s*:\s*(\d+)\s*$/.exec(item);
    if (pair) cores.set(Number(pair[1]), microseconds(pair[2]!));
    else byDefault = microseconds(item.trim());
  }
  return { byDefault, cores };
}

/** What holds for a thread on this core; undefined where it is on none in particular. */
export function maxSleepOf({ byDefault, cores }: MaxSleep, core: number | undefined): number {
  return (core === undefined ? undefined : cores.get(core)) ?? byDefault;
}

import type { Host } from "#host/host.js";
import type { Log } from "#runtime/logger.js";

/** The status of a process that SIGALRM has killed, as a shell shows it. */
const alarmStatus = 142;

export interface AlarmSettings {
  /** As `--timeout` gives them; undefined for as long as it takes. */
  readonly seconds: number | undefined;
  readonly host: Host;
  readonly log: Log;
  /** Called when the time is up, before the process dies. */
  beforeEnd?(): void;
}

/**
 * Gives `work` the seconds that `--timeout` allows; then the process dies by SIGALRM, as scripts expect of a time-out. The promise is the
 * work's exit status.
 */
export async function withAlarm(work: Promise<number>, settings: AlarmSettings): Promise<number> {
  const { seconds, host, log } = settings;
  if (seconds === undefined) return work;
  let ring: (status: number) => void = () => {};
  const alarm = new Promise<number>((resolve) => {
    ring = resolve;
  });
  const timer = host.clock.after(seconds * 1000, () => {
    log.module("fatal_signal").warn("terminating with signal 14 (Alarm clock)");
    settings.beforeEnd?.();
    host.process.dieBySignal("SIGALRM");
    ring(alarmStatus);
  });
  // When the alarm has gone off, nobody looks at how the work ends.
  work.catch(() => {});
  try {
    return await Promise.race([alarm, work]);
  } finally {
    timer.cancel();
  }
}

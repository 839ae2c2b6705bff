/** Numbers on Linux and strsignal(3)'s texts. */
const signals: Readonly<Record<string, readonly [number, string]>> = {
  SIGHUP: [1, "Hangup"],
  SIGINT: [2, "Interrupt"],
  SIGQUIT: [3, "Quit"],
  SIGILL: [4, "Illegal instruction"],
  SIGTRAP: [5, "Trace/breakpoint trap"],
  SIGABRT: [6, "Aborted"],
  SIGBUS: [7, "Bus error"],
  SIGFPE: [8, "Floating point exception"],
  SIGKILL: [9, "Killed"],
  SIGUSR1: [10, "User defined signal 1"],
  SIGSEGV: [11, "Segmentation fault"],
  SIGUSR2: [12, "User defined signal 2"],
  SIGPIPE: [13, "Broken pipe"],
  SIGALRM: [14, "Alarm clock"],
  SIGTERM: [15, "Terminated"],
  SIGXCPU: [24, "CPU time limit exceeded"],
  SIGXFSZ: [25, "File size limit exceeded"],
};

/** What strsignal(3) says: `Terminated` for `SIGTERM`. */
export function signalText(name: string): string {
  return signals[name]?.[1] ?? name;
}

/** The number of a signal, 0 where it is unknown. */
export function signalNumber(name: string): number {
  return signals[name]?.[0] ?? 0;
}

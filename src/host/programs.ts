import type { ChildExit, SignalName } from "./process.js";

/** A program that was started. */
export interface RunningProgram {
  readonly pid: number;
  /** True when it reports that it serves, false when it ends before that. */
  readonly ready: Promise<boolean>;
  readonly exit: Promise<ChildExit>;
  kill(signal: SignalName): void;
}

/** What a program that ran to its end gave. `status` is undefined where a signal ended it. */
export interface ProgramResult {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Other programs, by absolute path. */
export interface Programs {
  /** Starts a daemon; `onLine` gets each line of its standard output and standard error. */
  start(
    file: string,
    args: readonly string[],
    onLine: (line: string) => void,
    options?: ProgramOptions,
  ): RunningProgram;
  /** Runs a program to its end. Resolves also where it could not be started, with status 127 and the reason. */
  run(
    file: string,
    args: readonly string[],
    options?: ProgramOptions & { readonly stdin?: string },
  ): Promise<ProgramResult>;
}

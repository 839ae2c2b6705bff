import { execFile } from "node:child_process";

/** What a program printed, and its exit status; a signal's name stands for the status where one ended it. */
export interface ProgramOutcome {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, `env` added to this process's environment. It is killed after ten seconds. */
export function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramOutcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, LC_ALL: "C.UTF-8", ...env }, timeout: 10_000 };
    execFile(file, [...args], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.signal ?? Number(error.code ?? 1));
      resolve({ status, stdout, stderr });
    });
  });
}

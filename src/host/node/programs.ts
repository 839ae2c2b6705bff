import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { ChildExit, SignalName } from "../process.js";
import type { ProgramOptions, ProgramResult, Programs, RunningProgram } from "../programs.js";
import { readyVariable } from "./process.js";

/** Programs as child processes. A started one is in a process group of its own, so that a terminal's Ctrl-C reaches only us. */
export class NodePrograms implements Programs {
  start(
    file: string,
    args: readonly string[],
    onLine: (line: string) => void,
    options: ProgramOptions = {},
  ): RunningProgram {
    const child = spawn(file, args, {
      detached: true,
      env: { ...process.env, ...options.env, [readyVariable]: "3" },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    for (const pipe of [child.stdio[1], child.stdio[2]])
      createInterface({ input: pipe as Readable }).on("line", onLine);
    const readyPipe = child.stdio[3] as Readable;
    return {
      pid: child.pid ?? -1,
      ready: new Promise((resolve) => {
        readyPipe.once("data", () => resolve(true));
        readyPipe.once("close", () => resolve(false));
        readyPipe.once("error", () => resolve(false));
      }),
      exit: new Promise<ChildExit>((resolve) => {
        child.once("error", (error) => {
          onLine(error.message);
          resolve({ status: 127, signal: undefined });
        });
        child.once("exit", (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined }));
      }),
      kill: (signal: SignalName) => void child.kill(signal),
    };
  }

  run(
    file: string,
    args: readonly string[],
    options: ProgramOptions & { readonly stdin?: string } = {},
  ): Promise<ProgramResult> {
    return new Promise((resolve) => {
      const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: ["pipe", "pipe", "pipe"] });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.once("error", (error) => resolve({ status: 127, stdout, stderr: `${error.message}\n` }));
      child.once("close", (status) => resolve({ status: status ?? undefined, stdout, stderr }));
      child.stdin.on("error", () => {});
      child.stdin.end(options.stdin ?? "");
    });
  }
}

import type * as ChildProcesses from "node:child_process";
import type { Readable } from "node:stream";
import { HostError } from "#util/errors.js";
import type { ChildExit, ChildProcess } from "../process.js";
import { lazyBuiltin } from "./lazy-builtin.js";

/** Runs this program again with the same arguments and a pipe, whose number `readyVariable` names, to report readiness on. */
export function spawnAgain(
  env: Readonly<Record<string, string>>,
  detached: boolean,
  readyVariable: string,
): ChildProcess {
  const { spawn } = lazyBuiltin("node:child_process") as typeof ChildProcesses;
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...env, [readyVariable]: "3" },
    detached,
    stdio: ["inherit", "inherit", "inherit", "pipe"],
  });
  const pid = child.pid;
  if (pid === undefined) throw new HostError("fork", "EAGAIN", 11, "Resource temporarily unavailable");
  const pipe = child.stdio[3] as Readable;
  const ready = new Promise<boolean>((resolve) => {
    pipe.once("data", () => resolve(true));
    pipe.once("close", () => resolve(false));
    pipe.once("error", () => resolve(false));
  });
  const exit = new Promise<ChildExit>((resolve) => {
    child.once("exit", (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined }));
  });
  return {
    pid,
    ready,
    exit,
    kill: (signal) => child.kill(signal),
    unref() {
      child.unref();
      pipe.destroy();
    },
  };
}

import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { toolIo } from "#cli/io.js";
import { ovsdbClient } from "#cli/ovsdb-client/main.js";
import { FakeProcess } from "#host/fake/process.js";
import { NodeClock } from "#host/node/clock.js";
import { NodeFiles } from "#host/node/files.js";
import { NodeStreams } from "#host/node/streams.js";
import type { Clock } from "#util/clock.js";
import type { ClientOutcome, InvokeClient } from "./ovsdb-client-run.js";

export const realClient = "/usr/bin/ovsdb-client";

/** Runs the installed program. */
export const invokeReal: InvokeClient = (argv, directory, stdinFile) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: "C.UTF-8", OVS_RUNDIR: directory, OVS_LOGDIR: directory };
    // A file and no pipe, since the program seeks in it.
    const stdin = openSync(stdinFile ?? "/dev/null", "r");
    const child = spawn(realClient, [...argv], {
      argv0: "ovsdb-client",
      env,
      cwd: directory,
      timeout: 5000,
      stdio: [stdin, "pipe", "pipe"],
    });
    closeSync(stdin);
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ status: signal ?? code ?? 1, ...said }));
  });

/** Timers go off ten times as fast, so that nobody waits for `--timeout`. */
class FastClock implements Clock {
  readonly #clock = new NodeClock();
  now(): number {
    return this.#clock.now() * 10;
  }
  wall(): number {
    return this.#clock.wall();
  }
  after(milliseconds: number, callback: () => void): ReturnType<Clock["after"]> {
    return this.#clock.after(milliseconds / 10, callback);
  }
}

/** Our program in this process, over real sockets: what it has printed so far, and how it ends. */
export function startOwnClient(
  argv: readonly string[],
  directory: string,
  stdinFile?: string,
): { readonly process: FakeProcess; readonly outcome: Promise<ClientOutcome> } {
  const process = new FakeProcess({ OVS_RUNDIR: directory, OVS_LOGDIR: directory });
  process.cwd = directory;
  if (stdinFile !== undefined) process.stdin = readFileSync(stdinFile, "utf8");
  const host = {
    clock: new FastClock(),
    streams: new NodeStreams(),
    files: new NodeFiles(),
    process,
    syslog: () => undefined,
    random: (size: number) => globalThis.crypto.getRandomValues(new Uint8Array(size)),
  };
  const run = ovsdbClient(argv, toolIo(host));
  const outcome = run.then((status) => ({
    status: process.diedBy ?? status,
    stdout: process.out,
    stderr: process.err,
  }));
  return { process, outcome };
}

export const invokeOwn: InvokeClient = (argv, directory, stdinFile) =>
  startOwnClient(argv, directory, stdinFile).outcome;

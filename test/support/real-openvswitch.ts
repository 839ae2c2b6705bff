import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "./vsctl-run.ts";

const server = "/usr/sbin/ovsdb-server";
const schema = "/usr/share/openvswitch/vswitch.ovsschema";

/** Why the installed Open vSwitch cannot be used as a peer, or `""`. */
export const noRealOpenvswitch: string =
  existsSync(server) && existsSync(schema) && existsSync("/usr/bin/ovs-vsctl")
    ? ""
    : "Open vSwitch is not installed here";

/** A real `ovsdb-server` with an empty Open_vSwitch database in a directory of its own. */
export interface RealServer {
  readonly socket: string;
  readonly directory: string;
  stop(): Promise<void>;
}

export async function startRealServer(): Promise<RealServer> {
  const directory = mkdtempSync(join(tmpdir(), "weft-ovsdb-"));
  const socket = join(directory, "db.sock");
  execFileSync("/usr/bin/ovsdb-tool", ["create", join(directory, "conf.db"), schema]);
  const child = spawn(
    server,
    [
      join(directory, "conf.db"),
      `--remote=punix:${socket}`,
      `--unixctl=${join(directory, "ctl")}`,
      "-vconsole:off",
      "-vsyslog:off",
    ],
    { cwd: directory, env: { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory }, stdio: "ignore" },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  while (!(await answers(socket))) {
    if (child.exitCode !== null) throw new Error(`ovsdb-server ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return {
    socket,
    directory,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = connect(socket, () => {
      attempt.destroy();
      resolve(true);
    });
    attempt.on("error", () => resolve(false));
  });
}

/** Runs the installed program and gives what it printed; a signal's name stands for the status where one ended it. */
export function runReal(program: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...argv],
      { env: { ...process.env, LC_ALL: "C.UTF-8", ...env }, timeout: 5000 },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : (error.signal ?? Number(error.code ?? 1));
        resolve({ status, stdout, stderr });
      },
    );
  });
}

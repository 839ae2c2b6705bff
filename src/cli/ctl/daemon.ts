import { directories } from "#runtime/dirs.js";
import { UserError } from "#util/errors.js";
import { shellQuote } from "#util/shell-quote.js";
import type { ScriptEnvironment } from "../script-environment.js";
import type { CtlOptions } from "./options.js";

/** How long a daemon may take to end before signals become harsher, in milliseconds. */
const PATIENCE = 5000;
const INTERVAL = 5;

export type DaemonName = "ovsdb-server" | "ovs-vswitchd";

/** The pid of a daemon that runs: while it does, its pidfile is locked. */
export function runningPid(name: DaemonName, { host }: ScriptEnvironment): number | undefined {
  const file = `${directories(host.process).run}/${name}.pid`;
  const text = host.files.readTextIfExists(file);
  const pid = Number.parseInt(text ?? "", 10);
  return pid > 0 && host.files.lockHolder(file, pid) === pid ? pid : undefined;
}

/** Starts a daemon as start scripts do, `args` before the options that all have. Throws `UserError` with its complaint. */
export async function startDaemon(
  name: DaemonName,
  args: readonly string[],
  options: CtlOptions,
  env: ScriptEnvironment,
): Promise<void> {
  const { run, log } = directories(env.host.process);
  const user = options.value("ovs-user") ?? options.value("user");
  const words = [
    env.programFile(name),
    ...args,
    ...["-vconsole:emer", "-vsyslog:err", "-vfile:info"],
    ...(options.has("no-self-confinement") ? ["--no-self-confinement"] : []),
    ...(options.value(`${name}-options`) ?? "").split(/\s+/).filter((word) => word !== ""),
    ...["--no-chdir", `--log-file=${log}/${name}.log`, `--pidfile=${run}/${name}.pid`, "--detach"],
    ...(options.has("no-monitor") ? [] : ["--monitor"]),
    ...(user ? ["--user", user] : []),
  ];
  const niceness = options.value(`${name}-priority`) ?? "-10";
  const folder = options.value("daemon-cwd") ?? "/";
  // Who may not be nice to itself runs all the same; what a daemon without a console says goes nowhere.
  const script = `cd ${shellQuote(folder)} && exec nice -n ${shellQuote(niceness)} ${words.map(shellQuote).join(" ")}`;
  const { status, stderr } = await env.programs.run("/bin/sh", ["-c", script]);
  if (status !== 0) {
    env.print(`Starting ${name} ... failed!\n`);
    throw new UserError(`${name} did not start: ${stderr.trim()}`);
  }
  env.print(`Starting ${name}.\n`);
}

/** Ends a daemon, asked nicely first; says so where it does not run. */
export async function stopDaemon(name: DaemonName, env: ScriptEnvironment): Promise<void> {
  const pid = runningPid(name, env);
  if (pid === undefined) {
    env.print(`${name} is not running.\n`);
    return;
  }
  const { run } = directories(env.host.process);
  const target = `${run}/${name}.${pid}.ctl`;
  await env.programs.run(env.programFile("ovs-appctl"), ["-T", "5", "-t", target, "exit"]);
  for (const signal of ["", "TERM", "KILL"]) {
    if (signal !== "") await env.programs.run("kill", [`-${signal}`, String(pid)]);
    if (await ended(name, pid, env)) {
      env.print(`${signal === "" ? "Exiting" : "Killing"} ${name} (${pid}).\n`);
      return;
    }
  }
  throw new UserError(`${name} (${pid}) does not end`);
}

/** A daemon's last act is to take its pid back; its process may be there until somebody asks about it. */
async function ended(name: DaemonName, pid: number, env: ScriptEnvironment): Promise<boolean> {
  const { host } = env;
  const end = host.clock.now() + PATIENCE;
  while (runningPid(name, env) === pid) {
    if (host.clock.now() > end) return false;
    await new Promise<void>((resolve) => host.clock.after(INTERVAL, resolve));
  }
  return true;
}

/*
 * How long the tools take from start to end, beside an empty Node program and the installed C tools; and how long the daemons take until they
 * serve. Interleaved, medians.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./guests.js";

const bin = join(process.argv[1]!, "../../../bin");

interface Command {
  readonly title: string;
  readonly argv: readonly string[];
  readonly times: number[];
}

/** Milliseconds from start to end of a program. */
function time(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  const began = process.hrtime.bigint();
  const result = spawnSync(argv[0]!, argv.slice(1), { env, stdio: "ignore" });
  const took = Number(process.hrtime.bigint() - began) / 1e6;
  if (result.status !== 0) throw new Error(`${argv.join(" ")}: exit status ${result.status}`);
  return took;
}

/** Starts a daemon with `--detach`, which returns when it serves; gives the milliseconds that took. */
function startDaemon(argv: readonly string[], env: NodeJS.ProcessEnv): number {
  return time([...argv, "--detach", "--no-chdir", "--pidfile", "-vconsole:off", "-vsyslog:off"], env);
}

/** Measures and prints; `rounds` runs of each. */
export async function benchCli(rounds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "weft-bench-"));
  const places = { OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  const env: NodeJS.ProcessEnv = { ...process.env, ...places };
  delete env["NODE_EXTRA_CA_CERTS"];
  const empty = join(directory, "empty.cjs");
  writeFileSync(empty, "");
  const ours = (name: string): string => join(bin, name);
  spawnSync(ours("ovsdb-tool"), ["create", join(directory, "conf.db")], { env });
  const server = startDaemon([ours("ovsdb-server"), `--remote=punix:${directory}/db.sock`], env);
  const daemon = startDaemon([ours("ovs-vswitchd"), "--enable-dummy=override"], env);
  const real = (path: string): boolean => existsSync(path);
  const rows: readonly (readonly [string, readonly string[], boolean])[] = [
    ["empty Node program", [process.execPath, empty], true],
    ["ovs-vsctl --version", [ours("ovs-vsctl"), "--version"], true],
    ["ovs-vsctl show", [ours("ovs-vsctl"), "show"], true],
    ["ovs-appctl version", [ours("ovs-appctl"), "version"], true],
    ["C ovs-vsctl --version", ["/usr/bin/ovs-vsctl", "--version"], real("/usr/bin/ovs-vsctl")],
    ["C ovs-vsctl show", ["/usr/bin/ovs-vsctl", `--db=unix:${directory}/db.sock`, "show"], real("/usr/bin/ovs-vsctl")],
    ["C ovs-appctl version", ["/usr/bin/ovs-appctl", "version"], real("/usr/bin/ovs-appctl")],
  ];
  const commands: Command[] = rows.filter((r) => r[2]).map(([title, argv]) => ({ title, argv, times: [] }));
  try {
    for (let i = 0; i < rounds; i++) for (const { argv, times } of commands) times.push(time(argv, env));
  } finally {
    for (const target of ["ovs-vswitchd", "ovsdb-server"])
      spawnSync(ours("ovs-appctl"), ["-t", target, "exit"], { env });
    rmSync(directory, { recursive: true, force: true });
  }
  const floor = median(commands[0]!.times);
  for (const { title, times } of commands) {
    const value = median(times);
    console.log(
      `  ${title.padEnd(24)} ${value.toFixed(1).padStart(6)} ms  ${(value / floor).toFixed(2)} times the empty program`,
    );
  }
  console.log(`  ovsdb-server serves after ${server.toFixed(0)} ms, ovs-vswitchd after ${daemon.toFixed(0)} ms`);
}

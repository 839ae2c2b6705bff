import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CorpusScenario, corpus } from "./switching-corpus.js";

/*
 * Records the installed Open vSwitch's answers to the corpus. Run it with `node tools/run.mjs test/differential/switching-record.ts`
 * when the corpus changes.
 */

/** What the peer said after one packet. */
export interface RecordedStep {
  /** Lines of `dpif/dump-flows`, sorted, without statistics. */
  readonly flows: readonly string[];
  /** Lines of `fdb/show` under the heading. */
  readonly fdb: readonly string[];
}

function record(scenario: CorpusScenario, dir: string): RecordedStep[] {
  const env = { ...process.env, OVS_RUNDIR: dir, OVS_LOGDIR: dir, OVS_DBDIR: dir, OVS_SYSCONFDIR: dir };
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const vsctl = (...args: string[]): string =>
    run("/usr/bin/ovs-vsctl", `--db=unix:${dir}/db.sock`, "--timeout=10", ...args);
  const appctl = (...args: string[]): string => run("/usr/bin/ovs-appctl", "-t", `${dir}/ctl`, ...args);
  run("/usr/bin/ovsdb-tool", "create", `${dir}/conf.db`, "/usr/share/openvswitch/vswitch.ovsschema");
  run(
    "/usr/sbin/ovsdb-server",
    `${dir}/conf.db`,
    `--remote=punix:${dir}/db.sock`,
    `--pidfile=${dir}/db.pid`,
    `--unixctl=${dir}/dbctl`,
    "--detach",
    "-vconsole:off",
    "--log-file=/dev/null",
  );
  try {
    vsctl("--no-wait", "init");
    vsctl("--no-wait", "set", "Open_vSwitch", ".", `other_config:vlan-limit=${scenario.vlanLimit}`);
    run(
      "/usr/sbin/ovs-vswitchd",
      `unix:${dir}/db.sock`,
      "--enable-dummy=override",
      `--pidfile=${dir}/sw.pid`,
      `--unixctl=${dir}/ctl`,
      "--detach",
      "-vconsole:off",
      "--log-file=/dev/null",
    );
    const columns = (all: Readonly<Record<string, string>>): string[] =>
      Object.entries(all).map(([k, v]) => `${k}=${v}`);
    vsctl(
      "add-br",
      "br0",
      "--",
      "set",
      "bridge",
      "br0",
      "datapath_type=dummy",
      "other-config:hwaddr=aa:55:aa:55:00:00",
      ...columns(scenario.bridge),
    );
    scenario.ports.forEach((p, i) => {
      const set = Object.keys(p.columns).length > 0 ? ["--", "set", "port", p.name, ...columns(p.columns)] : [];
      vsctl(
        "add-port",
        "br0",
        p.name,
        "--",
        "set",
        "interface",
        p.name,
        "type=dummy",
        `ofport_request=${i + 1}`,
        ...set,
      );
    });
    appctl("time/stop");
    return scenario.packets.map(([port, packet]) => {
      if (scenario.fresh) {
        appctl("fdb/flush", "br0");
        appctl("revalidator/purge");
      }
      appctl("netdev-dummy/receive", port, packet);
      appctl("time/warp", "100");
      appctl("revalidator/wait");
      const flows = appctl("dpif/dump-flows", "br0")
        .trim()
        .split("\n")
        .map((l) => l.replace(/packets:\d+, bytes:\d+, used:[^,]*, /, ""));
      const fdb = appctl("fdb/show", "br0")
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((l) => l.replace(/\d+$/, "").trim());
      return { flows: flows.filter((l) => l !== "").sort(), fdb: fdb.sort() };
    });
  } finally {
    for (const pid of ["sw.pid", "db.pid"]) {
      try {
        process.kill(Number(readFileSync(join(dir, pid), "utf8")));
      } catch {
        // It never started.
      }
    }
  }
}

const file = join(import.meta.dirname, "switching-recorded.json");
const wanted = process.argv.slice(2);
// With names of scenarios as arguments, only those are recorded anew.
const before: Record<string, RecordedStep[]> =
  wanted.length > 0 && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).recorded : {};
const recorded: Record<string, RecordedStep[]> = {};
for (const scenario of corpus) {
  const known = before[scenario.name];
  if (known && !wanted.includes(scenario.name)) {
    recorded[scenario.name] = known;
    continue;
  }
  const dir = mkdtempSync(join(tmpdir(), "weft-record-"));
  try {
    recorded[scenario.name] = record(scenario, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const version = execFileSync("/usr/sbin/ovs-vswitchd", ["--version"], { encoding: "utf8" }).split("\n")[0];
writeFileSync(file, `${JSON.stringify({ version, recorded }, undefined, 1)}\n`);

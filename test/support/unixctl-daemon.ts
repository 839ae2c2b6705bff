import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodeHost } from "#host/node/host.js";
import { Coverage, coverageCommands } from "#runtime/coverage.js";
import { memoryCommands } from "#runtime/memory.js";
import { UnixctlServer } from "#runtime/unixctl-server.js";
import { Vlog } from "#runtime/vlog.js";
import { vlogCommands } from "#runtime/vlog-commands.js";
import { UserError } from "#util/errors.js";
import { versionText } from "#util/version.js";

/** A control socket of ours with the common commands, in this process. */
export interface ControlDaemon {
  readonly directory: string;
  readonly socket: string;
  readonly coverage: Coverage;
  stop(): void;
}

/** Serves the commands that every daemon has, and `test/json`, `test/fail`, `test/slow` for the client's sake. */
export async function startControlDaemon(): Promise<ControlDaemon> {
  const directory = mkdtempSync(join(tmpdir(), "weft-ctl-"));
  const socket = join(directory, "ctl");
  const host = createNodeHost();
  const log = new Vlog(host, { program: "ovs-test" });
  log.set("console:off");
  const coverage = new Coverage();
  const server = new UnixctlServer(log);
  server.register([
    { name: "version", usage: "", minArgs: 0, maxArgs: 0, run: () => versionText("ovs-test") },
    ...vlogCommands(log),
    ...coverageCommands(coverage),
    ...memoryCommands([() => ({ ports: 3, cells: 20 }), () => ({ ports: 1 })]),
    {
      name: "test/json",
      usage: "A [B]",
      minArgs: 1,
      maxArgs: 2,
      run: (args) => ({ second: 2, first: [...args] }),
      text: () => "as text",
    },
    {
      name: "test/fail",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => {
        throw new UserError("it failed");
      },
    },
    { name: "test/slow", usage: "", minArgs: 0, maxArgs: 0, run: () => new Promise(() => {}) },
  ]);
  await server.listen(host, socket);
  writeFileSync(join(directory, "stale.pid"), "999999\n");
  return {
    directory,
    socket,
    coverage,
    stop() {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

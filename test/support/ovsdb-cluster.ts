import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { TestServer } from "./ovsdb-servers.js";

/** A server of the installed ovsdb-server with a cluster of its own. Only such a one keeps a history of transactions. */
export async function startRealCluster(schema: Json): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), "weft-cluster-"));
  const socket = join(directory, "db.sock");
  const file = join(directory, "conf.db");
  writeFileSync(join(directory, "schema"), formatJson(schema));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
  const raft = `unix:${join(directory, "raft.sock")}`;
  execFileSync("/usr/bin/ovsdb-tool", ["create-cluster", file, join(directory, "schema"), raft], { env });
  const quiet = ["-vconsole:off", "-vsyslog:off"];
  const args = [file, `--remote=punix:${socket}`, `--unixctl=${join(directory, "ctl")}`, ...quiet];
  const child = spawn("/usr/sbin/ovsdb-server", args, { env, stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { name } = schema as { readonly name: string };
  execFileSync("/usr/bin/ovsdb-client", ["-t", "20", "wait", `unix:${socket}`, name, "connected"], { env });
  return {
    directory,
    socket,
    file,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

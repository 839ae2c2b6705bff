import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { TestServer } from "./ovsdb-servers.js";

/** Servers of the installed ovsdb-server that share a database. Only such ones keep a history of transactions. */
export interface RealCluster {
  /** Where each server listens. */
  readonly sockets: readonly string[];
  /** Which server leads now. */
  leader(): number;
  /** Ends a server at once. */
  kill(server: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster; every server has joined it when this resolves. */
export async function startCluster(schema: Json, size: number): Promise<RealCluster> {
  const directory = mkdtempSync(join(tmpdir(), "weft-cluster-"));
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
  const { name } = schema as { readonly name: string };
  const path = (server: number, what: string): string => join(directory, `${server}.${what}`);
  const quiet = { env, stdio: "ignore" as const };
  writeFileSync(join(directory, "schema"), formatJson(schema));
  const children: ChildProcess[] = [];
  for (let server = 0; server < size; server++) {
    const raft = (n: number): string => `unix:${path(n, "raft")}`;
    const file = path(server, "db");
    const made = server === 0 ? ["create-cluster", file, join(directory, "schema"), raft(0)] : [];
    const joined = server === 0 ? [] : ["join-cluster", file, name, raft(server), raft(0)];
    execFileSync("/usr/bin/ovsdb-tool", [...made, ...joined], quiet);
    const logs = ["-vconsole:off", "-vsyslog:off"];
    const args = [file, `--remote=punix:${path(server, "sock")}`, `--unixctl=${path(server, "ctl")}`, ...logs];
    children.push(spawn("/usr/sbin/ovsdb-server", args, { env, stdio: "ignore" }));
    execFileSync(
      "/usr/bin/ovsdb-client",
      ["-t", "30", "wait", `unix:${path(server, "sock")}`, name, "connected"],
      quiet,
    );
  }
  const kill = async (server: number): Promise<void> => {
    const child = children[server]!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await exited;
  };
  const status = (server: number): string =>
    execFileSync("/usr/bin/ovs-appctl", ["-t", path(server, "ctl"), "cluster/status", name], { env, encoding: "utf8" });
  return {
    sockets: children.map((_, server) => path(server, "sock")),
    leader: () => children.findIndex((child, n) => child.signalCode === null && /^Role: leader$/m.test(status(n))),
    kill,
    async stop() {
      await Promise.all(children.map((_, server) => kill(server)));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A cluster of one server. */
export async function startRealCluster(schema: Json): Promise<Pick<TestServer, "socket" | "stop">> {
  const cluster = await startCluster(schema, 1);
  return { socket: cluster.sockets[0]!, stop: () => cluster.stop() };
}

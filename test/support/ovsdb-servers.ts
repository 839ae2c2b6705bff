import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { schemaFromJson, schemaToJson } from "#ovsdb/schema-json.js";
import type { SyncOptions } from "#ovsdb-server/active-backup.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { LogFile } from "#ovsdb-server/log-file.js";
import { type RecordingLog, recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { RawClient } from "./ovsdb-raw-client.js";

/** A database server with one database, ours or the installed one, in a directory of its own. */
export interface TestServer {
  readonly directory: string;
  readonly socket: string;
  readonly file: string;
  stop(): Promise<void>;
}

export interface OurServer extends TestServer {
  readonly server: DatabaseServer;
  readonly log: RecordingLog;
}

function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), "weft-ovsdb-"));
}

/** Makes a database file the way `ovsdb-tool create` does. */
export function createDatabase(path: string, schema: Json): void {
  const { files } = createNodeHost({ lock: lockRecord });
  const log = LogFile.open(files, path, { name: path, mode: "create", warn: () => {} });
  log.append(formatJson(schemaToJson(schemaFromJson(schema))));
  log.close();
}

/** Our server, in this process. */
export async function startOurs(schema: Json, sync?: SyncOptions): Promise<OurServer> {
  const server = await startOurEmpty(sync);
  createDatabase(server.file, schema);
  server.server.addDatabase(server.file);
  server.server.startSync();
  return server;
}

/** Our server, in this process, relaying databases (`relay:NAME:REMOTE`). */
export async function startOurRelay(...specs: readonly string[]): Promise<OurServer> {
  const server = await startOurEmpty();
  for (const spec of specs) server.server.addDatabase(spec);
  return server;
}

async function startOurEmpty(sync?: SyncOptions): Promise<OurServer> {
  const directory = newDirectory();
  const socket = join(directory, "db.sock");
  const host = createNodeHost({ lock: lockRecord });
  const log = recordingLog();
  const server = new DatabaseServer(host, log, {
    runDirectory: directory,
    tls: {},
    columnDiffs: true,
    ...(sync ? { sync } : {}),
  });
  await server.addRemote(`punix:${socket}`);
  return {
    directory,
    socket,
    file: join(directory, "conf.db"),
    server,
    log,
    async stop() {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The installed server, in a process of its own. */
export async function startReal(schema: Json, options: readonly string[] = []): Promise<TestServer> {
  const directory = newDirectory();
  const file = join(directory, "conf.db");
  writeFileSync(join(directory, "schema"), formatJson(schema));
  execFileSync("/usr/bin/ovsdb-tool", ["create", file, join(directory, "schema")]);
  return runReal(directory, [file, ...options]);
}

/** The installed server, relaying a database (`relay:NAME:REMOTE`). */
export function startRealRelay(spec: string): Promise<TestServer> {
  return runReal(newDirectory(), [spec]);
}

async function runReal(directory: string, options: readonly string[]): Promise<TestServer> {
  const socket = join(directory, "db.sock");
  const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
  const args = [
    `--remote=punix:${socket}`,
    `--unixctl=${join(directory, "ctl")}`,
    "-vconsole:off",
    "-vsyslog:off",
    ...options,
  ];
  const child = spawn("/usr/sbin/ovsdb-server", args, { env, stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for (;;) {
    const client = await RawClient.open(socket).catch(() => undefined);
    client?.close();
    if (client) break;
    if (child.exitCode !== null) throw new Error(`ovsdb-server ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    directory,
    socket,
    file: join(directory, "conf.db"),
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

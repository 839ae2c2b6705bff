import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { databaseLines, dumpDatabase, rowLabels } from "./ovsdb-dump.js";
import { RawClient } from "./ovsdb-raw-client.js";

const run = promisify(execFile);

/** OVN's two databases in one server, and ovn-northd between them. */
export class OvnSetup {
  readonly directory: string;
  readonly socket: string;
  readonly #argv: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;
  #northd: ChildProcess | undefined;

  /** `argv` starts the server; `schemas` has `ovn-nb.ovsschema` and `ovn-sb.ovsschema`. */
  constructor(argv: readonly string[], schemas: string) {
    this.#argv = argv;
    this.directory = mkdtempSync(join(tmpdir(), "ovss-ovn-"));
    this.socket = join(this.directory, "db.sock");
    const { directory, socket } = this;
    this.#env = {
      ...process.env,
      OVS_RUNDIR: directory,
      OVS_LOGDIR: directory,
      OVN_RUNDIR: directory,
      OVN_LOGDIR: directory,
      OVN_NB_DB: `unix:${socket}`,
      OVN_SB_DB: `unix:${socket}`,
    };
    for (const name of ["nb", "sb"]) {
      execFileSync("/usr/bin/ovsdb-tool", [
        "create",
        join(directory, `${name}.db`),
        join(schemas, `ovn-${name}.ovsschema`),
      ]);
    }
  }

  async startServer(): Promise<void> {
    const { directory, socket } = this;
    const [command, ...more] = this.#argv;
    const options = [
      `--remote=punix:${socket}`,
      `--unixctl=${join(directory, "server.ctl")}`,
      "-vconsole:off",
      "-vsyslog:off",
    ];
    const files = [join(directory, "nb.db"), join(directory, "sb.db")];
    this.#server = spawn(command!, [...more, ...options, ...files], { stdio: "ignore", env: this.#env });
    const client = await this.connect();
    client.close();
  }

  async connect(): Promise<RawClient> {
    for (;;) {
      const client = await RawClient.open(this.socket).catch(() => undefined);
      if (client) return client;
      if (this.#server!.exitCode !== null) throw new Error(`ovsdb-server ended with ${this.#server!.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  startNorthd(): void {
    const options = ["-vconsole:off", "-vsyslog:off", `--unixctl=${join(this.directory, "northd.ctl")}`, "--no-chdir"];
    this.#northd = spawn("/usr/bin/ovn-northd", options, { stdio: "ignore", env: this.#env });
  }

  /** As if the power failed, for the server alone. */
  async killServer(): Promise<void> {
    await ended(this.#server, "SIGKILL");
  }

  /** Runs ovn-nbctl with words that blanks separate; commands with `--` between them. */
  async nbctl(words: string): Promise<string> {
    const { stdout } = await run("/usr/bin/ovn-nbctl", ["--timeout=30", ...words.trim().split(/\s+/)], {
      env: this.#env,
    });
    return stdout;
  }

  async sbctl(words: string): Promise<string> {
    const { stdout } = await run("/usr/bin/ovn-sbctl", ["--timeout=30", ...words.trim().split(/\s+/)], {
      env: this.#env,
    });
    return stdout;
  }

  /** Both databases as lines that are equal for equal contents: names for UUIDs, nothing that tells of time. */
  async contents(): Promise<string[]> {
    const client = await this.connect();
    try {
      const north = await dumpDatabase(client, "OVN_Northbound");
      const names = rowLabels(north);
      // Southbound rows have northbound UUIDs, or parts of them, among their strings.
      const text = JSON.stringify(await dumpDatabase(client, "OVN_Southbound"))
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, (uuid) => names.get(uuid) ?? uuid)
        .replace(/,?\["stage-hint","\w+"\]/g, "")
        .replace(/"\w+_timestamp":\d+,?/g, "");
      const south = JSON.parse(text) as typeof north;
      const lines = [...databaseLines(north, names), ...databaseLines(south, rowLabels(south))];
      return lines.map((line) => line.replace(/"\w+_timestamp":\d+,?/g, "")).sort();
    } finally {
      client.close();
    }
  }

  async stop(): Promise<void> {
    await ended(this.#northd, "SIGTERM");
    await ended(this.#server, "SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  await exit;
}

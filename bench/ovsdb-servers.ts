import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchPeer } from "./ovsdb-peer.js";

/** A schema like that of a small configuration: a set of strings, a map, a unique index. */
export const benchSchema: object = {
  name: "Bench",
  version: "1.0.0",
  tables: {
    Item: {
      columns: {
        name: { type: "string" },
        value: { type: "integer" },
        words: { type: { key: "string", min: 0, max: "unlimited" } },
        tags: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
      indexes: [["name"]],
      isRoot: true,
    },
  },
};

/** The servers that are compared: a name and how each is started. `WEFT_OVSDB_SERVER` is run in the place of ours with `node`. */
export const contestants: readonly { readonly name: string; readonly argv: readonly string[] }[] = [
  {
    name: "weft",
    argv: process.env["WEFT_OVSDB_SERVER"]
      ? [process.execPath, ...process.env["WEFT_OVSDB_SERVER"].split(" ")]
      : [join(process.argv[1]!, "../../../bin/ovsdb-server")],
  },
  { name: "real", argv: ["/usr/sbin/ovsdb-server"] },
];

/** A server under test, in a process and directory of its own. */
export class BenchServer {
  readonly directory: string;
  readonly #argv: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  constructor(argv: readonly string[]) {
    this.#argv = argv;
    this.directory = mkdtempSync(join(tmpdir(), "weft-bench-"));
    const { directory } = this;
    this.#env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
    delete this.#env["NODE_EXTRA_CA_CERTS"];
    writeFileSync(join(directory, "schema"), JSON.stringify(benchSchema));
    execFileSync("/usr/bin/ovsdb-tool", ["create", this.file, join(directory, "schema")], { env: this.#env });
  }

  get file(): string {
    return join(this.directory, "conf.db");
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Starts it; resolves to the milliseconds until it answers. */
  async start(): Promise<number> {
    const began = performance.now();
    const [command, ...more] = this.#argv;
    const args = [
      ...more,
      this.file,
      `--remote=punix:${this.directory}/db.sock`,
      `--unixctl=${this.directory}/ctl`,
      "-vconsole:off",
      "-vsyslog:off",
    ];
    const child = spawn(command!, args, { env: this.#env, stdio: "ignore" });
    this.#child = child;
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("exit", () => process.off("exit", kill));
    for (;;) {
      const peer = await this.connect().catch(() => undefined);
      if (peer) {
        await peer.run(() => '{"method":"list_dbs","params":[],"id":0}', 1, 1);
        peer.close();
        return performance.now() - began;
      }
      if (child.exitCode !== null) throw new Error(`${command} ended with ${this.#child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  connect(): Promise<BenchPeer> {
    return BenchPeer.open(join(this.directory, "db.sock"));
  }

  /** Connects so many clients, waiting where the server's queue is full. */
  async connectMany(count: number): Promise<BenchPeer[]> {
    const peers: BenchPeer[] = [];
    while (peers.length < count) {
      const peer = await this.connect().catch(() => undefined);
      if (peer) peers.push(peer);
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return peers;
  }

  /** Resident memory in MiB. */
  resident(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))![1]) / 1024;
  }

  appctl(...args: readonly string[]): ChildProcess {
    return spawn("/usr/bin/ovs-appctl", ["-t", `${this.directory}/ctl`, ...args], { env: this.#env, stdio: "ignore" });
  }

  async stop(): Promise<void> {
    const child = this.#child!;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    await ended;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

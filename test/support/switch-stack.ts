import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.js";
import { hasEnded } from "./has-ended.js";
import { type TestNamespace, testNamespace } from "./namespace.js";
import { type Need, program } from "./needs.js";
import { unpin } from "./unpin.js";

const bin = join(import.meta.dirname, "../../bin");

/** Which programs make a stack: paths of each. */
export interface StackPrograms {
  readonly ovsdbTool: string;
  readonly ovsdbServer: string;
  readonly vswitchd: string;
  readonly vsctl: string;
  readonly appctl: string;
}

export const ourPrograms: StackPrograms = {
  ovsdbTool: join(bin, "ovsdb-tool"),
  ovsdbServer: join(bin, "ovsdb-server"),
  vswitchd: join(bin, "ovs-vswitchd"),
  vsctl: join(bin, "ovs-vsctl"),
  appctl: join(bin, "ovs-appctl"),
};

export const realPrograms: StackPrograms = {
  ovsdbTool: "/usr/bin/ovsdb-tool",
  ovsdbServer: "/usr/sbin/ovsdb-server",
  vswitchd: "/usr/sbin/ovs-vswitchd",
  vsctl: "/usr/bin/ovs-vsctl",
  appctl: "/usr/bin/ovs-appctl",
};

export const realSchema = "/usr/share/openvswitch/vswitch.ovsschema";
/** What every test with `realPrograms` needs. */
export const needsRealPrograms: Need = program("/usr/sbin/ovs-vswitchd", "openvswitch-switch");

/** What a program printed, and its exit status; a signal's name stands for the status where one ended it. */
export interface Ran {
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StackOptions {
  /** The schema of the database; each `ovsdb-tool`'s own where absent. */
  readonly schema?: string;
  /** Options of `ovs-vswitchd` beside those of every daemon. */
  readonly switchOptions?: readonly string[];
  /** Its TCP ports are the test's own machine's: for dummies, which have no devices. */
  readonly hostNetwork?: boolean;
}

/**
 * A database and a switch daemon, ours, the installed ones or mixed, in a network namespace and a directory of their own. Needs
 * root and a build.
 */
export class SwitchStack {
  readonly programs: StackPrograms;
  readonly namespace: TestNamespace = testNamespace();
  readonly directory: string = mkdtempSync(join(tmpdir(), "weft-stack-"));
  /** Random texts of this stack, and what comparisons spell them. */
  readonly aliases: Map<string, string> = new Map();
  readonly #options: StackOptions;
  readonly #children: ChildProcess[] = [];

  private constructor(programs: StackPrograms, options: StackOptions) {
    this.programs = programs;
    this.#options = options;
  }

  static async start(programs: StackPrograms, options: StackOptions = {}): Promise<SwitchStack> {
    const stack = new SwitchStack(programs, options);
    try {
      const schema = options.schema ?? (programs.ovsdbTool.startsWith("/usr/") ? realSchema : undefined);
      await stack.must(programs.ovsdbTool, "create", stack.path("conf.db"), ...(schema === undefined ? [] : [schema]));
      await stack.startDatabase();
      await stack.startSwitch();
      return stack;
    } catch (error) {
      await stack.close();
      throw error;
    }
  }

  get env(): NodeJS.ProcessEnv {
    const { directory } = this;
    const { OVS_PKGDATADIR: _, ...rest } = process.env;
    return { ...rest, LC_ALL: "C.UTF-8", OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async startDatabase(): Promise<void> {
    const remote = `--remote=punix:${this.path("db.sock")}`;
    const life = ["--pidfile", "--detach", "--no-chdir", "--log-file", "-vconsole:off"];
    await this.must(this.programs.ovsdbServer, remote, ...life, this.path("conf.db"));
  }

  async startSwitch(): Promise<void> {
    const life = ["--pidfile", "--detach", "--no-chdir", "--log-file", "-vconsole:off"];
    await this.must(this.programs.vswitchd, ...life, ...(this.#options.switchOptions ?? []));
  }

  /** Runs a program in the stack's namespace, its standard input empty; killed after thirty seconds. */
  run(file: string, ...args: readonly string[]): Promise<Ran> {
    const child = this.#spawn(file, args, 30_000);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ status: code ?? signal ?? "?", stdout, stderr }));
    });
  }

  /** As `run`; throws where the program fails, and gives its standard output. */
  async must(file: string, ...args: readonly string[]): Promise<string> {
    const ran = await this.run(file, ...args);
    if (ran.status !== 0) {
      throw new Error(`${file} ${args.join(" ")}: status ${ran.status}: ${ran.stderr}\n${this.log("ovs-vswitchd")}`);
    }
    return ran.stdout;
  }

  /** Runs `ovs-vsctl`, which waits for the switch; given up after fifteen seconds. */
  vsctl(...args: readonly string[]): Promise<Ran> {
    return this.run(this.programs.vsctl, "--timeout=15", ...args);
  }

  /** Runs `ovs-appctl` on the switch. */
  appctl(...args: readonly string[]): Promise<Ran> {
    return this.run(this.programs.appctl, "--timeout=10", ...args);
  }

  /** A text of this stack without what is random about the stack. */
  unalias(text: string): string {
    let plain = text.replaceAll(this.directory, "<dir>");
    for (const [random, name] of this.aliases) plain = plain.replaceAll(random, name);
    return plain
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>")
      .replace(/\baa:55:aa:55:[0-9a-f]{2}:[0-9a-f]{2}\b/g, "<a dummy's address>");
  }

  /** Starts a program that goes on, its standard input open; it is killed with the stack. */
  background(file: string, ...args: readonly string[]): ChildProcess {
    const child = this.#spawn(file, args, undefined, "pipe");
    this.#children.push(child);
    return child;
  }

  #spawn(file: string, args: readonly string[], timeout?: number, stdin: "ignore" | "pipe" = "ignore"): ChildProcess {
    const enter = this.#options.hostNetwork ? [] : ["nsenter", `--net=/proc/${process.pid}/fd/${this.namespace.fd}`];
    const [program, ...words] = [...enter, file, ...args];
    return spawn(program!, words, {
      env: this.env,
      stdio: [stdin, "pipe", "pipe"],
      ...(timeout === undefined ? {} : { timeout }),
    });
  }

  pid(daemon: string): number {
    return Number(readFileSync(this.path(`${daemon}.pid`), "utf8"));
  }

  /** The lines of a daemon's log file. */
  log(daemon: string): string {
    const file = this.path(`${daemon}.log`);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Ends a daemon and waits until it is gone. */
  async stop(daemon: string, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const pid = this.pid(daemon);
    process.kill(pid, signal);
    await eventually(() => hasEnded(pid), `${daemon} to end`);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const daemon of ["ovs-vswitchd", "ovsdb-server"]) {
      if (existsSync(this.path(`${daemon}.pid`))) await this.stop(daemon).catch(() => {});
    }
    unpin(this.directory);
    this.namespace.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

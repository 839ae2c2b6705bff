import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasEnded } from "./has-ended.js";
import { type TestNamespace, testNamespace } from "./namespace.js";
import { unpin } from "./unpin.js";

const bin = join(import.meta.dirname, "../../bin");

/** What a program gave. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A host of a lab: a network namespace and folders of its own, in which the programs of `bin/` run as an operator would start them.
 * Needs root and a build.
 */
export class WeftHost {
  readonly namespace: TestNamespace = testNamespace();
  readonly directory: string = mkdtempSync(join(tmpdir(), "weft-lab-"));
  readonly #guests: TestNamespace[] = [];
  readonly #children: ChildProcess[] = [];

  get env(): NodeJS.ProcessEnv {
    const { directory } = this;
    return { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory, OVS_DBDIR: directory };
  }

  /** Creates the database and starts both daemons with `--detach`. */
  start(...switchOptions: string[]): void {
    this.must("ovsdb-tool", "create", `${this.directory}/conf.db`);
    this.startDatabase();
    this.startSwitch(...switchOptions);
  }

  startDatabase(): void {
    const remote = `--remote=punix:${this.directory}/db.sock`;
    this.must("ovsdb-server", remote, "--pidfile", "--detach", "--no-chdir", "--log-file", "-vconsole:off");
  }

  startSwitch(...options: string[]): void {
    this.must("ovs-vswitchd", "--pidfile", "--detach", "--no-chdir", "--log-file", "-vconsole:off", ...options);
  }

  /** Runs a program of `bin/`, or one given by its path, on this host. */
  run(program: string, ...args: string[]): Ran {
    const file = program.includes("/") ? program : join(bin, program);
    const enter = `--net=/proc/${process.pid}/fd/${this.namespace.fd}`;
    return spawnSync("nsenter", [enter, file, ...args], { encoding: "utf8", env: this.env, timeout: 30_000 });
  }

  /** As `run`, but throws where the program fails; gives its standard output. */
  must(program: string, ...args: string[]): string {
    const result = this.run(program, ...args);
    if (result.status !== 0) {
      throw new Error(`${program} ${args.join(" ")}: status ${result.status}: ${result.stderr}\n${this.log()}`);
    }
    return result.stdout;
  }

  vsctl(...args: string[]): string {
    return this.must("ovs-vsctl", "--timeout=20", ...args);
  }

  appctl(...args: string[]): string {
    return this.must("ovs-appctl", ...args);
  }

  /** A guest: a namespace whose `eth0` has an IPv4 address (with its prefix length), the other end being `port` on this host. */
  guest(port: string, address: string): TestNamespace {
    const guest = testNamespace();
    this.#guests.push(guest);
    this.namespace.net.createVeth(port, "eth0", guest.fd);
    this.namespace.net.setUp(port, true);
    guest.ip(`addr add ${address} dev eth0`);
    guest.ip("link set eth0 up");
    return guest;
  }

  /** Starts a program in this host's namespace that goes on; it is killed with the host. */
  background(command: string, ...args: string[]): ChildProcess {
    const enter = `--net=/proc/${process.pid}/fd/${this.namespace.fd}`;
    const child = spawn("nsenter", [enter, command, ...args], { env: this.env, stdio: ["pipe", "pipe", "pipe"] });
    this.#children.push(child);
    return child;
  }

  pid(daemon: string): number {
    return Number(readFileSync(join(this.directory, `${daemon}.pid`), "utf8"));
  }

  /** Ends a daemon at once, as `kill -9` does, and waits until it is gone. */
  kill(daemon: string): void {
    const pid = this.pid(daemon);
    process.kill(pid, "SIGKILL");
    waitFor(() => hasEnded(pid), `${daemon} to end`);
  }

  log(): string {
    const file = join(this.directory, "ovs-vswitchd.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const daemon of ["ovs-vswitchd", "ovsdb-server"]) {
      if (!existsSync(join(this.directory, `${daemon}.pid`))) continue;
      const pid = this.pid(daemon);
      try {
        process.kill(pid, "SIGTERM");
        waitFor(() => hasEnded(pid), `${daemon} to end`);
      } catch {
        // It had ended already.
      }
    }
    unpin(this.directory);
    for (const guest of this.#guests) guest.close();
    this.namespace.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Looks again and again until `condition` holds; throws after ten seconds. */
export function waitFor(condition: () => boolean, what: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    Atomics.wait(pause, 0, 0, 10);
  }
}

/** True where an echo request is answered; the first of three may be lost to address resolution. */
export function reaches(from: TestNamespace, address: string): boolean {
  return from.run("ping", "-c", "3", "-i", "0.1", "-W", "1", address).status === 0;
}

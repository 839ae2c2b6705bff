import type { Host } from "#host/host.js";
import type { Programs, RunningProgram } from "#host/programs.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { HostError, UserError } from "#util/errors.js";
import { OVS_VERSION } from "#util/version.js";
import type { Places } from "./places.js";

/** What starting the daemons needs of the outside. */
export interface DaemonEnvironment {
  readonly host: Host;
  readonly programs: Programs;
  /** Absolute path of one of our programs, by its name. */
  programFile(name: string): string;
}

export interface DaemonEvents {
  /** A line of a daemon's output. */
  line(text: string): void;
  /** A daemon ended without being asked to. */
  died(name: string, how: string): void;
}

/** Database server and switch, as one thing to start and stop. */
export class SwitchDaemons {
  readonly #env: DaemonEnvironment;
  readonly #places: Places;
  readonly #events: DaemonEvents;
  readonly #running: RunningProgram[] = [];
  #stopping = false;

  constructor(env: DaemonEnvironment, places: Places, events: DaemonEvents) {
    this.#env = env;
    this.#places = places;
    this.#events = events;
  }

  get #socket(): string {
    return `unix:${this.#places.run}/db.sock`;
  }

  /** Creates the database where it is missing; true when it was made. Throws `UserError`. */
  async createDatabase(): Promise<boolean> {
    const { run, log, db } = this.#places;
    for (const path of [run, log, db]) this.#makeDirectory(path);
    const file = `${db}/conf.db`;
    if (this.#env.host.files.exists(file)) return false;
    const made = await this.#run("ovsdb-tool", ["create", file]);
    if (made.status !== 0) throw new UserError(`could not create ${file}: ${made.stderr.trim()}`);
    return true;
  }

  #makeDirectory(path: string): void {
    try {
      this.#env.host.files.makeDirectory(path);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      throw new UserError(`cannot keep files in ${path} (${error.text}); choose another folder with --dir`);
    }
  }

  /** Starts both; false where one of them ended before it served. `switchOptions` go to ovs-vswitchd. */
  async start(switchOptions: readonly string[]): Promise<boolean> {
    const common = ["-vconsole:warn", "--no-chdir", "--pidfile", "--log-file"];
    const remotes = [`--remote=p${this.#socket}`, "--remote=db:Open_vSwitch,Open_vSwitch,manager_options"];
    return (
      (await this.#start("ovsdb-server", [`${this.#places.db}/conf.db`, ...remotes, ...common])) &&
      (await this.#initialise()) &&
      (await this.#start("ovs-vswitchd", [this.#socket, ...common, ...switchOptions]))
    );
  }

  /** Runs `ovs-vsctl` on this database. Throws `UserError` with its complaint. */
  async vsctl(...args: string[]): Promise<string> {
    return this.#checked("ovs-vsctl", [`--db=${this.#socket}`, "--timeout=30", ...args]);
  }

  /** Runs `ovs-appctl` on this switch. */
  async appctl(...args: string[]): Promise<string> {
    return this.#checked("ovs-appctl", args);
  }

  /** Ends what runs, the switch first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // Ended by a signal alone, the switch would leave the devices of its bridges to the next one.
    if (this.#running.length > 1) await this.#run("ovs-appctl", ["exit", "--cleanup"]).catch(() => undefined);
    for (const program of this.#running.reverse()) {
      program.kill("SIGTERM");
      await program.exit;
    }
  }

  async #checked(name: string, args: readonly string[]): Promise<string> {
    const result = await this.#run(name, args);
    if (result.status !== 0) throw new UserError(result.stderr.trim());
    return result.stdout;
  }

  #run(name: string, args: readonly string[]): ReturnType<Programs["run"]> {
    return this.#env.programs.run(this.#env.programFile(name), args, { env: this.#places.env });
  }

  #start(name: string, args: readonly string[]): Promise<boolean> {
    const file = this.#env.programFile(name);
    const program = this.#env.programs.start(
      file,
      args,
      (line) => {
        if (!this.#stopping) this.#events.line(line);
      },
      { env: this.#places.env },
    );
    this.#running.push(program);
    void program.exit.then(({ status, signal }) => {
      if (!this.#stopping) this.#events.died(name, signal ? `by ${signal}` : `with status ${status}`);
    });
    return program.ready;
  }

  /** What the start script of Open vSwitch writes before the switch starts: identity and versions. */
  async #initialise(): Promise<boolean> {
    const base = [`--db=${this.#socket}`, "--no-wait"];
    const id = ["--if-exists", "get", "Open_vSwitch", ".", "external_ids:system-id"];
    const known = await this.#run("ovs-vsctl", [...base, "init", "--", ...id]);
    const identified = known.status === 0 && known.stdout.trim() !== "";
    const set = await this.#run("ovs-vsctl", [
      ...base,
      "set",
      "Open_vSwitch",
      ".",
      `db-version=${openVSwitchDeclaration.version}`,
      `ovs-version=${OVS_VERSION}`,
      `external_ids:hostname=${this.#env.host.process.hostname || "localhost"}`,
      ...(identified ? [] : [`external_ids:system-id=${this.#randomUuid()}`]),
    ]);
    if (set.status !== 0) this.#events.line(set.stderr.trim());
    return set.status === 0;
  }

  #randomUuid(): string {
    const hex = [...this.#env.host.random(16)].map((b) => b.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
  }
}

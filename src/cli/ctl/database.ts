import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { newUuid } from "#ovsdb-server/new-uuid.js";
import { directories } from "#runtime/dirs.js";
import { HostError, UserError } from "#util/errors.js";
import { OVS_VERSION } from "#util/version.js";
import type { ScriptEnvironment } from "../script-environment.js";
import type { CtlOptions } from "./options.js";

/** The database of the switch, as start scripts treat it. */
export class CtlDatabase {
  readonly #options: CtlOptions;
  readonly #env: ScriptEnvironment;

  constructor(options: CtlOptions, env: ScriptEnvironment) {
    this.#options = options;
    this.#env = env;
  }

  get file(): string {
    return this.#options.value("db-file") ?? `${directories(this.#env.host.process).db}/conf.db`;
  }

  get socket(): string {
    return this.#options.value("db-sock") ?? `${directories(this.#env.host.process).run}/db.sock`;
  }

  /** What `ovsdb-server` is started with. */
  get serverArguments(): readonly string[] {
    const { db } = directories(this.#env.host.process);
    const extra = (this.#options.value("extra-dbs") ?? "").split(/\s+/).filter((name) => name !== "");
    return [
      this.file,
      ...extra.map((name) => (name.startsWith("/") ? name : `${db}/${name}`)),
      `--remote=punix:${this.socket}`,
      "--private-key=db:Open_vSwitch,SSL,private_key",
      "--certificate=db:Open_vSwitch,SSL,certificate",
      "--bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert",
    ];
  }

  /** Makes the database where there is none, and brings an older one to the schema, a copy being kept. */
  async prepare(): Promise<void> {
    const { file } = this;
    const { files } = this.#env.host;
    const { run, log, db } = directories(this.#env.host.process);
    for (const folder of [run, log, db]) files.makeDirectory(folder);
    const schema = this.#options.value("db-schema");
    const given = schema === undefined ? [] : [schema];
    if (!files.exists(file)) {
      this.#env.print(`${file} does not exist ... (warning).\n`);
      await this.#tool(`Creating empty database ${file}`, "create", file, ...given);
      return;
    }
    const needed = await this.#run("ovsdb-tool", "needs-conversion", file, ...given);
    if (needed.status !== 0) throw new UserError(needed.stderr.trim());
    if (needed.stdout.trim() !== "yes") return;
    const version = (await this.#run("ovsdb-tool", "db-version", file)).stdout.trim();
    const sum = (await this.#run("ovsdb-tool", "db-cksum", file)).stdout.trim().replaceAll(" ", "-");
    const backup = `${file}.backup${version}-${sum}`;
    files.write(backup, files.read(file), 0o600);
    this.#env.print(`Backing up database to ${backup}.\n`);
    await this.#tool("Compacting database", "compact", file);
    await this.#tool("Converting database schema", "convert", file, ...given);
  }

  /** Writes identity and versions into the database, and deletes what is not to outlive a start. */
  async initialise(): Promise<void> {
    await this.vsctl("init", "--", "set", "Open_vSwitch", ".", `db-version=${openVSwitchDeclaration.version}`);
    const { value, values, has } = this.#options;
    const id = this.#systemId();
    const columns = [
      `ovs-version=${OVS_VERSION}`,
      ...values("external-id").map((pair) => `external-ids:${quoted(pair)}`),
      `external-ids:rundir=${JSON.stringify(directories(this.#env.host.process).run)}`,
      ...(id === undefined ? [] : [`external-ids:system-id=${JSON.stringify(id)}`]),
      ...this.#system("system-type", value("system-type"), "ID"),
      ...this.#system("system-version", value("system-version"), "VERSION_ID"),
    ];
    if (id === undefined) this.#env.print("system ID not configured, please use --system-id ... failed!\n");
    await this.vsctl("set", "Open_vSwitch", ".", ...columns);
    this.#env.print("Configuring Open vSwitch system IDs.\n");
    if (has("delete-bridges")) {
      for (const bridge of lines(await this.vsctl("list-br"))) await this.vsctl("--if-exists", "del-br", bridge);
    }
    if (has("delete-transient-ports")) await this.deleteTransientPorts();
  }

  async deleteTransientPorts(): Promise<void> {
    const transient = ["--bare", "--columns=name", "find", "port", "other_config:transient=true"];
    for (const port of lines(await this.vsctl(...transient))) await this.vsctl("--if-exists", "del-port", port);
  }

  /** Writes the host's name where the database has none. */
  async recordHostname(): Promise<void> {
    const { hostname } = this.#env.host.process;
    const full = this.#options.has("no-full-hostname") ? "" : (await this.#env.programs.run("hostname", ["-f"])).stdout;
    const name = full.trim() || hostname;
    await this.vsctl("add", "Open_vSwitch", ".", "external-ids", `hostname=${JSON.stringify(name)}`);
  }

  /** Has ovsdb-server listen to remote managers. */
  async enableManagers(): Promise<void> {
    const remote = "db:Open_vSwitch,Open_vSwitch,manager_options";
    const added = await this.#run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/add-remote", remote);
    this.#env.print(`Enabling remote OVSDB managers${added.status === 0 ? "" : " ... failed!"}.\n`.replace("!.", "!"));
    if (added.status !== 0) this.#env.error(added.stderr);
  }

  /** Runs `ovs-vsctl` without waiting for the switch; gives its output. Throws `UserError` with its complaint. */
  async vsctl(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.#run("ovs-vsctl", `--db=unix:${this.socket}`, "--no-wait", ...args);
    if (status !== 0) throw new UserError(stderr.trim().replace(/^ovs-vsctl: /, ""));
    return stdout;
  }

  #run(program: string, ...args: readonly string[]): ReturnType<ScriptEnvironment["programs"]["run"]> {
    return this.#env.programs.run(this.#env.programFile(program), args);
  }

  async #tool(what: string, ...args: readonly string[]): Promise<void> {
    const { status, stderr } = await this.#run("ovsdb-tool", ...args);
    this.#env.print(`${what}${status === 0 ? "." : " ... failed!"}\n`);
    if (status !== 0) throw new UserError(stderr.trim());
  }

  /** The identity asked for: a random one is kept in a file from its first use. */
  #systemId(): string | undefined {
    const { host } = this.#env;
    const wanted = this.#options.value("system-id");
    if (wanted !== "random") return wanted;
    const folder = `${directories(host.process).sysconf}/openvswitch`;
    const file = `${folder}/system-id.conf`;
    const known = host.files.readTextIfExists(file)?.trim();
    if (known) return known;
    const id = newUuid(host);
    host.files.makeDirectory(folder);
    host.files.write(file, `${id}\n`);
    return id;
  }

  /** A column that a file of its own says, or else what os-release says of the system. */
  #system(column: string, asked: string | undefined, release: string): readonly string[] {
    const { files, process } = this.#env.host;
    const own = files.readTextIfExists(`${directories(process).sysconf}/openvswitch/${column}.conf`)?.trim();
    const found = asked ?? own ?? osRelease(readable(() => files.readTextIfExists("/etc/os-release")) ?? "", release);
    return [`${column}=${JSON.stringify(found)}`];
  }
}

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

/** `KEY=VALUE`, the value as a string of ovs-vsctl's whatever is in it. */
function quoted(pair: string): string {
  const equals = pair.indexOf("=");
  if (equals < 0) throw new UserError(`--external-id=${pair}: not of the form KEY=VALUE`);
  return `${pair.slice(0, equals)}=${JSON.stringify(pair.slice(equals + 1))}`;
}

/** A setting of os-release(5); `unknown` where there is none. */
function osRelease(text: string, name: string): string {
  const found = new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1]?.replace(/^(["'])(.*)\1$/, "$2");
  return found || "unknown";
}

function readable(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return undefined;
  }
}

import type { Host } from "#host/host.js";
import type { Programs, RunningProgram } from "#host/programs.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { UserError } from "#util/errors.js";
import { OVS_VERSION, weftVersion } from "#util/version.js";
import { choosePlaces, type Places } from "./places.js";

export interface UpOptions {
  /** Folder for everything; undefined for the usual places. */
  readonly directory: string | undefined;
}

export interface UpEnvironment {
  readonly host: Host;
  readonly programs: Programs;
  /** Absolute path of one of our programs, by its name. */
  programFile(name: string): string;
  print(text: string): void;
}

/** Starts database and switch in the foreground; returns the exit status when they have stopped. */
export async function up(options: UpOptions, env: UpEnvironment): Promise<number> {
  const { host, print } = env;
  const places = choosePlaces(host, options.directory);
  for (const path of [places.run, places.log, places.db]) host.files.makeDirectory(path);
  print(`Weft ${weftVersion}, an Open vSwitch ${OVS_VERSION}\n`);
  const database = `${places.db}/conf.db`;
  await createDatabase(database, places, env);

  const daemons: { readonly name: string; readonly program: RunningProgram }[] = [];
  let stopping = false;
  let wake: (reason: "stop" | "died") => void = () => {};
  const over = new Promise<"stop" | "died">((resolve) => {
    wake = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) host.process.onSignal(signal, () => wake("stop"));

  const start = async (name: string, args: readonly string[]): Promise<boolean> => {
    const program = env.programs.start(
      env.programFile(name),
      args,
      (line) => {
        if (!stopping || !/terminating with signal/.test(line)) print(`  ${line}\n`);
      },
      { env: places.env },
    );
    daemons.push({ name, program });
    void program.exit.then(({ status, signal }) => {
      if (stopping) return;
      print(`${name} ended ${signal ? `by ${signal}` : `with status ${status}`}\n`);
      wake("died");
    });
    return program.ready;
  };

  const began = host.clock.now();
  const common = ["--no-chdir", "--pidfile", "--log-file", "-vconsole:warn"];
  const socket = `unix:${places.run}/db.sock`;
  const serving =
    (await start("ovsdb-server", [
      database,
      `--remote=p${socket}`,
      "--remote=db:Open_vSwitch,Open_vSwitch,manager_options",
      ...common,
    ])) &&
    (await initialise(socket, places, env)) &&
    (await start("ovs-vswitchd", [socket, ...common, "-vbridge:console:info"]));
  if (serving) {
    print(`ready after ${((host.clock.now() - began) / 1000).toFixed(2)} s\n\n${nextSteps(places)}\n`);
    if (!host.process.isRoot) {
      print("Not root: the database and bridges work, but network devices cannot be opened. See 'weft doctor'.\n");
    }
  }
  const reason = serving ? await over : "died";
  stopping = true;
  for (const { program } of [...daemons].reverse()) {
    program.kill("SIGTERM");
    await program.exit;
  }
  print(reason === "stop" ? "\nstopped\n" : "stopped, because a part of the switch ended; its log says why\n");
  return reason === "stop" ? 0 : 1;
}

async function createDatabase(file: string, places: Places, env: UpEnvironment): Promise<void> {
  if (env.host.files.exists(file)) {
    env.print(`database ${file}\n`);
    return;
  }
  const made = await env.programs.run(env.programFile("ovsdb-tool"), ["create", file], { env: places.env });
  if (made.status !== 0) throw new UserError(`could not create ${file}: ${made.stderr.trim()}`);
  env.print(`database ${file} (new)\n`);
}

/** What the start script of Open vSwitch writes before the switch starts: identity and versions. */
async function initialise(socket: string, places: Places, env: UpEnvironment): Promise<boolean> {
  const id = [...env.host.random(16)].map((b) => b.toString(16).padStart(2, "0")).join("");
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const vsctl = (args: readonly string[]): Promise<{ status: number | undefined; stdout: string; stderr: string }> =>
    env.programs.run(env.programFile("ovs-vsctl"), [`--db=${socket}`, "--no-wait", ...args], { env: places.env });
  const known = await vsctl(["init", "--", "--if-exists", "get", "Open_vSwitch", ".", "external_ids:system-id"]);
  const identity = known.status === 0 && known.stdout.trim() !== "" ? [] : [`external_ids:system-id=${uuid}`];
  const set = await vsctl([
    "set",
    "Open_vSwitch",
    ".",
    `db-version=${openVSwitchDeclaration.version}`,
    `ovs-version=${OVS_VERSION}`,
    `external_ids:hostname=${env.host.process.hostname || "localhost"}`,
    ...identity,
  ]);
  if (set.status !== 0) env.print(set.stderr);
  return set.status === 0;
}

function nextSteps(places: Places): string {
  const exports = Object.entries(places.env).map(([name, value]) => `  export ${name}=${value}\n`);
  return [
    "The switch runs in this terminal; Ctrl-C stops it. In another one, in this folder:\n",
    ...exports,
    "  bin/ovs-vsctl add-br br0          # a bridge, with a network device of its name\n",
    "  bin/ovs-vsctl add-port br0 eth1   # plug a device in\n",
    "  bin/ovs-vsctl show                # what is configured\n",
    "  bin/ovs-appctl fdb/show br0       # what the bridge has learned\n",
    "  bin/weft demo                     # three namespaces, a ping and a transfer\n",
  ].join("");
}

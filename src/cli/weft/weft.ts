import type { ThreadHost } from "#host/threads.js";
import { exitStatus } from "#runtime/end-reason.js";
import { type OptionRow, parseOptions } from "#runtime/options.js";
import { UserError } from "#util/errors.js";
import { formatJson } from "#util/json-text.js";
import { OVS_VERSION, weftVersion } from "#util/version.js";
import { type UpEnvironment, up } from "./up.js";

const rows: readonly OptionRow[] = [
  { name: "dir", short: "d", argument: "required" },
  { name: "format", short: "f", argument: "required" },
  { name: "help", short: "h", argument: "none" },
  { name: "version", short: "V", argument: "none" },
];

const help = `weft: a virtual switch in one command
usage: weft [OPTIONS] COMMAND

Commands:
  up       start database and switch in this terminal; Ctrl-C stops both
  demo     plug three namespaces into a bridge, ping, transfer, remove everything
  doctor   what this host can do, and why or why not; fails where it cannot forward

Options:
  -d, --dir=DIR            'up': keep database, sockets and logs in DIR
  -f, --format=text|json   how to print
  -h, --help               display this help message
  -V, --version            display version information

The switch is configured with ovs-vsctl and asked with ovs-appctl, as Open vSwitch is.
`;

/** What `weft` needs besides a tool's I/O. */
export interface WeftEnvironment extends UpEnvironment {
  error(text: string): void;
  readonly stderrIsTerminal: boolean;
  readonly threads: ThreadHost;
  /** Makes an empty folder, and a way to remove it with all that is in it. */
  scratch(): { readonly path: string; remove(): void };
  /** Runs this same command as root of a user namespace; resolves with its exit status. */
  inUserNamespace(): Promise<number>;
}

/** Runs `weft` with its arguments; the promise is the exit status. */
export function weft(argv: readonly string[], env: WeftEnvironment): Promise<number> {
  return exitStatus("weft", env.error, () => run(argv, env));
}

async function run(argv: readonly string[], env: WeftEnvironment): Promise<number> {
  const { options, operands } = parseOptions("weft", rows, argv);
  const value = (name: string): string | undefined => options.findLast((o) => o.name === name)?.value;
  const has = (name: string): boolean => options.some((o) => o.name === name);
  if (has("version")) {
    env.print(`weft ${weftVersion} (Open vSwitch ${OVS_VERSION})\n`);
    return 0;
  }
  const [command, ...rest] = operands;
  if (has("help") || command === undefined) {
    env.print(help);
    return has("help") ? 0 : 1;
  }
  if (rest.length > 0) throw new UserError(`'${command}' takes no arguments; use --help for help`);
  const format = value("format") ?? "text";
  if (format !== "text" && format !== "json") throw new UserError(`unknown format "${format}"; use text or json`);
  switch (command) {
    case "up":
      return up(absolute(value("dir"), env), env);
    case "doctor": {
      const { doctor } = await import("./doctor.js");
      return doctor(format, env.print);
    }
    case "demo":
      return env.host.process.isRoot ? runDemo(format, env) : env.inUserNamespace();
    default:
      throw new UserError(`unknown command '${command}'; use --help for help`);
  }
}

async function runDemo(format: "text" | "json", env: WeftEnvironment): Promise<number> {
  const { demo, demoSucceeded, formatDemo } = await import("./demo.js");
  const { path: directory, remove } = env.scratch();
  const progress = (text: string): void => {
    if (env.stderrIsTerminal) env.error(`\r\x1b[K${text === "" ? "" : `${text} …`}`);
  };
  try {
    const result = await demo({ ...env, directory, progress });
    progress("");
    env.print(format === "json" ? `${formatJson(result)}\n` : formatDemo(result));
    return demoSucceeded(result) ? 0 : 1;
  } catch (error) {
    progress("");
    throw error;
  } finally {
    remove();
  }
}

function absolute(path: string | undefined, env: WeftEnvironment): string | undefined {
  return path === undefined || path.startsWith("/") ? path : `${env.host.process.cwd}/${path}`;
}

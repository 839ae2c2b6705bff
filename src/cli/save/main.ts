import { exitStatus } from "#runtime/end-reason.js";
import { UserError } from "#util/errors.js";
import type { ScriptEnvironment } from "../script-environment.js";
import { saveFlows } from "./save-flows.js";
import { saveInterfaces } from "./save-interfaces.js";

const program = "ovs-save";

const help = `${program}: prints shell scripts that put back what a switch was told
usage: ${program} COMMAND [NAME]...

Commands:
  save-flows BRIDGE...          flows, groups, meters and TLV maps of bridges. The
                                script holds the names of temporary files, which it
                                removes when it has run.
  save-interfaces INTERFACE...  addresses and routes of network devices, and the
                                host's iptables rules
  help                          display this help message
`;

/** The commands of `ovs-save`. */
export const saveCommands: readonly string[] = ["save-flows", "save-interfaces"];

/** Runs `ovs-save` with its arguments; the promise is the exit status. */
export function ovsSave(argv: readonly string[], env: ScriptEnvironment): Promise<number> {
  return exitStatus(
    program,
    (text) => env.error(text),
    () => run(argv, env),
  );
}

async function run([command, ...names]: readonly string[], env: ScriptEnvironment): Promise<number> {
  switch (command) {
    case "save-flows": {
      const { script, failures } = await saveFlows(names, env);
      env.print(script);
      return failures === 0 ? 0 : 1;
    }
    case "save-interfaces":
      env.print(await saveInterfaces(names, env));
      return 0;
    case undefined:
    case "help":
    case "-h":
    case "--help":
      env.print(help);
      return 0;
    default:
      throw new UserError(`unknown command "${command}" (use --help for help)`);
  }
}

import type { Clock } from "#util/clock.js";
import type { AppctlCommand } from "./command.js";

/** `exit`: the client is answered, then `exit` runs. With `cleanup` the command takes `--cleanup`, which is handed on. */
export function exitCommand(
  clock: Clock,
  exit: (cleanup: boolean) => void,
  options: { readonly cleanup: boolean },
): AppctlCommand {
  return {
    name: "exit",
    usage: options.cleanup ? "[--cleanup]" : "",
    minArgs: 0,
    maxArgs: options.cleanup ? 1 : 0,
    run(args) {
      const cleanup = args[0] === "--cleanup";
      // Not before the answer is on its way.
      clock.after(0, () => exit(cleanup));
      return "";
    },
  };
}

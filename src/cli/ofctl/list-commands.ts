import { helpText } from "./help.js";
import type { OfctlCommand } from "./ofctl-command.js";

/** `help` and `list-commands`, which tell of all. */
export function listCommands(all: () => readonly OfctlCommand[]): readonly OfctlCommand[] {
  const help: OfctlCommand = {
    name: "help",
    usage: "",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    readOnly: true,
    run: (_args, { io }) => {
      io.stdout(helpText(io));
      return 0;
    },
  };
  const list: OfctlCommand = {
    name: "list-commands",
    usage: "",
    minArgs: 0,
    maxArgs: Number.POSITIVE_INFINITY,
    readOnly: true,
    run: (_args, { io, settings }) => {
      const rows = all().map(({ name, usage }) => ({ name, usage }));
      if (settings.json) io.stdout(`${JSON.stringify(rows)}\n`);
      else {
        const lines = rows.map(({ name, usage }) => `  ${name.padEnd(23)} ${usage}\n`);
        io.stdout(`The available commands are:\n${lines.join("")}`);
      }
      return 0;
    },
  };
  return [help, list];
}

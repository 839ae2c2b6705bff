import type { CtlCall, CtlCommand } from "../db-ctl/command.js";
import type { Needs } from "../db-ctl/needs.js";

/** What the model of bridges, ports and interfaces is made of. */
function needModel(_call: CtlCall, needs: Needs): void {
  needs.add("Open_vSwitch", "bridges");
  needs.add("Bridge", "name", "ports");
  needs.add("Port", "name", "fake_bridge", "tag", "interfaces");
  needs.add("Interface", "name");
}

/** What a command of `ovs-vsctl` says of itself; arguments and options default to none, and the model is always at hand. */
export interface CommandParts extends Pick<CtlCommand, "name" | "run"> {
  /** The notation of `--commands`; the numbers of arguments follow from it. */
  readonly arguments?: string;
  readonly options?: readonly string[];
  readonly changes?: boolean;
  readonly needs?: NonNullable<CtlCommand["needs"]>;
  readonly minArgs?: number;
  readonly maxArgs?: number;
}

/** Makes a command on bridges. */
export function bridgeCommand(parts: CommandParts): CtlCommand {
  const words = (parts.arguments ?? "").split(" ").filter((word) => word !== "");
  const open = words.some((word) => /^[*+]/.test(word));
  return {
    name: parts.name,
    arguments: parts.arguments ?? "",
    options: parts.options ?? [],
    changes: parts.changes ?? false,
    minArgs: parts.minArgs ?? words.filter((word) => /^[!+]/.test(word)).length,
    maxArgs: parts.maxArgs ?? (open ? Number.POSITIVE_INFINITY : words.length),
    needs(call, needs) {
      needModel(call, needs);
      parts.needs?.(call, needs);
    },
    run: parts.run,
  };
}

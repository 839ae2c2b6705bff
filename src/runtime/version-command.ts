import { versionText } from "#util/version.js";
import type { AppctlCommand } from "./command.js";

/** `version`: what `PROGRAM --version` prints. */
export function versionCommand(program: string, ...extra: string[]): AppctlCommand {
  return { name: "version", usage: "", minArgs: 0, maxArgs: 0, run: () => versionText(program, ...extra) };
}

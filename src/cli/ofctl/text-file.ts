import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { OfctlContext } from "./ofctl-command.js";

/** The text of a file, `-` being the standard input. Throws `UserError`. */
export async function readTextFile(name: string, { io, absolute }: OfctlContext): Promise<string> {
  if (name === "-") return io.stdin();
  try {
    return io.host.files.readText(absolute(name));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`${name}: open failed (${errnoText(error.code)})`);
  }
}

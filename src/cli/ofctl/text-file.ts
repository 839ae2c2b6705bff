import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { OfctlContext } from "./ofctl-command.js";

/** The bytes of a file of text, `-` being the standard input. Throws `UserError`. */
export async function readTextBytes(name: string, { io, absolute }: OfctlContext): Promise<Uint8Array> {
  if (name === "-") return io.stdinBytes();
  return opened(name, () => io.host.files.read(absolute(name)));
}

/** The text of a file, `-` being the standard input. Throws `UserError`. */
export async function readTextFile(name: string, { io, absolute }: OfctlContext): Promise<string> {
  if (name === "-") return io.stdin();
  return opened(name, () => io.host.files.readText(absolute(name)));
}

function opened<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`${name}: open failed (${errnoText(error.code)})`);
  }
}

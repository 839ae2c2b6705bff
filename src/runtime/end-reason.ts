import { OvsdbError } from "#ovsdb/error.js";
import { HostError, UserError } from "#util/errors.js";
import { JsonSyntaxError } from "#util/json-parse.js";
import { OptionError } from "./options.js";

/** A program ends for a reason that the log has told already. */
export class ToldError extends Error {
  override name = "ToldError";
}

/**
 * What a program that ends by an error prints on standard error, in upstream's form: empty where the log has told it, undefined where
 * the error is a fault of ours, which is to be thrown on. The exit status that goes with it is 1.
 */
function endReason(program: string, error: unknown): string | undefined {
  if (error instanceof ToldError) return "";
  if (error instanceof OptionError) return `${error.message}\n`;
  const known = [UserError, HostError, OvsdbError, JsonSyntaxError];
  return known.some((kind) => error instanceof kind) ? `${program}: ${(error as Error).message}\n` : undefined;
}

/** The exit status of a program whose work is `run`: what that gives, or 1 where it fails, after telling why. Rejects with faults of ours. */
export async function exitStatus(
  program: string,
  stderr: (text: string) => void,
  run: () => number | Promise<number>,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const reason = endReason(program, error);
    if (reason === undefined) throw error;
    stderr(reason);
    return 1;
  }
}

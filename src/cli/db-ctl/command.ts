import type { CtlContext } from "./context.js";
import type { Needs } from "./needs.js";

/** A command as a value: what it takes, what it must know beforehand, and what it does. */
export interface CtlCommand {
  readonly name: string;
  readonly minArgs: number;
  /** `Infinity` for any number. */
  readonly maxArgs: number;
  /** The arguments in the notation of `--commands`: `!NEEDED ?OPTIONAL *ANY +SOME`. */
  readonly arguments: string;
  /** Long options without dashes; `id=` takes a value. */
  readonly options: readonly string[];
  /** The command may change the database; such command lines are logged. */
  readonly changes?: boolean;
  /** Says which tables and columns `run` looks at. Throws `UserError` where the arguments name something unknown. */
  needs?(call: CtlCall, needs: Needs): void;
  /** Reads and changes the transaction. May be run again from the start, so it keeps no state. */
  run(context: CtlContext): void;
}

/** One command as it stood on the command line. */
export interface CtlCall {
  readonly command: CtlCommand;
  readonly args: readonly string[];
  /** Options given to this command, without dashes, with their values. */
  readonly options: ReadonlyMap<string, string | undefined>;
}

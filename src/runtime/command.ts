import type { Json } from "#util/json.js";

/** Who asked for a command. */
interface CommandClient {
  /** Aborted when the client has gone: whoever works for it may stop. */
  readonly gone: AbortSignal;
}

/**
 * An appctl command as a value beside its owner. `run` gives data, `text` prints it as Open vSwitch does; a client that
 * asked for `--format json` gets the data. `run` throws `UserError` for a refusal (the client exits 2 with its text).
 * A command whose data is a plain string needs no `text`.
 */
export interface AppctlCommand<Data extends Json = Json> {
  readonly name: string;
  readonly usage: string;
  readonly minArgs: number;
  /** `Infinity` for any number. */
  readonly maxArgs: number;
  /** Where it does not do what upstream's does: `accepted` without effect, or refused by name as `missing`. */
  readonly support?: "accepted" | "missing";
  run(args: readonly string[], client?: CommandClient): Data | Promise<Data>;
  text?(data: Data): string;
}

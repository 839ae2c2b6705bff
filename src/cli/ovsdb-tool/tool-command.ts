import type { Json } from "#util/json.js";
import type { ToolIo } from "../io.js";

/** What a command of `ovsdb-tool` is given. */
export interface ToolContext {
  readonly io: ToolIo;
  /** Files named by default: the database and the schema. */
  readonly defaultDatabase: string;
  readonly defaultSchema: string;
  /** How often `-m` stood on the command line. */
  readonly more: number;
  /** `--format=json` was given. */
  readonly json: boolean;
  /** `--cid`, `--election-timer` and `--rbac-role` as they were given. */
  readonly clusterId: string | undefined;
  readonly electionTimer: string | undefined;
  readonly role: string | undefined;
  /** What `--help` prints. */
  help(): string;
  /** Prints what a command has to say: `data` with `--format=json`, else `text`, which has its newline. */
  answer(data: Json, text: string): void;
  /** An absolute path for a file named on the command line. */
  absolute(path: string): string;
  /** A line for the log, on standard error as the tools have it. */
  warn(module: string, message: string): void;
}

/** A command of `ovsdb-tool`; `run` prints and gives the exit status, 0 where it gives none. */
export interface ToolCommand {
  readonly name: string;
  /** The arguments as `list-commands` shows them. */
  readonly usage: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** Refused by name, until it exists. */
  readonly support?: "missing";
  run(context: ToolContext, args: readonly string[]): number | undefined | Promise<number | undefined>;
}

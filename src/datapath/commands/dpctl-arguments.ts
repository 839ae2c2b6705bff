import type { Match } from "#flow/match.js";
import type { Clock } from "#util/clock.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { Datapath } from "../datapath.js";
import type { Datapaths } from "../datapaths.js";

/** What the `dpctl/*` commands work on. */
export interface DpctlHost {
  readonly datapaths: Datapaths;
  readonly clock: Clock;
  readonly readFile: (path: string) => string;
  /** Reads the OpenFlow match of `filter=`; throws `UserError`. */
  readonly parseFilter: (text: string, portNumber: (name: string) => number | undefined) => Match;
  /** 16 unpredictable bytes as 32 hex digits. */
  readonly newUfid: () => string;
}

/** The error as these commands print it: the daemon's name first, as they are those of a program of its own upstream. */
export function dpctlError(text: string, error?: unknown): UserError {
  return new UserError(`ovs-vswitchd: ${text}${error === undefined ? "" : ` (${errorText(error)})`}`);
}

/** errno's text of what was thrown; upstream says "Invalid argument" of all that is the user's fault. */
export function errorText(error: unknown): string {
  if (typeof error === "string") return errnoText(error);
  if (error instanceof HostError) return error.text;
  if (error instanceof UserError) return errnoText("EINVAL");
  throw error;
}

/** Options that any of these commands takes, and what is left. */
export interface DpctlOptions {
  more: boolean;
  statistics: boolean;
  names: boolean | undefined;
  rest: string[];
}

/** Takes the options before the first other argument; what comes after it is none, as upstream. Throws `UserError` for one that is unknown. */
export function takeOptions(args: readonly string[]): DpctlOptions {
  const options: DpctlOptions = { more: false, statistics: false, names: undefined, rest: [] };
  for (const arg of args) {
    if (options.rest.length > 0 || !arg.startsWith("-") || arg === "-") options.rest.push(arg);
    else if (arg.startsWith("--")) takeLong(options, arg);
    else for (const letter of arg.slice(1)) takeShort(options, letter, arg);
  }
  return options;
}

/** Accepted without effect: flows are neither looked at before they are changed nor cleared unless asked for. */
const IDLE_OPTIONS: readonly string[] = ["--clear", "--may-create", "--read-only"];

function takeLong(options: DpctlOptions, arg: string): void {
  if (arg === "--more") options.more = true;
  else if (arg === "--statistics") options.statistics = true;
  else if (arg === "--names" || arg === "--no-names") options.names = arg === "--names";
  else if (!IDLE_OPTIONS.includes(arg)) throw new UserError(`Unrecognized option ${arg}`);
}

function takeShort(options: DpctlOptions, letter: string, arg: string): void {
  if (letter === "m") options.more = true;
  else if (letter === "s") options.statistics = true;
  else throw new UserError(`Unrecognized option ${arg}`);
}

/** The datapath a command is to use: the one named, or the only one there is. */
export function chooseDatapath(host: DpctlHost, name: string | undefined): Datapath {
  const failed = "datapath not found (Invalid argument)";
  if (name !== undefined) {
    const named = findDatapath(host, name);
    if (named === undefined) throw dpctlError(failed);
    return named;
  }
  const all = host.datapaths.all();
  if (all.length === 1) return all[0]!;
  const why = all.length === 0 ? "no datapaths exist" : "multiple datapaths, specify one";
  throw new UserError(`ovs-vswitchd: ${why}\novs-vswitchd: ${failed}`);
}

/** True of a datapath there is, by its name and, but of type "system", its type in front. */
export function isDatapath(host: DpctlHost, name: string): boolean {
  return findDatapath(host, name) !== undefined;
}

function findDatapath(host: DpctlHost, name: string): Datapath | undefined {
  try {
    return host.datapaths.byName(name);
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** Takes the optional datapath in front of `count` further arguments. */
export function datapathFirst(host: DpctlHost, args: readonly string[], count: number): [Datapath, string[]] {
  const named = args.length > count;
  return [chooseDatapath(host, named ? args[0] : undefined), args.slice(named ? 1 : 0)];
}

/** Names of ports by number, for texts. */
export function portNames(datapath: Datapath): (port: number) => string | undefined {
  return (port) => datapath.port(port)?.name;
}

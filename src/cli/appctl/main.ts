import { directories } from "#runtime/dirs.js";
import { exitStatus } from "#runtime/end-reason.js";
import { ConnectionEnded } from "#runtime/jsonrpc.js";
import { readPidfile } from "#runtime/pidfile.js";
import { UnixctlClient } from "#runtime/unixctl-client.js";
import type { Vlog } from "#runtime/vlog.js";
import { applyVlogOption, createToolLog } from "#runtime/vlog-options.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import { versionText } from "#util/version.js";
import { withAlarm } from "../alarm.js";
import type { ToolIo } from "../io.js";
import { listOptions } from "../list-options.js";
import { helpText } from "./help.js";
import { type AppctlArguments, appctlOptionRows, parseAppctlArguments } from "./options.js";

const program = "ovs-appctl";

/** Runs `ovs-appctl` with its arguments (without the program's name); the promise is the exit status. */
export function appctl(argv: readonly string[], io: ToolIo): Promise<number> {
  return exitStatus(program, io.stderr, () => run(argv, io));
}

async function run(argv: readonly string[], io: ToolIo): Promise<number> {
  const log = createToolLog(program, io.host);
  const args = parseAppctlArguments(program, argv, (option) => applyVlogOption(log, option));
  switch (args.action) {
    case "help":
      io.stdout(helpText);
      return 0;
    case "version":
      io.stdout(versionText(program));
      return 0;
    case "options":
      io.stdout(listOptions(appctlOptionRows));
      return 0;
    case "run":
      return withAlarm(call(args, io, log), { seconds: args.timeout, host: io.host, log });
  }
}

async function call(args: AppctlArguments, io: ToolIo, log: Vlog): Promise<number> {
  const path = socketPath(args.target, io, log);
  const client = await connect(path, io, log);
  const transact = async (command: string, params: readonly string[]): Promise<Json | undefined> => {
    try {
      const answer = await client.call(command, params);
      if (!("error" in answer)) return answer.result;
      checkKind(answer.error, "error type in JSON RPC reply", client, path, log);
      io.stderr(answer.error as string);
      io.stderr(`${program}: ${args.target}: server returned an error\n`);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConnectionEnded)) throw error;
      throw new UserError(`${args.target}: transaction error (${error.message})`);
    }
  };
  try {
    if (args.format === "json" && (await transact("set-options", ["--format", "json"])) === undefined) return 2;
    const result = await transact(args.command, args.args);
    if (result === undefined) return 2;
    if (args.format === "json") io.stdout(`${formatJson(result, { sorted: true, pretty: args.pretty })}\n`);
    else {
      checkKind(result, "result type in JSON rpc reply", client, path, log);
      io.stdout(result as string);
    }
    return 0;
  } finally {
    client.close();
  }
}

async function connect(path: string, io: ToolIo, log: Vlog): Promise<UnixctlClient> {
  try {
    return await UnixctlClient.connect(io.host, log, path);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`cannot connect to "${path}" (${errnoText(error.code)})`);
  }
}

/** The control socket of a target: an absolute path is the socket itself, a name that of a pidfile in the run directory. */
function socketPath(target: string, io: ToolIo, log: Vlog): string {
  if (target.startsWith("/")) return target;
  const { run } = directories(io.host.process);
  const pidfile = `${run}/${target}.pid`;
  try {
    return `${run}/${target}.${readPidfile(io.host, log, pidfile)}.ctl`;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new UserError(`cannot read pidfile "${pidfile}" (${errnoText(error.code)})`);
  }
}

/** A text answer that is no string is the daemon's fault. */
function checkKind(value: Json, what: string, client: UnixctlClient, path: string, log: Vlog): void {
  if (typeof value === "string") return;
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  log.module("unixctl").warn(`unix:${path}: unexpected ${what}: ${kind}`);
  client.close();
  throw new UserError(`${path}: transaction error (Invalid argument)`);
}

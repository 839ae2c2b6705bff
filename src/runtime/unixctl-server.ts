import type { Host } from "#host/host.js";
import type { Listener, Stream } from "#host/streams.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";
import type { AppctlCommand } from "./command.js";
import { below, directories } from "./dirs.js";
import { JsonRpc } from "./jsonrpc.js";
import type { JsonRpcId } from "./jsonrpc-message.js";
import type { Log, Logger } from "./logger.js";

/** One client's wishes. */
interface Connection {
  readonly rpc: JsonRpc;
  format: "text" | "json";
  /** Requests are answered in their order. */
  queue: Promise<void>;
  readonly gone: AbortController;
}

/** What a client that asked for JSON gets of a command that has text only. */
function plainReply(text: string): Json {
  return { "reply-format": "plain", reply: text };
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Where a program listens for `ovs-appctl`: `--unixctl`'s value, by default `RUNDIR/PROGRAM.PID.ctl`; undefined for `none`. */
export function controlSocketPath(host: Host, program: string, option: string | undefined): string | undefined {
  if (option === "none") return undefined;
  return below(directories(host.process).run, option ?? `${program}.${host.process.pid}.ctl`);
}

/**
 * Takes the commands of `ovs-appctl`: JSON-RPC requests on a unix socket whose method is the command's name and whose params are its
 * arguments, all strings. The commands are given as lists by the composition root.
 */
export class UnixctlServer {
  readonly #log: Logger;
  readonly #rpcLog: Logger;
  readonly #commands = new Map<string, AppctlCommand>();
  readonly #connections = new Set<Connection>();
  #listener: Listener | undefined;

  constructor(log: Log) {
    this.#log = log.module("unixctl");
    this.#rpcLog = log.module("jsonrpc");
    this.register([
      {
        name: "list-commands",
        usage: "",
        minArgs: 0,
        maxArgs: 0,
        run: () => this.commands().map(({ name, usage }) => ({ name, usage })),
        text: () => this.#listCommands(),
      },
      { name: "set-options", usage: "[--format text|json]", minArgs: 2, maxArgs: 2, run: () => "" },
    ]);
  }

  /** Adds commands; a later one of the same name replaces the earlier. */
  register(commands: readonly AppctlCommand[]): void {
    for (const command of commands) this.#commands.set(command.name, command);
  }

  /** The commands, sorted by name. */
  commands(): AppctlCommand[] {
    return [...this.#commands.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Begins to listen at a path. Throws `UserError` in upstream's words where that fails. */
  async listen(host: Host, path: string): Promise<void> {
    try {
      this.#listener = await host.streams.listen(`punix:${path}`, (stream) => this.accept(stream));
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      throw new UserError(`${path}: could not initialize control socket (${errnoText(error.code)})`);
    }
  }

  /** Serves a connected client. */
  accept(stream: Stream): void {
    const rpc = new JsonRpc(stream, this.#rpcLog);
    const connection: Connection = { rpc, format: "text", queue: Promise.resolve(), gone: new AbortController() };
    this.#connections.add(connection);
    rpc.start({
      plainEcho: true,
      onRequest: (method, params, id) => {
        connection.queue = connection.queue.then(() => this.#handle(connection, method, params, id));
      },
      onStrayAnswer: () => {
        this.#log.warn(`${rpc.name}: received unexpected reply message`);
        this.#drop(connection);
      },
      onClose: () => {
        this.#connections.delete(connection);
        connection.gone.abort();
      },
    });
  }

  /** Stops to listen; what was answered is still sent. */
  close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) this.#drop(connection);
  }

  #drop(connection: Connection): void {
    connection.rpc.close();
    this.#connections.delete(connection);
    connection.gone.abort();
  }

  /** Runs a command as a client that wants text would get it; rejects with `UserError`. */
  async runText(name: string, args: readonly string[]): Promise<string> {
    const command = this.#find(name, args);
    return textOf(command, await command.run(args));
  }

  async #handle(connection: Connection, method: string, params: readonly Json[], id: JsonRpcId): Promise<void> {
    if (this.#log.isEnabled("dbg")) {
      this.#log.dbg(`received request ${method}${formatJson(params)}, id=${formatJson(id)}`);
    }
    const { rpc } = connection;
    try {
      const command = this.#find(method, params);
      const args = params as readonly string[];
      if (method === "set-options") {
        setOptions(connection, args);
        this.#succeed(rpc, id, connection.format === "json" ? plainReply("") : "");
        return;
      }
      const data = await command.run(args, { gone: connection.gone.signal });
      if (connection.format === "text") this.#succeed(rpc, id, withNewline(textOf(command, data)));
      else this.#succeed(rpc, id, typeof data === "string" ? plainReply(withNewline(data)) : data);
    } catch (error) {
      if (!(error instanceof UserError || error instanceof HostError)) throw error;
      this.#log.dbg(`replying with error, id=${formatJson(id)}: "${error.message}"`);
      rpc.replyError(id, withNewline(error.message));
    }
  }

  #succeed(rpc: JsonRpc, id: JsonRpcId, body: Json): void {
    if (this.#log.isEnabled("dbg")) {
      const shown = typeof body === "string" ? body : formatJson(body);
      this.#log.dbg(`replying with success, id=${formatJson(id)}: "${shown}"`);
    }
    rpc.reply(id, body);
  }

  #find(name: string, params: readonly Json[]): AppctlCommand {
    const command = this.#commands.get(name);
    if (!command) {
      throw new UserError(`"${name}" is not a valid command (use "list-commands" to see a list of valid commands)`);
    }
    if (params.length < command.minArgs) {
      throw new UserError(`"${name}" command requires at least ${command.minArgs} arguments`);
    }
    if (params.length > command.maxArgs) {
      throw new UserError(`"${name}" command takes at most ${command.maxArgs} arguments`);
    }
    if (params.some((p) => typeof p !== "string")) throw new UserError(`"${name}" command has non-string argument`);
    return command;
  }

  #listCommands(): string {
    const rows = this.commands().map((c) => `  ${c.name.padEnd(23)} ${c.usage}\n`);
    return `The available commands are:\n${rows.join("")}`;
  }
}

function textOf(command: AppctlCommand, data: Json): string {
  if (command.text) return command.text(data);
  return typeof data === "string" ? data : formatJson(data);
}

function setOptions(connection: Connection, [option, value]: readonly string[]): void {
  if (option !== "--format") throw new UserError(`unknown option ${option}`);
  if (value !== "text" && value !== "json") throw new UserError(`option --format has invalid value ${value}`);
  connection.format = value;
}

import type { Vlog } from "#runtime/vlog.js";
import type { ToolIo } from "../io.js";
import type { ClientSettings } from "./options.js";
import type { Peer } from "./peer.js";

/** What every command of `ovsdb-client` is given. */
export interface ClientContext {
  readonly io: ToolIo;
  readonly log: Vlog;
  readonly settings: ClientSettings;
  /** The server as named on the command line, or the default one. */
  readonly server: string;
  /** Sets what is done before a signal ends the program. */
  onSignal(handler: () => void): void;
}

/** What a command that works on a connection is given. */
export interface ServerContext extends ClientContext {
  readonly peer: Peer;
}

/** What a command that works on one database is given. */
export interface DatabaseContext extends ServerContext {
  readonly database: string;
}

interface CommandParts {
  readonly name: string;
  /** The arguments as the manual page shows them. */
  readonly usage: string;
  /** Arguments besides the server and, for commands on a database, that. */
  readonly minArgs: number;
  /** `Infinity` for any number. */
  readonly maxArgs: number;
  /** Goes on until it is ended, and may do so in the background. */
  readonly background?: true;
}

/** A command of `ovsdb-client`: what is connected for it, and what it does. It throws `UserError` or `OvsdbError`. */
export type ClientCommand = CommandParts &
  (
    | { readonly on: "nothing"; run(context: ClientContext, args: readonly string[]): Promise<void> | void }
    | { readonly on: "server"; run(context: ServerContext, args: readonly string[]): Promise<void> }
    | { readonly on: "database"; run(context: DatabaseContext, args: readonly string[]): Promise<void> }
  );

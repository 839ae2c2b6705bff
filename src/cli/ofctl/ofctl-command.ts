import type { FlowPalette } from "#openflow/flow-colors.js";
import type { Xids } from "#runtime/openflow-xids.js";
import type { Vlog } from "#runtime/vlog.js";
import type { ToolIo } from "../io.js";
import type { OfctlSettings } from "./options.js";

/** What a command has to work with. */
export interface OfctlContext {
  readonly io: ToolIo;
  readonly log: Vlog;
  readonly settings: OfctlSettings;
  /** The colours of flows, where they are to be shown in colours. */
  readonly palette: FlowPalette | undefined;
  /** Ids of messages, of all connections one after the other. */
  readonly xids: Xids;
  /** Sets what is done before a signal ends the program. */
  onSignal(handler: () => void): void;
  /** An absolute path for a file named on the command line. */
  absolute(path: string): string;
}

/** One command of `ovs-ofctl`. */
export interface OfctlCommand {
  readonly name: string;
  /** Its arguments, as `list-commands` shows them. */
  readonly usage: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  /** False for what changes something: refused with `--read-only`. */
  readonly readOnly: boolean;
  /** Goes on until it is ended, and may do so in the background. */
  readonly background?: true;
  /** Resolves to the exit status; throws `UserError`. */
  run(args: readonly string[], context: OfctlContext): Promise<number> | number;
}

import type { AsyncConfig, AsyncKind } from "#openflow/messages/connection/async-config.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
import type { FlowModCommand } from "#openflow/messages/flow/flow-mod.js";
import type { Body } from "#openflow/messages/table.js";
import type { Protocol } from "#openflow/protocol.js";
import type { Version } from "#openflow/version.js";

/** What a controller may do: one that is secondary only asks. */
export type Role = "equal" | "primary" | "secondary";

/**
 * A controller's, or a tool's, connection to a bridge while it lasts: what the handlers of its messages read and set. Its identity is that of the object:
 * `Origin.connection` is one of these.
 */
export interface Connection {
  readonly version: Version;
  /** Form of messages and flow formats in use: `set_flow_format` and flow_mod_table_id change it. */
  protocol: Protocol;
  /** To be changed by `Connections.setRole`, which minds the others. */
  readonly role: Role;
  /** True of controllers, as against tools that came in by the bridge's own listener. */
  readonly isPrimary: boolean;
  packetInFormat: PacketInFormat;
  /** `controller(id=…)` picks connections by it (NXT_SET_CONTROLLER_ID). */
  controllerId: number;
  /** Bytes of a packet that no flow matched (OFPT_SET_CONFIG). Service connections with 0 are told nothing that they did not ask for. */
  missSendLength: number;
  /** Packets whose TTL ran out come to it. */
  wantsInvalidTtl: boolean;
  /** Which asynchronous messages it gets, by reasons; at first those of its version and settings. */
  async: Pick<AsyncConfig, "primary" | "secondary">;
  /** Whether its masks and role let an asynchronous message of this reason through. */
  wants(kind: AsyncKind, reason: number): boolean;
  /** Bytes that wait to be taken by the kernel, and whether there is a connection at all. */
  backlog(): number;
  /** Resolves when nothing waits any more, or the connection is over. */
  drained(): Promise<void>;
  readonly isConnected: boolean;
  /** Sends a message of its version; 0 for those that answer nothing. */
  send(body: Body, xid: number): void;
  /** A flow mod was done that did not come as a message of its own (it was bundled): the log tells how many there are. */
  countFlowMod(command: FlowModCommand): void;
  /** Runs when the connection is over. */
  onClosed(action: () => void): void;
}

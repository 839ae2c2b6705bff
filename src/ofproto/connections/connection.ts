import type { AsyncConfig } from "#openflow/messages/connection/async-config.js";
import type { PacketInFormat } from "#openflow/messages/connection/controller-settings.js";
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
  role: Role;
  /** True of controllers, as against tools that came in by the bridge's own listener. */
  readonly isPrimary: boolean;
  packetInFormat: PacketInFormat;
  /** `controller(id=…)` picks connections by it (NXT_SET_CONTROLLER_ID). */
  controllerId: number;
  /** Bytes of a packet without a buffer that go along, for packets that no flow matched (OFPT_SET_CONFIG). */
  missSendLength: number;
  /** Packets whose TTL ran out come to it. */
  wantsInvalidTtl: boolean;
  /** Which asynchronous messages it wants; undefined for what its version has by default. */
  async: Pick<AsyncConfig, "primary" | "secondary"> | undefined;
  /** Bytes that wait to be taken by the kernel, and whether there is a connection at all. */
  backlog(): number;
  readonly isConnected: boolean;
  /** Sends a message of its version; 0 for those that answer nothing. */
  send(body: Body, xid: number): void;
  /** Runs when the connection is over. */
  onClosed(action: () => void): void;
}

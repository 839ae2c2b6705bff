import type { Host } from "#host/host.js";
import type { ConnectOptions } from "#host/streams.js";
import type { Log } from "#runtime/logger.js";
import type { Xids } from "#runtime/openflow-xids.js";

/** What bridges need to speak to controllers. One for all bridges of a daemon. */
export interface Outside {
  readonly host: Host;
  readonly log: Log;
  /** Where sockets such as `br0.mgmt` are, and unix paths that are relative. */
  readonly runDirectory: string;
  /** Keys and certificates. */
  readonly connect: ConnectOptions;
  readonly xids: Xids;
}

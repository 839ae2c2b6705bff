import type { Host } from "#host/host.js";
import type { ConnectOptions, Listener, Stream } from "#host/streams.js";
import { logComplaints } from "./jsonrpc-session.js";
import type { Log } from "./logger.js";
import { openFlowPort } from "./openflow-connection.js";

/**
 * Listens for OpenFlow peers on `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]` or `punix:FILE`; each goes to `onStream`, which makes an
 * `OpenFlowSession.accepted` or an `OpenFlowConnection` of it. Rejects with `StreamError`, whose complaints are logged.
 */
export async function listenOpenFlow(
  host: Host,
  log: Log,
  target: string,
  onStream: (stream: Stream) => void,
  options: ConnectOptions = {},
): Promise<Listener> {
  try {
    const listener = await host.streams.listen(target, onStream, {
      // Keys may change while it listens.
      get tls() {
        return options.tls;
      },
      defaultPort: openFlowPort,
    });
    const address = target.slice(target.indexOf(":") + 1);
    // Told where the kernel chose the port.
    if (/^0(:|$)/.test(address)) log.module("socket_util").info(`${address}: listening on port ${listener.port}`);
    return listener;
  } catch (error) {
    logComplaints(log, error);
    throw error;
  }
}

import type { Host } from "#host/host.js";
import { type ConnectOptions, type Stream, StreamError } from "#host/streams.js";
import { logComplaints } from "./jsonrpc-session.js";
import type { Log } from "./logger.js";
import { openFlowPort } from "./openflow-connection.js";

const toldOldPort = new WeakSet<Log>();

/** Connects a stream to `unix:FILE`, `tcp:HOST[:PORT]` or `ssl:HOST[:PORT]`; what upstream logs on the way is logged. Rejects with `StreamError`. */
export async function connectOpenFlow(
  host: Host,
  log: Log,
  target: string,
  options: ConnectOptions = {},
): Promise<Stream> {
  const isPortless = /^(tcp|ssl):([^:[]*|\[[^\]]*\]):?$/.test(target);
  if (isPortless && !toldOldPort.has(log)) {
    toldOldPort.add(log);
    log.module("stream").warn("The default OpenFlow port number has changed from 6633 to 6653");
  }
  try {
    return await host.streams.connect(target, { defaultPort: openFlowPort, ...options });
  } catch (error) {
    logComplaints(log, error);
    if (error instanceof StreamError && error.code === "EAFNOSUPPORT" && target.startsWith("tcp:")) {
      const tried = isPortless ? `${target}:${openFlowPort}` : target;
      log.module("stream_tcp").err(`${tried}: connect: ${error.text}`);
    }
    throw error;
  }
}

import type { Host } from "#host/host.js";
import { type Stream, StreamError } from "#host/streams.js";
import { UserError } from "#util/errors.js";
import { directories, resolveStreamName } from "./dirs.js";
import { ConnectionEnded, endText } from "./jsonrpc.js";
import type { Log } from "./logger.js";
import { OpenFlowClient, type OpenFlowClientSettings, OpenFlowConnectError } from "./openflow-client.js";
import { connectOpenFlow } from "./openflow-connect.js";

/** Which of a bridge's sockets is meant: `mgmt` for commands, `snoop` to look on. */
export type BridgeSocket = "mgmt" | "snoop";

/**
 * Connects to what a user of ovs-ofctl calls a switch: a connection method with a colon; else a socket, taken below the run directory where its
 * path is relative; else a bridge, by its socket `RUNDIR/NAME.mgmt`, where `TYPE@NAME` will do too. Throws `UserError` in ovs-ofctl's words.
 */
export async function connectToSwitch(
  host: Host,
  log: Log,
  name: string,
  given: OpenFlowClientSettings = {},
  socket: BridgeSocket = "mgmt",
): Promise<OpenFlowClient> {
  // What is overheard is not for us to answer, and of any version.
  const settings = socket === "snoop" ? { ...given, anyVersion: true, plainEcho: true } : given;
  const { stream, ...target } = await reach(host, log, name, settings, socket);
  log.module("ofctl").dbg(`connecting to ${target.target}`);
  try {
    return await OpenFlowClient.over(host, log, stream, settings);
  } catch (error) {
    if (!(error instanceof OpenFlowConnectError)) throw error;
    throw new UserError(`${name}: failed to connect to socket (${endText(error.cause)})`);
  }
}

interface Reached {
  readonly target: string;
  readonly stream: Stream;
}

async function reach(
  host: Host,
  log: Log,
  name: string,
  settings: OpenFlowClientSettings,
  socket: BridgeSocket,
): Promise<Reached> {
  const { run } = directories(host.process);
  if (name.includes(":")) {
    try {
      return { target: name, stream: await open(host, log, resolveStreamName(name, run), settings) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const text = endText(error);
      throw new UserError(
        isLate(error, name) ? `${name}: failed to connect to socket (${text})` : `connecting to ${name} (${text})`,
      );
    }
  }
  const bridge = name.slice(name.indexOf("@") + 1);
  for (const path of [name, `${run}/${name}.${socket}`, `${run}/${bridge}.${socket}`]) {
    const absolute = path.startsWith("/") ? path : `${run}/${path}`;
    try {
      return { target: `unix:${path}`, stream: await open(host, log, `unix:${absolute}`, settings) };
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      log.module("stream_unix").dbg(`${absolute}: connection failed (${error.text})`);
      if (error.code !== "ENOENT") throw new UserError(`${path}: failed to open socket (${error.text})`);
    }
  }
  throw new UserError(`${name} is not a bridge or a socket`);
}

function open(host: Host, log: Log, target: string, settings: OpenFlowClientSettings): Promise<Stream> {
  const { timeout, connect } = settings;
  return connectOpenFlow(host, log, target, { ...(timeout === undefined ? {} : { timeout }), ...connect });
}

/** Attempts that the kernel does not answer at once fail in other words. */
function isLate(error: Error, name: string): boolean {
  if (!(error instanceof StreamError)) return false;
  if (error.code === "ETIMEDOUT" || error.code === "EHOSTUNREACH") return true;
  return error.code === "ECONNREFUSED" && !/^(unix:|\w+:(127\.|\[::1\]))/.test(name);
}

/** What ovs-ofctl says of a conversation that ended early, `talking to br0 (End of file)`; other errors unchanged. */
export function talkingError(name: string, error: unknown): unknown {
  if (!(error instanceof ConnectionEnded)) return error;
  return new UserError(`talking to ${name} (${endText(error.error)})`);
}

// The face of `weft-switch/openflow`: OpenFlow 1.0 to 1.5 in bytes and in text, a client for switches and the side of controllers.
import { createNodeHost } from "#host/node/host.js";
import { type FlowParseOptions, type FlowTextCommand, parseFlowMod, parseFlowSelection } from "#openflow/flow-text.js";
import { type VersionBitmap, versionBitmap } from "#openflow/hello.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import type { FlowSelection } from "#openflow/messages/flow/flow-stats-request.js";
import type { Version } from "#openflow/version.js";
import { OpenFlowClient, type OpenFlowClientSettings } from "#runtime/openflow-client.js";
import { listenOpenFlow } from "#runtime/openflow-listen.js";
import { OpenFlowSwitch } from "#runtime/openflow-switch.js";
import { connectToSwitch } from "#runtime/openflow-target.js";
import { Xids } from "#runtime/openflow-xids.js";
import { type LogLine, logTo } from "../support/log-line.js";

export type { Match } from "#flow/match.js";
export type { Action } from "#openflow/actions/action.js";
export { parseActions } from "#openflow/actions/parse.js";
export { formatAction, formatActions } from "#openflow/actions/table.js";
export { decodeError, type ErrorMessage, encodeError, encodeErrorReply } from "#openflow/error-message.js";
export type { ErrorName } from "#openflow/errors/error-row.js";
export { parseFlowModFile } from "#openflow/flow-text-file.js";
export { Framing } from "#openflow/framing.js";
export { type Header, MessageType, makeMessage, readHeader } from "#openflow/header.js";
export { decodeHello, encodeHello, negotiate, versionBitmap } from "#openflow/hello.js";
export { parseFlowMatch } from "#openflow/match-parse.js";
export { formatMatch } from "#openflow/match-text.js";
export { decodeMessage, encodeMessage, encodeMessages } from "#openflow/messages/codec.js";
export type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
export { type FlowStats, formatFlowStats } from "#openflow/messages/flow/flow-stats.js";
export type { FlowSelection } from "#openflow/messages/flow/flow-stats-request.js";
export { messageToJson } from "#openflow/messages/json.js";
export type { Message } from "#openflow/messages/message.js";
export { type PacketIn, portMatch, portOfMatch } from "#openflow/messages/packet/packet-in.js";
export type { PacketOut } from "#openflow/messages/packet/packet-out.js";
export { formatMessage, formatMessageBytes } from "#openflow/messages/print.js";
export type { Body } from "#openflow/messages/table.js";
export { OfpError } from "#openflow/ofp-error.js";
export { OFPP } from "#openflow/port-number.js";
export { OF10, OF11, OF12, OF13, OF14, OF15, type Version } from "#openflow/version.js";
export { ConnectionEnded } from "#runtime/jsonrpc.js";
export { OpenFlowClient, OpenFlowConnectError, OpenFlowRefusal } from "#runtime/openflow-client.js";
export { OpenFlowSwitch, type ReplyTo } from "#runtime/openflow-switch.js";
export { UserError } from "#util/errors.js";
export type { LogLine } from "../support/log-line.js";

/** How a switch is connected to. */
export interface ConnectSettings extends Omit<OpenFlowClientSettings, "versions" | "xids" | "plainEcho"> {
  /** The versions to speak; all by default. The highest that the switch has too is taken. */
  readonly versions?: readonly Version[];
  /** Where the log goes; nowhere by default. */
  readonly log?: LogLine;
}

/** How switches are listened for. */
export interface ListenSettings extends ConnectSettings {
  /** Told of peers that are no switches, and of errors that `onSwitch` ends in. */
  onError?(error: Error): void;
}

/** A controller that listens. */
export interface Controller {
  /** The bound name, `ptcp:6653`. */
  readonly name: string;
  readonly port: number | undefined;
  /** Stops to listen and ends the connections. */
  close(): void;
}

const xids = new Xids();

function clientSettings({ versions, ...settings }: ConnectSettings): OpenFlowClientSettings {
  const bits: { readonly versions?: VersionBitmap } = versions ? { versions: versionBitmap(versions) } : {};
  return { ...settings, ...bits, xids };
}

/**
 * Connects to a switch: `unix:FILE`, `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]`, or a bridge of this machine by its name. Rejects with `UserError`.
 */
export async function connectSwitch(name: string, settings: ConnectSettings = {}): Promise<OpenFlowSwitch> {
  const log = logTo(settings.log);
  return new OpenFlowSwitch(await connectToSwitch(createNodeHost(), log, name, clientSettings(settings)), log);
}

/**
 * Listens for switches as a controller does: `ptcp:[PORT][:HOST]`, `pssl:[PORT][:HOST]`, `punix:FILE`. Each switch that has said hello goes to
 * `onSwitch`; where that fails, its connection is ended. Rejects with `StreamError`.
 */
export async function listenForSwitches(
  target: string,
  onSwitch: (peer: OpenFlowSwitch) => void | Promise<void>,
  settings: ListenSettings = {},
): Promise<Controller> {
  const host = createNodeHost();
  const log = logTo(settings.log);
  const switches = new Set<OpenFlowSwitch>();
  const serve = async (client: OpenFlowClient): Promise<void> => {
    const peer = new OpenFlowSwitch(client, log);
    switches.add(peer);
    peer.onClose(() => switches.delete(peer));
    try {
      await onSwitch(peer);
    } catch (error) {
      switches.delete(peer);
      peer.close();
      throw error;
    }
  };
  const listener = await listenOpenFlow(
    host,
    log,
    target,
    (stream) => {
      OpenFlowClient.over(host, log, stream, clientSettings(settings))
        .then(serve)
        .catch((error: unknown) => settings.onError?.(error instanceof Error ? error : new Error(String(error))));
    },
    settings.connect,
  );
  return {
    name: listener.name,
    port: listener.port,
    close() {
      listener.close();
      for (const peer of switches) peer.close();
      switches.clear();
    },
  };
}

/**
 * Reads a flow in the syntax of ovs-ofctl(8), `priority=10,tcp,tp_dst=80,actions=output:2`. `command` says what is to be done with it; an
 * addition by default. Throws `UserError` in ovs-ofctl's words.
 */
export function parseFlow(text: string, command: FlowTextCommand = "add", options: FlowParseOptions = {}): FlowMod {
  return parseFlowMod(text, command, options).flowMod;
}

/** Reads which flows are meant, as `ovs-ofctl dump-flows` does: `table=0,ip`; all where it says nothing. Throws `UserError`. */
export function selectFlows(text = "", options: FlowParseOptions = {}): FlowSelection {
  return parseFlowSelection(text, options).selection;
}

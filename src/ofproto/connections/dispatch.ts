import { encodeErrorReply } from "#openflow/error-message.js";
import type { ErrorName } from "#openflow/errors/error-row.js";
import {
  checkLength,
  decodeBody,
  decodeMessage,
  encodeMessages,
  readEnvelope,
  type Warn,
} from "#openflow/messages/codec.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { ALL_TABLES } from "#openflow/messages/flow/flow-parts.js";
import type { Message } from "#openflow/messages/message.js";
import type { Body } from "#openflow/messages/table.js";
import { OfpError } from "#openflow/ofp-error.js";
import { type Protocol, protocols } from "#openflow/protocol.js";
import { OF10, type Version, versions } from "#openflow/version.js";
import { limitedLog } from "#runtime/limited-log.js";
import type { Log } from "#runtime/logger.js";
import { UserError } from "#util/errors.js";
import type { Bridge } from "../bridge.js";
import type { Connection } from "./connection.js";
import type { Handler, Request } from "./handler.js";
import { commitOne } from "./handlers/commit-one.js";
import { handlers } from "./handlers/table.js";
import { mapRequest } from "./map-match.js";
import { joined, type MultipartAssembler } from "./multipart-assembler.js";

const byKind: ReadonlyMap<Body["kind"], Handler> = new Map(handlers.map((h) => [h.kind, h]));

/** What messages are received on. */
interface Receiver extends Connection {
  readonly name: string;
  readonly assembler: MultipartAssembler;
  /** Sends a message that is whole. */
  sendBytes(message: Uint8Array): void;
}

const complaints =
  (log: Log): Warn =>
  (module, text, level) =>
    limitedLog(log, module).log(level ?? "warn", text);

/**
 * A message as handlers take it, bundled ones too: what depends on the state of the connection or the bridge is put right. Throws `OfpError`.
 */
function readied(message: Message, bridge: Bridge, connection: Receiver): Message {
  const body = mapRequest(message.body, bridge.state.tlvs);
  const namesTable = body.kind !== "flow_mod" || message.version !== OF10 || connection.protocol.tableId;
  return { ...message, body: namesTable ? body : withoutTable(body) };
}

/** OpenFlow 1.0 knows no tables: where flow_mod_table_id is off, the byte that would have the number is part of the command. */
function withoutTable(body: FlowMod): FlowMod {
  if (body.table !== 0) {
    const told = "flow_mod has explicit table_id but flow_mod_table_id extension is not enabled";
    throw new OfpError("OFPFMFC_BAD_COMMAND").complain("ofp_flow", told);
  }
  return { ...body, table: ALL_TABLES };
}

/** Does an addition of a flow that can be read at a glance, as most can; false, having done nothing, where it is to be dispatched. */
function addsFlow(bytes: Uint8Array, bridge: Bridge, connection: Receiver): boolean {
  const addition = bridge.readAddition(bytes, connection);
  if (addition === undefined) return false;
  commitOne(bridge, addition);
  connection.countFlowMod("add");
  return true;
}

/**
 * Has a message handled and answers it. A promise is given where the answer takes its time: until it resolves, no later message of the connection is
 * to be dispatched.
 */
export function dispatch(bytes: Uint8Array, bridge: Bridge, connection: Receiver, log: Log): Promise<void> | undefined {
  const refuse = (error: unknown): void => answerError(error, bytes, connection, log);
  try {
    if (connection.role !== "secondary" && addsFlow(bytes, bridge, connection)) return undefined;
    const refuseOther: Request["refuse"] = (error, request) => answerError(error, request, connection, log);
    const warn = complaints(log);
    const envelope = readEnvelope(bytes, warn);
    checkLength(envelope, warn);
    const handler = byKind.get(envelope.row.kind);
    if (handler === undefined) throw new OfpError(isMultipartRequest(bytes) ? "OFPBRC_BAD_STAT" : "OFPBRC_BAD_TYPE");
    if (handler.changes && connection.role === "secondary") throw new OfpError("OFPBRC_IS_SECONDARY");
    const requests = connection.assembler.take(envelope, bytes, refuseOther);
    if (requests === undefined) return undefined;
    const options = { debug: bridge.backer.takesDebugActions };
    const decode = (inner: Uint8Array): Message => readied(decodeMessage(inner, warn, options), bridge, connection);
    const last = readied(decodeBody(envelope, warn, options), bridge, connection);
    const message = joined([...requests.slice(0, -1).map(decode), last], requests);
    if (message === undefined) {
      refuseOther(new OfpError("OFPBRC_BAD_STAT"), requests[0]!);
      return undefined;
    }
    const send = (reply: Uint8Array): void => connection.sendBytes(reply);
    const encode = (reply: Body, more: boolean): Uint8Array[] => {
      const options = { protocol: replyProtocol(message, connection), flags: more ? 1 : 0 };
      return encodeMessages(reply, message.version, message.xid, options);
    };
    const request: Request = { bridge, connection, message, bytes, decode, encode, send, refuse: refuseOther };
    const replies = handler.handle(message.body, request);
    if (replies instanceof Promise) return replies.then((bodies) => done(bodies, message, connection)).catch(refuse);
    done(replies, message, connection);
  } catch (error) {
    refuse(error);
  }

  return undefined;
}

/** A request was taken: its replies go out. */
function done(replies: readonly Body[] | undefined, message: Message, connection: Receiver): void {
  const { body, version, xid } = message;
  if (body.kind === "flow_mod") connection.countFlowMod(body.command);
  if (replies === undefined) return;
  const protocol = replyProtocol(message, connection);
  for (const reply of replies) {
    for (const bytes of encodeMessages(reply, version, xid, { protocol })) connection.sendBytes(bytes);
  }
}

/** OpenFlow 1.0 asks for flows by a message of its own or of Nicira's: the answer is of the same kind, whatever the flow format. */
function replyProtocol({ name, version }: Message, { protocol }: Receiver): Protocol {
  const nxm = name.startsWith("NX");
  if (version !== OF10 || protocol.nxm === nxm) return protocol;
  return protocols.find((p) => p.nxm === nxm && p.tableId === protocol.tableId) ?? protocol;
}

/** The types of multipart requests: of OpenFlow 1.0, and of later versions. */
const [MULTIPART_10, MULTIPART] = [16, 18];

function isMultipartRequest(bytes: Uint8Array): boolean {
  return bytes[1] === (bytes[0] === OF10 ? MULTIPART_10 : MULTIPART);
}

/** Lines of refused requests, a minute and at once. */
const REFUSALS = 10;

/** Answers what went wrong with a request; what is no fault of the peer's is thrown on. */
function answerError(error: unknown, request: Uint8Array, connection: Receiver, log: Log): void {
  let name: ErrorName;
  if (error instanceof OfpError) {
    error.tell((module, text) => limitedLog(log, module).warn(text));
    name = error.error;
  } else if (error instanceof UserError) {
    // A reply that the version has no words for.
    limitedLog(log, "connmgr").warn(`${connection.name}: ${error.message}`);
    name = "OFPBRC_BAD_TYPE";
  } else throw error;
  limitedLog(log, "connmgr", REFUSALS).info(
    `${connection.name}: sending ${name} error reply to ${messageName(request)} message`,
  );
  connection.sendBytes(encodeErrorReply(name, versionOf(request, log), request));
}

/** The version of a request; hellos, errors and echoes may be of one that nobody knows. */
function versionOf(request: Uint8Array, log: Log): Version {
  const known = versions.find((version) => version === request[0]);
  if (known !== undefined) return known;
  const number = request[0]!.toString(16).padStart(2, "0");
  limitedLog(log, "ofp_errors").err(`cannot encode error for unknown OpenFlow version 0x${number}`);
  return OF10;
}

function messageName(bytes: Uint8Array): string {
  try {
    return readEnvelope(bytes).name;
  } catch {
    return "invalid";
  }
}

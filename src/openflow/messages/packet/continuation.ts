import type { Action } from "../../actions/action.js";
import { decodeActions, encodeActions } from "../../actions/codec.js";
import { formatActions } from "../../actions/table.js";
import { hexText } from "../../number-text.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { formatTableNumber } from "../../table-number.js";
import type { Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import type { MessageDecodeContext, MessageTextContext } from "../message.js";
import { type ReadProperty, readProperties, writeProperty } from "../property.js";

/** Actions that are left, of a flow of a table. */
interface ContinuationStep {
  readonly table: number;
  readonly cookie: bigint;
  readonly actions: readonly Action[];
}

/** Where a packet's way through the tables was left. Only the switch that made it knows what to do with it. */
export interface Continuation {
  /** The bridge's UUID, 16 bytes; undefined where the packet has not left its first bridge. */
  readonly bridge?: Uint8Array;
  /** Values that were pushed, the top first. */
  readonly stack: readonly Uint8Array[];
  /** Mirrors that have the packet, a bit each. */
  readonly mirrors: number;
  readonly conntracked: boolean;
  /** What is to be done, the innermost first. */
  readonly steps: readonly ContinuationStep[];
  /** The action set. */
  readonly actionSet: readonly Action[];
  /** The datapath's number of the port that the packet came in by; 0 where it is not told. */
  readonly odpPort: number;
}

/** Nothing was left to do. */
const noContinuation: Continuation = {
  stack: [],
  mirrors: 0,
  conntracked: false,
  steps: [],
  actionSet: [],
  odpPort: 0,
};

const Property = {
  bridge: 0x8000,
  stack: 0x8001,
  mirrors: 0x8002,
  conntracked: 0x8003,
  table: 0x8004,
  cookie: 0x8005,
  actions: 0x8006,
  actionSet: 0x8007,
  odpPort: 0x8008,
} as const;

const UUID_LENGTH = 16;
const LONGEST_VALUE = 128;
const badLength = ofpError("OFPBPC_BAD_LEN");

/** Fixed bytes behind a property's header. */
function exactly(body: WireReader, length: number): WireReader {
  if (body.left !== length) throw badLength();
  return body;
}

/** Reads the properties of a continuation. Throws `OfpError`. */
export function readContinuation(r: WireReader, ctx: MessageDecodeContext): Continuation {
  const found: { -readonly [K in keyof Continuation]: Continuation[K] } = { ...noContinuation };
  const stack: Uint8Array[] = [];
  const steps: ContinuationStep[] = [];
  let [table, cookie] = [0, 0n];
  for (const property of readProperties(r)) {
    const { type, body } = property;
    if (type === Property.bridge) found.bridge = exactly(body, UUID_LENGTH).rest();
    else if (type === Property.stack) stack.push(readValue(body));
    else if (type === Property.mirrors) found.mirrors = exactly(body, 4).u32();
    else if (type === Property.conntracked) found.conntracked = true;
    else if (type === Property.table) table = body.u8();
    else if (type === Property.cookie) cookie = readU64(body);
    else if (type === Property.actions) steps.push({ table, cookie, actions: readActions(property, ctx) });
    else if (type === Property.actionSet) found.actionSet = [...found.actionSet, ...readActions(property, ctx)];
    else if (type === Property.odpPort) found.odpPort = exactly(body, 4).u32();
  }
  return { ...found, stack, steps };
}

/** A 64-bit value, aligned to 8 bytes. */
export function readU64(body: WireReader): bigint {
  exactly(body, 12).skip(4);
  return body.u64();
}

function readValue(body: WireReader): Uint8Array {
  if (body.left > LONGEST_VALUE) throw badLength();
  return body.rest();
}

function readActions({ body }: ReadProperty, { version, warn }: MessageDecodeContext): readonly Action[] {
  if (body.left < 4) {
    warn("ofp_packet", `actions property has bad length ${body.left + 4}`);
    throw new OfpError("OFPBPC_BAD_LEN");
  }
  body.skip(4);
  return decodeActions(body, version, { debug: true });
}

/** Writes the properties of a continuation. */
export function writeContinuation(continuation: Continuation, w: WireWriter, version: Version): void {
  const { bridge, stack, mirrors, conntracked, steps, actionSet, odpPort } = continuation;
  const actions = (type: number, list: readonly Action[]): void =>
    writeProperty(w, type, () => {
      w.zeros(4);
      encodeActions(list, version, w);
    });
  if (bridge !== undefined) writeProperty(w, Property.bridge, () => w.raw(bridge));
  for (const value of stack) writeProperty(w, Property.stack, () => w.raw(value));
  if (mirrors !== 0) writeProperty(w, Property.mirrors, () => w.u32(mirrors));
  if (conntracked) writeProperty(w, Property.conntracked, () => {});
  let [lastTable, lastCookie] = [0, 0n];
  for (const { table, cookie, actions: list } of steps) {
    if (table !== lastTable) writeProperty(w, Property.table, () => w.u8(table));
    if (cookie !== lastCookie) writeProperty(w, Property.cookie, () => w.zeros(4).u64(cookie));
    [lastTable, lastCookie] = [table, cookie];
    actions(Property.actions, list);
  }
  if (actionSet.length > 0) actions(Property.actionSet, actionSet);
  if (odpPort !== 0) writeProperty(w, Property.odpPort, () => w.u32(odpPort));
}

/** Lines, each with a line end before it. */
export function formatContinuation(continuation: Continuation, ctx: MessageTextContext): string {
  const { bridge, stack, mirrors, conntracked, steps, actionSet, odpPort } = continuation;
  const lines: string[] = [];
  if (bridge !== undefined) lines.push(`bridge=${uuidText(bridge)}`);
  if (stack.length > 0) lines.push(`stack=(top) ${stack.map(valueText).join(" ")} (bottom)`);
  if (mirrors !== 0) lines.push(`mirrors=${hexText(mirrors)}`);
  if (conntracked) lines.push("conntracked=true");
  if (steps.length > 0) lines.push(`actions=${steps.map((step) => stepText(step, ctx)).join(",")}`);
  if (actionSet.length > 0) lines.push(`action_set=${formatActions(actionSet, ctx)}`);
  if (odpPort !== 0) lines.push(`odp_port=${odpPort}`);
  return lines.map((line) => `\n continuation.${line}`).join("");
}

function stepText({ table, cookie, actions }: ContinuationStep, ctx: MessageTextContext): string {
  const frame = `unroll_xlate(table=${formatTableNumber(table, ctx)}, cookie=${cookie})`;
  return actions.length === 0 ? frame : `${frame},${formatActions(actions, ctx)}`;
}

function valueText(value: Uint8Array): string {
  return hexText(value.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n));
}

/** A UUID's text. Its 32-bit parts lie on the wire as a little-endian switch has them in memory. */
function uuidText(bytes: Uint8Array): string {
  let digits = "";
  for (let part = 0; part < UUID_LENGTH; part += 4) {
    for (let i = 3; i >= 0; i--) digits += bytes[part + i]!.toString(16).padStart(2, "0");
  }
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

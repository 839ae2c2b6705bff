import type { Match } from "#flow/match.js";
import type { Action } from "../../actions/action.js";
import { decodeActions, encodeActions } from "../../actions/codec.js";
import { encodeInstructions, isInstruction } from "../../actions/instructions.js";
import { resolveActions } from "../../actions/resolve.js";
import { formatActions } from "../../actions/table.js";
import { decodeMatch, decodeNxMatch, encodeNxMatch, encodeTlvMatch } from "../../match/match-codec.js";
import { formatMatch } from "../../match-text.js";
import { hexText } from "../../number-text.js";
import { OfpError, ofpError } from "../../ofp-error.js";
import { between, OF10, OF12, OF13, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import {
  type MessageDecodeContext,
  type MessageEncodeContext,
  type MessageForm,
  type MessageRow,
  type MessageTextContext,
  nxst,
  ONF,
  ofpst,
} from "../message.js";
import { formatTable } from "./flow-parts.js";
import { formatFlowRemovedReason } from "./flow-removed.js";
import { pullActions } from "./pull-actions.js";

/** What happened to a flow. */
interface FlowChange {
  /** `initial` of the flows that were there when a monitor began, since OpenFlow 1.4; before, these are `added`. */
  readonly event: "initial" | "added" | "deleted" | "modified";
  /** Of a deletion, OFPRR_* as `FlowRemoved` has it. */
  readonly reason: number;
  readonly table: number;
  readonly priority: number;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly cookie: bigint;
  readonly match: Match;
  /** Empty where the monitor does not want them. */
  readonly actions: readonly Action[];
}

/** What a monitor is told: changes; a change of the connection's own by its xid; that the switch stops telling for a while, and begins again. */
export type FlowUpdate =
  | FlowChange
  | { readonly event: "abbrev"; readonly xid: number }
  | { readonly event: "paused" }
  | { readonly event: "resumed" };

/** Tells of changes of flows. */
export interface FlowMonitorReply {
  readonly kind: "flow_monitor_reply";
  readonly updates: readonly FlowUpdate[];
}

type Event = FlowUpdate["event"];

/** Numbers of events: Nicira's, and OpenFlow 1.4's. */
const niciraEvents: readonly Event[] = ["added", "deleted", "modified", "abbrev"];
const standardEvents: readonly Event[] = ["initial", "added", "deleted", "modified", "abbrev", "paused", "resumed"];

const FULL_LENGTH = 24;
const SHORT_LENGTH = 8;

interface EntryForm {
  readonly events: readonly Event[];
  /** Reads a change from behind length and event; `length` is that of the whole update, of which 24 bytes at least are there. */
  decode(r: WireReader, event: FlowChange["event"], length: number, ctx: MessageDecodeContext): FlowChange;
  encode(change: FlowChange, w: WireWriter, ctx: MessageEncodeContext): void;
}

function leftover(r: WireReader, ctx: MessageDecodeContext, count: number = r.left): OfpError {
  ctx.warn("ofp_monitor", `${ctx.name} has ${count} leftover bytes at end`);
  return new OfpError("OFPBRC_BAD_LEN");
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;

const nicira: EntryForm = {
  events: niciraEvents,
  decode: (r, event, length, ctx) => {
    const [reason, priority, idleTimeout, hardTimeout, matchLength, table] = niciraHead(r);
    const cookie = r.u64();
    const actionsLength = length - FULL_LENGTH - padded(matchLength);
    if (actionsLength < 0) throw leftover(r, ctx);
    const { match } = decodeNxMatch(r, matchLength);
    const actions = decodeActions(r.slice(actionsLength, ofpError("OFPBRC_BAD_LEN")), ctx.version, ctx);
    return {
      event,
      reason,
      table,
      priority,
      idleTimeout,
      hardTimeout,
      cookie,
      match,
      actions: resolveActions(actions, match),
    };
  },
  encode: (change, w, { version }) => {
    const lengthAt = encodeNiciraHead(change, w);
    w.patch16(lengthAt, encodeNxMatch(change.match, w));
    // There is no place for instructions.
    const actions = version === OF10 ? change.actions : change.actions.filter((a) => !isInstruction(a));
    encodeActions(actions, version, w);
  },
};

function niciraHead(r: WireReader): readonly [number, number, number, number, number, number] {
  const head = [r.u16(), r.u16(), r.u16(), r.u16(), r.u16(), r.u8()] as const;
  r.skip(1);
  return head;
}

/** Writes up to the match, and gives where its length is to be written. */
function encodeNiciraHead(change: FlowChange, w: WireWriter): number {
  w.u16(change.reason).u16(change.priority).u16(change.idleTimeout).u16(change.hardTimeout);
  const lengthAt = w.length;
  w.u16(0).u8(change.table).u8(0).u64(change.cookie);
  return lengthAt;
}

const onf: EntryForm = {
  events: niciraEvents,
  decode: (r, event, length, ctx) => {
    const start = r.at - 4;
    const [reason, priority, idleTimeout, hardTimeout, matchLength, table] = niciraHead(r);
    const cookie = r.u64();
    if (length < FULL_LENGTH + padded(matchLength)) throw leftover(r, ctx);
    const match = decodeMatch(r, ctx.version);
    const actions = pullActions(r, start + length, match, ctx);
    return { event, reason, table, priority, idleTimeout, hardTimeout, cookie, match, actions };
  },
  encode: (change, w, { version }) => {
    const lengthAt = encodeNiciraHead(change, w);
    const start = w.length;
    encodeTlvMatch(change.match, version, w);
    w.copy16(start + 2, lengthAt);
    encodeInstructions(change.actions, version, w);
  },
};

const openFlow14: EntryForm = {
  events: standardEvents,
  decode: (r, event, length, ctx) => {
    const start = r.at - 4;
    const [table, reason, idleTimeout, hardTimeout, priority] = [r.u8(), r.u8(), r.u16(), r.u16(), r.u16()];
    r.skip(4);
    const cookie = r.u64();
    const match = decodeMatch(r, ctx.version);
    const actions = pullActions(r, start + length, match, ctx);
    return { event, reason, table, priority, idleTimeout, hardTimeout, cookie, match, actions };
  },
  encode: (change, w, { version }) => {
    w.u8(change.table).u8(change.reason).u16(change.idleTimeout).u16(change.hardTimeout).u16(change.priority).zeros(4);
    w.u64(change.cookie);
    encodeTlvMatch(change.match, version, w);
    encodeInstructions(change.actions, version, w);
  },
};

function decodeUpdate(r: WireReader, entry: EntryForm, ctx: MessageDecodeContext): FlowUpdate {
  const left = r.left;
  if (left < 4) throw leftover(r, ctx);
  const [length, number] = [r.u16(), r.u16()];
  if (length > left || length % 8 !== 0) throw leftover(r, ctx, left);
  const event = entry.events[number];
  const isShort = event === "abbrev" || event === "paused" || event === "resumed";
  const least = isShort ? SHORT_LENGTH : FULL_LENGTH;
  if (event === undefined) {
    ctx.warn("ofp_monitor", `NXST_FLOW_MONITOR reply has bad event ${number}`);
    throw new OfpError("NXBRC_FM_BAD_EVENT");
  }
  if (isShort ? length !== least : length < least) throw leftover(r, ctx, left);
  if (event === "abbrev") return { event, xid: r.u32() };
  if (event !== "paused" && event !== "resumed") return entry.decode(r, event, length, ctx);
  r.skip(4);
  return { event };
}

function encodeUpdate(update: FlowUpdate, entry: EntryForm, w: WireWriter, ctx: MessageEncodeContext): void {
  const start = w.length;
  const event = entry.events.includes(update.event) ? update.event : "added";
  w.u16(0).u16(entry.events.indexOf(event));
  if (update.event === "abbrev") w.u32(update.xid);
  else if (update.event === "paused" || update.event === "resumed") w.zeros(4);
  else entry.encode(update, w, ctx);
  w.patch16(start, w.length - start);
}

function listForm(
  form: Pick<MessageForm<FlowMonitorReply>, "name" | "numbers">,
  entry: EntryForm,
): MessageForm<FlowMonitorReply> {
  return {
    ...form,
    length: [0, 8],
    decode: (r, ctx) => {
      const updates: FlowUpdate[] = [];
      try {
        while (r.left > 0) updates.push(decodeUpdate(r, entry, ctx));
      } catch (e) {
        if (updates.length > 0) ctx.partial({ kind: "flow_monitor_reply", updates });
        throw e;
      }
      return { kind: "flow_monitor_reply", updates };
    },
    encode: ({ updates }, w, ctx) => {
      for (const update of updates) {
        ctx.element();
        encodeUpdate(update, entry, w, ctx);
      }
    },
  };
}

const eventNames: Readonly<Record<Event, string>> = {
  initial: "INITIAL",
  added: "ADDED",
  deleted: "DELETED",
  modified: "MODIFIED",
  abbrev: "ABBREV",
  paused: "PAUSED",
  resumed: "RESUMED",
};

function formatUpdate(update: FlowUpdate, ctx: MessageTextContext): string {
  let text = `\n event=${eventNames[update.event]}`;
  if (update.event === "abbrev") return `${text} xid=0x${update.xid.toString(16)}`;
  if (update.event === "paused" || update.event === "resumed") return text;
  if (update.event === "deleted") text += ` reason=${formatFlowRemovedReason(update.reason)}`;
  text += ` table=${formatTable(update.table, ctx)}`;
  if (update.idleTimeout !== 0) text += ` idle_timeout=${update.idleTimeout}`;
  if (update.hardTimeout !== 0) text += ` hard_timeout=${update.hardTimeout}`;
  text += ` cookie=${hexText(update.cookie)} `;
  const match = formatMatch(update.match, ctx);
  if (update.actions.length === 0) return text + match;
  return `${text}${match === "" ? "" : `${match} `}actions=${formatActions(update.actions, ctx)}`;
}

export const flowMonitorReply: MessageRow<FlowMonitorReply> = {
  kind: "flow_monitor_reply",
  forms: [
    listForm({ name: "NXST_FLOW_MONITOR reply", numbers: [nxst("reply", between(OF10, OF12), 2)] }, nicira),
    listForm(
      {
        name: "ONFST_FLOW_MONITOR reply",
        numbers: [{ at: "reply", range: only(OF13), vendor: ONF, type: 1870 }],
      },
      onf,
    ),
    listForm({ name: "OFPST_FLOW_MONITOR reply", numbers: [ofpst("reply", since(OF14), 16)] }, openFlow14),
  ],
  format: ({ updates }, ctx) =>
    updates
      .map((u) => formatUpdate(u, ctx))
      .join("")
      .trimEnd(),
};

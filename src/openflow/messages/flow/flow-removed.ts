import type { Match } from "#flow/match.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "../../match/match-codec.js";
import { OfpError } from "../../ofp-error.js";
import { always, between, OF10, OF11, OF14, OF15, only } from "../../version.js";
import { type MessageForm, type MessageRow, nxt, ofpt } from "../message.js";
import { ALL_TABLES, formatPriorityMatch, formatTable } from "./flow-parts.js";
import { formatDuration, UNKNOWN_COUNT } from "./flow-stats.js";
import { decodeOxs, encodeOxs } from "./oxs.js";

/** OFPRR_*, why a flow went, in the order of their numbers: a timeout, a deletion, that of a group or meter it used, or lack of room. */
const reasons = ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"] as const;

/** A reason by its name; its number where it has none. */
export function formatFlowRemovedReason(reason: number): string {
  return reasons[reason] ?? String(reason);
}

/** A flow is gone. */
export interface FlowRemoved {
  readonly kind: "flow_removed";
  readonly match: Match;
  readonly priority: number;
  readonly cookie: bigint;
  /** OFPRR_*: 0 idle timeout, 1 hard timeout, 2 deletion, 3 of its group, 4 of its meter, 5 eviction. Other numbers survive. */
  readonly reason: number;
  /** `ALL_TABLES` where the message does not say. */
  readonly table: number;
  /** How long it was there: seconds, and nanoseconds beyond them. */
  readonly durationSec: number;
  readonly durationNsec: number;
  readonly idleTimeout: number;
  /** 0 where the message does not say. */
  readonly hardTimeout: number;
  readonly packets: bigint;
  readonly bytes: bigint;
}

const openFlow10: MessageForm<FlowRemoved> = {
  name: "OFPT_FLOW_REMOVED",
  numbers: [ofpt(only(OF10), 11)],
  length: [80, 0],
  canSay: (_body, { protocol }) => !protocol.nxm,
  decode: (r) => {
    const match = decodeMatch(r, OF10);
    const [cookie, priority, reason] = [r.u64(), r.u16(), r.u8()];
    r.skip(1);
    const [durationSec, durationNsec, idleTimeout] = [r.u32(), r.u32(), r.u16()];
    r.skip(2);
    const times = { durationSec, durationNsec, idleTimeout, hardTimeout: 0 };
    const counts = { packets: r.u64(), bytes: r.u64() };
    return { kind: "flow_removed", match, priority, cookie, reason, table: ALL_TABLES, ...times, ...counts };
  },
  encode: (body, w) => {
    encodeMatch(body.match, OF10, w);
    w.u64(body.cookie).u16(body.priority).u8(body.reason).u8(0).u32(body.durationSec).u32(body.durationNsec);
    w.u16(body.idleTimeout).zeros(2).u64(body.packets).u64(body.bytes);
  },
};

const nicira: MessageForm<FlowRemoved> = {
  name: "NXT_FLOW_REMOVED",
  numbers: [nxt(always, 14)],
  length: [40, 8],
  canSay: (_body, { protocol }) => protocol.nxm,
  decode: (r) => {
    const [cookie, priority, reason, tableAndOne] = [r.u64(), r.u16(), r.u8(), r.u8()];
    const [durationSec, durationNsec, idleTimeout, matchLength] = [r.u32(), r.u32(), r.u16(), r.u16()];
    const [packets, bytes] = [r.u64(), r.u64()];
    const { match } = decodeNxMatch(r, matchLength);
    if (r.left > 0) throw new OfpError("OFPBRC_BAD_LEN");
    const table = (tableAndOne + ALL_TABLES) & 0xff;
    const times = { durationSec, durationNsec, idleTimeout, hardTimeout: 0 };
    return { kind: "flow_removed", match, priority, cookie, reason, table, ...times, packets, bytes };
  },
  encode: (body, w) => {
    w.u64(body.cookie).u16(body.priority).u8(body.reason);
    w.u8(body.table + 1)
      .u32(body.durationSec)
      .u32(body.durationNsec)
      .u16(body.idleTimeout);
    const lengthAt = w.length;
    w.u16(0).u64(body.packets).u64(body.bytes);
    w.patch16(lengthAt, encodeNxMatch(body.match, w));
  },
};

const openFlow11: MessageForm<FlowRemoved> = {
  name: "OFPT_FLOW_REMOVED",
  numbers: [ofpt(between(OF11, OF14), 11)],
  length: [40, 8],
  decode: (r, { version }) => {
    const [cookie, priority, reason, table] = [r.u64(), r.u16(), r.u8(), r.u8()];
    const times = { durationSec: r.u32(), durationNsec: r.u32(), idleTimeout: r.u16(), hardTimeout: r.u16() };
    const counts = { packets: r.u64(), bytes: r.u64() };
    const match = decodeMatch(r, version);
    return { kind: "flow_removed", match, priority, cookie, reason, table, ...times, ...counts };
  },
  encode: (body, w, { version }) => {
    w.u64(body.cookie).u16(body.priority).u8(body.reason).u8(body.table);
    w.u32(body.durationSec).u32(body.durationNsec).u16(body.idleTimeout).u16(body.hardTimeout);
    w.u64(body.packets).u64(body.bytes);
    encodeMatch(body.match, version, w);
  },
};

const NO_DURATION = 0xffffffff;

const openFlow15: MessageForm<FlowRemoved> = {
  name: "OFPT_FLOW_REMOVED",
  numbers: [ofpt(only(OF15), 11)],
  length: [16, 8],
  decode: (r) => {
    const [table, reason, priority, idleTimeout, hardTimeout] = [r.u8(), r.u8(), r.u16(), r.u16(), r.u16()];
    const cookie = r.u64();
    const match = decodeMatch(r, OF15);
    const oxs = decodeOxs(r);
    return {
      kind: "flow_removed",
      ...{ match, priority, cookie, reason, table, idleTimeout, hardTimeout },
      durationSec: oxs.durationSec ?? NO_DURATION,
      durationNsec: oxs.durationNsec ?? NO_DURATION,
      packets: oxs.packetCount ?? UNKNOWN_COUNT,
      bytes: oxs.byteCount ?? UNKNOWN_COUNT,
    };
  },
  encode: (body, w) => {
    w.u8(body.table).u8(body.reason).u16(body.priority).u16(body.idleTimeout).u16(body.hardTimeout).u64(body.cookie);
    encodeMatch(body.match, OF15, w);
    const { durationSec, durationNsec, packets, bytes } = body;
    encodeOxs({ durationSec, durationNsec, packetCount: packets, byteCount: bytes }, w);
  },
};

export const flowRemoved: MessageRow<FlowRemoved> = {
  kind: "flow_removed",
  forms: [openFlow10, nicira, openFlow11, openFlow15],
  format: (body, ctx) => {
    let text = ` ${formatPriorityMatch(body.match, body.priority, ctx)}`;
    text += ` reason=${formatFlowRemovedReason(body.reason)}`;
    if (body.table !== ALL_TABLES) text += ` table_id=${formatTable(body.table, ctx)}`;
    if (body.cookie !== 0n) text += ` cookie:0x${body.cookie.toString(16)}`;
    text += ` duration${formatDuration(body.durationSec, body.durationNsec)} idle${body.idleTimeout}`;
    if (body.hardTimeout !== 0) text += ` hard${body.hardTimeout}`;
    return `${text} pkts${body.packets} bytes${body.bytes}`;
  },
};

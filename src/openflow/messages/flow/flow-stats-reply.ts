import type { Match } from "#flow/match.js";
import { u16 } from "#util/big-endian.js";
import type { Action } from "../../actions/action.js";
import { encodeInstructions } from "../../actions/instructions.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch, encodeTlvMatch } from "../../match/match-codec.js";
import { OfpError } from "../../ofp-error.js";
import { between, OF10, OF11, OF13, OF14, OF15, only, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import {
  type MessageDecodeContext,
  type MessageEncodeContext,
  type MessageForm,
  type MessageRow,
  nxst,
  ofpst,
} from "../message.js";
import { decodeFlowFlags, encodeFlowFlags } from "./flow-flags.js";
import { type FlowStats, formatFlowStats, UNKNOWN_COUNT } from "./flow-stats.js";
import { decodeOxs, encodeOxs } from "./oxs.js";
import { pullActions } from "./pull-actions.js";

/** Flows of a switch's tables. */
export interface FlowStatsReply {
  readonly kind: "flow_stats_reply";
  readonly flows: readonly FlowStats[];
}

/** How a version writes one flow; its length, the first 16 bits, is read and written by `listForm`. */
interface EntryForm {
  /** The least length. */
  readonly min: number;
  /** Reads from behind the length; `end` is where the entry ends by its own account. */
  decode(r: WireReader, end: number, ctx: MessageDecodeContext): FlowStats;
  encode(flow: FlowStats, w: WireWriter, ctx: MessageEncodeContext): void;
}

/** The log says which part was at fault. */
function told<T>(ctx: MessageDecodeContext, part: string, read: () => T): T {
  try {
    return read();
  } catch (e) {
    if (e instanceof OfpError) e.tell(ctx.warn);
    ctx.warn("ofp_flow", `${part}`);
    throw e;
  }
}

function readMatch(r: WireReader, version: Version, ctx: MessageDecodeContext): Match {
  try {
    return decodeMatch(r, version);
  } catch (e) {
    if (e instanceof OfpError) e.tell(ctx.warn);
    ctx.warn("ofp_flow", "OFPST_FLOW reply bad match");
    throw e;
  }
}

function readActions(r: WireReader, end: number, match: Match, ctx: MessageDecodeContext): Action[] {
  try {
    return pullActions(r, end, match, ctx);
  } catch (e) {
    if (e instanceof OfpError) e.tell(ctx.warn);
    ctx.warn("ofp_flow", "OFPST_FLOW reply bad instructions");
    throw e;
  }
}

const openFlow10: EntryForm = {
  min: 88,
  decode: (r, end, ctx) => {
    const table = r.u8();
    r.skip(1);
    const match = decodeMatch(r, OF10);
    const durationSec = r.u32();
    const durationNsec = r.u32();
    const priority = r.u16();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    r.skip(6);
    const cookie = r.u64();
    const packets = r.u64();
    const bytes = r.u64();
    const actions = readActions(r, end, match, ctx);
    // Spelled out, since spreading is many times slower, and tables have many flows.
    return {
      match,
      priority,
      table,
      cookie,
      durationSec,
      durationNsec,
      idleTimeout,
      hardTimeout,
      idleAge: undefined,
      hardAge: undefined,
      packets,
      bytes,
      importance: 0,
      flags: 0,
      actions,
    };
  },
  encode: (flow, w) => {
    w.u8(flow.table).u8(0);
    encodeMatch(flow.match, OF10, w);
    w.u32(flow.durationSec).u32(flow.durationNsec).u16(flow.priority).u16(flow.idleTimeout).u16(flow.hardTimeout);
    w.zeros(6).u64(flow.cookie).u64(flow.packets).u64(flow.bytes);
    encodeInstructions(flow.actions, OF10, w);
  },
};

/** Ages in Nicira's entries: one more than they are, 0 for unknown. */
const readAge = (wire: number): number | undefined => (wire === 0 ? undefined : wire - 1);
const wireAge = (age: number | undefined): number => (age === undefined ? 0 : Math.min(age + 1, 0xffff));

const nicira: EntryForm = {
  min: 48,
  decode: (r, end, ctx) => {
    const table = r.u8();
    r.skip(1);
    const durationSec = r.u32();
    const durationNsec = r.u32();
    const priority = r.u16();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    const matchLength = r.u16();
    const idleAge = readAge(r.u16());
    const hardAge = readAge(r.u16());
    const cookie = r.u64();
    const packets = r.u64();
    const bytes = r.u64();
    const room = end - r.at;
    if (matchLength > room) {
      const claim = `with match_len=${matchLength} claims invalid length ${room + nicira.min}`;
      ctx.warn("ofp_flow", `NXST_FLOW reply ${claim}`);
      throw new OfpError("OFPBRC_BAD_LEN");
    }
    const { match } = decodeNxMatch(r, matchLength);
    const actions = readActions(r, end, match, ctx);
    return {
      match,
      priority,
      table,
      cookie,
      durationSec,
      durationNsec,
      idleTimeout,
      hardTimeout,
      idleAge,
      hardAge,
      packets,
      bytes,
      importance: 0,
      flags: 0,
      actions,
    };
  },
  encode: (flow, w) => {
    w.u8(flow.table).u8(0).u32(flow.durationSec).u32(flow.durationNsec);
    w.u16(flow.priority).u16(flow.idleTimeout).u16(flow.hardTimeout);
    const lengthAt = w.length;
    w.u16(0).u16(wireAge(flow.idleAge)).u16(wireAge(flow.hardAge));
    w.u64(flow.cookie).u64(flow.packets).u64(flow.bytes);
    w.patch16(lengthAt, encodeNxMatch(flow.match, w));
    encodeInstructions(flow.actions, OF10, w);
  },
};

const openFlow11: EntryForm = {
  min: 48,
  decode: (r, end, ctx) => {
    const { version } = ctx;
    const table = r.u8();
    r.skip(1);
    const durationSec = r.u32();
    const durationNsec = r.u32();
    const priority = r.u16();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    const bits = r.u16();
    const importance = r.u16();
    r.skip(2);
    const cookie = r.u64();
    const packets = r.u64();
    const bytes = r.u64();
    const match = readMatch(r, version, ctx);
    return {
      match,
      priority,
      table,
      cookie,
      durationSec,
      durationNsec,
      idleTimeout,
      hardTimeout,
      idleAge: undefined,
      hardAge: undefined,
      packets,
      bytes,
      importance: version >= OF14 ? importance : 0,
      flags: version >= OF13 ? decodeFlowFlags(bits, version) : 0,
      actions: readActions(r, end, match, ctx),
    };
  },
  encode: (flow, w, { version }) => {
    w.u8(flow.table).u8(0).u32(flow.durationSec).u32(flow.durationNsec);
    w.u16(flow.priority).u16(flow.idleTimeout).u16(flow.hardTimeout);
    w.u16(version >= OF13 ? encodeFlowFlags(flow.flags, version) : 0).u16(version >= OF14 ? flow.importance : 0);
    w.zeros(2).u64(flow.cookie).u64(flow.packets).u64(flow.bytes);
    encodeTlvMatch(flow.match, version, w);
    encodeInstructions(flow.actions, version, w);
  },
};

const NO_DURATION = 0xffffffff;

const openFlow15: EntryForm = {
  min: 24,
  decode: (r, end, ctx) => {
    r.skip(2);
    const table = r.u8();
    r.skip(1);
    const [priority, idleTimeout, hardTimeout, bits, importance] = [r.u16(), r.u16(), r.u16(), r.u16(), r.u16()];
    const cookie = r.u64();
    const match = readMatch(r, OF15, ctx);
    const oxs = told(ctx, "OXS OFPST_FLOW reply bad stats", () => decodeOxs(r));
    const flags = decodeFlowFlags(bits, OF15);
    const actions = readActions(r, end, match, ctx);
    return {
      ...{ match, priority, table, cookie, idleTimeout, hardTimeout, importance, flags, actions },
      durationSec: oxs.durationSec ?? NO_DURATION,
      durationNsec: oxs.durationNsec ?? NO_DURATION,
      idleAge: oxs.idleTime === NO_DURATION ? undefined : oxs.idleTime,
      hardAge: undefined,
      packets: oxs.packetCount ?? UNKNOWN_COUNT,
      bytes: oxs.byteCount ?? UNKNOWN_COUNT,
    };
  },
  encode: (flow, w) => {
    w.zeros(2).u8(flow.table).u8(0).u16(flow.priority).u16(flow.idleTimeout).u16(flow.hardTimeout);
    w.u16(encodeFlowFlags(flow.flags, OF15)).u16(flow.importance).u64(flow.cookie);
    encodeTlvMatch(flow.match, OF15, w);
    const { durationSec, durationNsec, idleAge, packets, bytes } = flow;
    const idle = idleAge === undefined ? {} : { idleTime: idleAge };
    encodeOxs({ durationSec, durationNsec, ...idle, packetCount: packets, byteCount: bytes }, w);
    encodeInstructions(flow.actions, OF15, w);
  },
};

/** A message that is a list of entries of this form. */
function listForm(
  form: Pick<MessageForm<FlowStatsReply>, "name" | "numbers" | "canSay">,
  entry: EntryForm,
): MessageForm<FlowStatsReply> {
  return {
    ...form,
    length: [0, 1],
    decode: (r, ctx) => {
      const flows: FlowStats[] = [];
      try {
        while (r.left > 0) flows.push(readEntry(r, entry, ctx));
      } catch (e) {
        if (flows.length > 0) ctx.partial({ kind: "flow_stats_reply", flows });
        throw e;
      }
      return { kind: "flow_stats_reply", flows };
    },
    encode: ({ flows }, w, ctx) => {
      for (const flow of flows) {
        ctx.element();
        const start = w.length;
        w.u16(0);
        entry.encode(flow, w, ctx);
        w.patch16(start, w.length - start);
      }
    },
  };
}

function readEntry(r: WireReader, entry: EntryForm, ctx: MessageDecodeContext): FlowStats {
  if (r.left < entry.min) {
    ctx.warn("ofp_flow", `${ctx.name} has ${r.left} leftover bytes at end`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  const start = r.at;
  const length = r.u16();
  if (length < entry.min) {
    const of = entry === nicira ? ` with match_len=${u16(r.bytes, start + 18)}` : "";
    ctx.warn("ofp_flow", `${ctx.name}${of} claims invalid length ${length}`);
    throw new OfpError("OFPBRC_BAD_LEN");
  }
  return entry.decode(r, start + length, ctx);
}

export const flowStatsReply: MessageRow<FlowStatsReply> = {
  kind: "flow_stats_reply",
  forms: [
    listForm(
      {
        name: "OFPST_FLOW reply",
        numbers: [ofpst("reply", only(OF10), 1)],
        canSay: (_body, { protocol }) => !protocol.nxm,
      },
      openFlow10,
    ),
    listForm({ name: "NXST_FLOW reply", numbers: [nxst("reply", only(OF10), 0)] }, nicira),
    listForm({ name: "OFPST_FLOW reply", numbers: [ofpst("reply", between(OF11, OF14), 1)] }, openFlow11),
    listForm({ name: "OFPST_FLOW reply", numbers: [ofpst("reply", only(OF15), 1)] }, openFlow15),
  ],
  format: ({ flows }, ctx) => flows.map((flow) => `\n${formatFlowStats(flow, ctx)}`).join(""),
};

import { OfpError } from "../../ofp-error.js";
import { between, OF10, OF11, OF12, OF13, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { MessageDecodeContext, MessageForm, MessageNumber, MessageRow } from "../message.js";
import { nxst, ofpst } from "../message.js";
import { type Duration, formatDuration, readDuration, writeDuration } from "../port/counters.js";
import { formatGroupNumber } from "./group-number.js";

/** Asks what groups have counted. */
export interface GroupStatsRequest {
  readonly kind: "group_stats_request";
  /** A group, or `OFPG.all`. */
  readonly groupId: number;
}

/** What went through a group or a bucket. */
interface Counts {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** What one group has counted. */
interface GroupStats extends Counts {
  readonly groupId: number;
  /** Flows and groups that lead to it. */
  readonly references: number;
  /** How long it is there; OpenFlow 1.1 and 1.2 do not say. */
  readonly duration?: Duration;
  readonly buckets: readonly Counts[];
}

/** What groups have counted. */
export interface GroupStatsReply {
  readonly kind: "group_stats_reply";
  readonly groups: readonly GroupStats[];
}

const requestForm = (name: string, number: MessageNumber): MessageForm<GroupStatsRequest> => ({
  name,
  numbers: [number],
  length: [8, 0],
  decode: (r) => ({ kind: "group_stats_request", groupId: r.u32() }),
  encode: ({ groupId }, w) => void w.u32(groupId).zeros(4),
});

export const groupStatsRequest: MessageRow<GroupStatsRequest> = {
  kind: "group_stats_request",
  forms: [
    requestForm("OFPST_GROUP request", ofpst("request", since(OF11), 6)),
    requestForm("NXST_GROUP request", nxst("request", only(OF10), 7)),
  ],
  format: ({ groupId }) => ` group_id=${formatGroupNumber(groupId)}`,
};

const HEADER_11 = 32;
const BUCKET = 16;
/** Upstream finds fault with lengths below this, and with buckets that are not there where others are too small. */
const LEAST = 8;
/** Packets of a bucket that are not counted. */
const UNKNOWN = 0xffff_ffff_ffff_ffffn;

function decodeStats(r: WireReader, hasDuration: boolean, { name, warn }: MessageDecodeContext): GroupStats {
  const bad = (told: string): OfpError => {
    warn("ofp_group", `${name} reply ${told}`);
    return new OfpError("OFPBRC_BAD_LEN");
  };
  const header = HEADER_11 + (hasDuration ? 8 : 0);
  // Upstream says what is left after it has read as much as it needs.
  if (r.left < header) throw bad(`has ${r.left} leftover bytes at end`);
  const length = r.u16();
  r.skip(2);
  const groupId = r.u32();
  const references = r.u32();
  r.skip(4);
  const counts: Counts = { packets: r.u64(), bytes: r.u64() };
  const duration = hasDuration ? readDuration(r) : undefined;
  const room = length - header;
  if (length < LEAST) throw bad(`claims invalid length ${length}`);
  const count = Math.floor(room / BUCKET);
  if (room < 0 || count * BUCKET > r.left) throw bad(`has ${r.left} leftover bytes at end`);
  const buckets: Counts[] = [];
  for (let i = 0; i < count; i++) buckets.push({ packets: r.u64(), bytes: r.u64() });
  return { groupId, references, ...counts, ...(duration !== undefined && { duration }), buckets };
}

const replyForm = (name: string, number: MessageNumber, hasDuration: boolean): MessageForm<GroupStatsReply> => ({
  name,
  numbers: [number],
  length: [0, 8],
  decode: (r, ctx) => {
    const groups: GroupStats[] = [];
    const body: GroupStatsReply = { kind: "group_stats_reply", groups };
    try {
      while (r.left > 0) groups.push(decodeStats(r, hasDuration, ctx));
    } catch (error) {
      ctx.partial(body, " ***parse error***\n");
      throw error;
    }
    return body;
  },
  encode: ({ groups }, w, ctx) => {
    for (const g of groups) {
      ctx.element();
      w.u16(HEADER_11 + (hasDuration ? 8 : 0) + BUCKET * g.buckets.length).zeros(2);
      w.u32(g.groupId).u32(g.references).zeros(4).u64(g.packets).u64(g.bytes);
      if (hasDuration) writeDuration(w, g.duration);
      for (const b of g.buckets) w.u64(b.packets).u64(b.bytes);
    }
  },
});

export const groupStatsReply: MessageRow<GroupStatsReply> = {
  kind: "group_stats_reply",
  forms: [
    replyForm("OFPST_GROUP reply", ofpst("reply", between(OF11, OF12), 6), false),
    replyForm("OFPST_GROUP reply", ofpst("reply", since(OF13), 6), true),
    replyForm("NXST_GROUP reply", nxst("reply", only(OF10), 7), true),
  ],
  format: ({ groups }) => groups.map(formatStats).join(""),
};

function formatStats({ groupId, references, packets, bytes, duration, buckets }: GroupStats): string {
  const told = duration === undefined ? "" : `duration=${formatDuration(duration)},`;
  const list = buckets
    .map((b, i) => (b.packets === UNKNOWN ? "" : `,bucket${i}:packet_count=${b.packets},byte_count=${b.bytes}`))
    .join("");
  return `\n group_id=${groupId},${told}ref_count=${references},packet_count=${packets},byte_count=${bytes}${list}`;
}

import { between, OF10, OF14, OF15, only } from "../../version.js";
import { type MessageForm, type MessageRow, nxst, ofpst } from "../message.js";
import { UNKNOWN_COUNT } from "./flow-stats.js";
import { decodeOxs, encodeOxs } from "./oxs.js";

/** Sums over flows. */
export interface AggregateReply {
  readonly kind: "aggregate_reply";
  /** `UNKNOWN_COUNT` where the switch does not count. */
  readonly packets: bigint;
  readonly bytes: bigint;
  /** 0xffffffff where the switch does not say. */
  readonly flows: number;
}

const UNKNOWN_FLOWS = 0xffffffff;

const fixed: Omit<MessageForm<AggregateReply>, "name" | "numbers"> = {
  length: [24, 0],
  decode: (r) => ({ kind: "aggregate_reply", packets: r.u64(), bytes: r.u64(), flows: r.u32() }),
  encode: ({ packets, bytes, flows }, w) => void w.u64(packets).u64(bytes).u32(flows).zeros(4),
};

export const aggregateReply: MessageRow<AggregateReply> = {
  kind: "aggregate_reply",
  forms: [
    {
      ...fixed,
      name: "OFPST_AGGREGATE reply",
      numbers: [ofpst("reply", between(OF10, OF14), 2)],
      canSay: (_body, { protocol }) => !protocol.nxm,
    },
    { ...fixed, name: "NXST_AGGREGATE reply", numbers: [nxst("reply", only(OF10), 1)] },
    {
      name: "OFPST_AGGREGATE reply",
      numbers: [ofpst("reply", only(OF15), 2)],
      length: [0, 1],
      decode: (r) => {
        const { packetCount = UNKNOWN_COUNT, byteCount = UNKNOWN_COUNT, flowCount = UNKNOWN_FLOWS } = decodeOxs(r);
        return { kind: "aggregate_reply", packets: packetCount, bytes: byteCount, flows: flowCount };
      },
      encode: ({ packets, bytes, flows }, w) =>
        encodeOxs({ packetCount: packets, byteCount: bytes, flowCount: flows }, w),
    },
  ],
  format: ({ packets, bytes, flows }) => ` packet_count=${packets} byte_count=${bytes} flow_count=${flows}`,
};

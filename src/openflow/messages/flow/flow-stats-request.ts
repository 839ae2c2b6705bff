import type { Match } from "#flow/match.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "../../match/match-codec.js";
import { formatMatch } from "../../match-text.js";
import { OfpError } from "../../ofp-error.js";
import { OFPP, portTo32 } from "../../port-number.js";
import { OF10, OF11, only, since } from "../../version.js";
import { type MessageForm, type MessageRow, type MessageTextContext, nxst, ofpst } from "../message.js";
import { ALL_TABLES, ANY_GROUP, formatPort, formatTable, readPort32 } from "./flow-parts.js";

/** Which flows are asked for. */
export interface FlowSelection {
  /** `ALL_TABLES` for every one. */
  readonly table: number;
  /** Only flows that output to this port, `OFPP.none` for all. */
  readonly outPort: number;
  /** Only flows that output to this group, `ANY_GROUP` for all. Since OpenFlow 1.1. */
  readonly outGroup: number;
  /** Only flows whose cookie equals this in the bits of the mask. */
  readonly cookie: bigint;
  readonly cookieMask: bigint;
  /** Only flows that are in this one. */
  readonly match: Match;
}

/** Asks for flows, or for sums over them. */
export interface FlowStatsRequest extends FlowSelection {
  readonly kind: "flow_stats_request" | "aggregate_request";
}

function request<K extends FlowStatsRequest["kind"]>(
  kind: K,
  name: string,
  type: number,
  niciraType: number,
): MessageRow<FlowStatsRequest & { kind: K }> {
  type Body = FlowStatsRequest & { kind: K };
  const openFlow10: MessageForm<Body> = {
    name: `OFPST_${name} request`,
    numbers: [ofpst("request", only(OF10), type)],
    length: [44, 0],
    canSay: (_body, { protocol }) => !protocol.nxm,
    decode: (r) => {
      const match = decodeMatch(r, OF10);
      const table = r.u8();
      r.skip(1);
      return { kind, table, outPort: r.u16(), outGroup: ANY_GROUP, cookie: 0n, cookieMask: 0n, match };
    },
    encode: (body, w) => {
      encodeMatch(body.match, OF10, w);
      w.u8(body.table).u8(0).u16(body.outPort);
    },
  };
  const nicira: MessageForm<Body> = {
    name: `NXST_${name} request`,
    numbers: [nxst("request", only(OF10), niciraType)],
    length: [8, 8],
    decode: (r) => {
      const [outPort, length, table] = [r.u16(), r.u16(), r.u8()];
      r.skip(3);
      const { match, cookie } = decodeNxMatch(r, length, { strict: true, cookie: true });
      if (r.left > 0) throw new OfpError("OFPBRC_BAD_LEN");
      const cookies = { cookie: cookie?.cookie ?? 0n, cookieMask: cookie?.mask ?? 0n };
      return { kind, table, outPort, outGroup: ANY_GROUP, ...cookies, match };
    },
    encode: (body, w) => {
      const start = w.length;
      w.u16(body.outPort).u16(0).u8(body.table).zeros(3);
      const cookie = body.cookieMask === 0n ? undefined : { cookie: body.cookie, mask: body.cookieMask };
      w.patch16(start + 2, encodeNxMatch(body.match, w, cookie));
    },
  };
  const openFlow11: MessageForm<Body> = {
    name: `OFPST_${name} request`,
    numbers: [ofpst("request", since(OF11), type)],
    length: [32, 8],
    decode: (r, ctx) => {
      const table = r.u8();
      r.skip(3);
      const outPort = readPort32(r.u32(), ctx);
      const outGroup = r.u32();
      r.skip(4);
      const [cookie, cookieMask] = [r.u64(), r.u64()];
      return { kind, table, outPort, outGroup, cookie, cookieMask, match: decodeMatch(r, ctx.version) };
    },
    encode: (body, w, { version }) => {
      w.u8(body.table).zeros(3).u32(portTo32(body.outPort)).u32(body.outGroup).zeros(4);
      w.u64(body.cookie).u64(body.cookieMask);
      encodeMatch(body.match, version, w);
    },
  };
  return { kind, forms: [openFlow10, nicira, openFlow11], format };
}

function format({ table, outPort, match }: FlowSelection, ctx: MessageTextContext): string {
  const words: string[] = [];
  if (table !== ALL_TABLES) words.push(` table=${formatTable(table, ctx)}`);
  if (outPort !== OFPP.none) words.push(` out_port=${formatPort(outPort, ctx)}`);
  const text = formatMatch(match, ctx);
  if (text !== "") words.push(` ${text}`);
  return words.join("");
}

export const flowStatsRequest: MessageRow<FlowStatsRequest & { kind: "flow_stats_request" }> = request(
  "flow_stats_request",
  "FLOW",
  1,
  0,
);
export const aggregateRequest: MessageRow<FlowStatsRequest & { kind: "aggregate_request" }> = request(
  "aggregate_request",
  "AGGREGATE",
  2,
  1,
);

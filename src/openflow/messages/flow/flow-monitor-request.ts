import type { Match } from "#flow/match.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "../../match/match-codec.js";
import { formatMatch } from "../../match-text.js";
import { hexText } from "../../number-text.js";
import { OfpError } from "../../ofp-error.js";
import { OFPP, portFrom32, portTo32 } from "../../port-number.js";
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
import { ALL_TABLES, ANY_GROUP, formatPort, formatTable, readPort32 } from "./flow-parts.js";

/** What a monitor wants to be told, with the bits of Nicira's messages. */
export const MonitorFlag = {
  /** The flows that are there, at once. */
  initial: 1,
  added: 2,
  deleted: 4,
  modified: 8,
  /** The actions too. */
  actions: 16,
  /** The connection's own changes in full. */
  own: 32,
} as const;

const flagWords = ["initial", "add", "delete", "modify", "actions", "own"] as const;
const KNOWN_FLAGS = 0x3f;
const CHANGES = MonitorFlag.added | MonitorFlag.deleted | MonitorFlag.modified;

const commands = ["add", "modify", "delete"] as const;

/** What to watch. */
export interface FlowMonitor {
  /** A number of the controller's choice. */
  readonly id: number;
  /** Since OpenFlow 1.4 a monitor can be changed and removed; before, this is "add". */
  readonly command: (typeof commands)[number];
  /** Bits of `MonitorFlag`; at least one of `added`, `deleted`, `modified`. */
  readonly flags: number;
  /** `ALL_TABLES` for every one. */
  readonly table: number;
  /** Only flows that output to this port, `OFPP.none` for all. */
  readonly outPort: number;
  /** Only flows that output to this group, `ANY_GROUP` for all. Since OpenFlow 1.4. */
  readonly outGroup: number;
  /** Only flows that are in this one. */
  readonly match: Match;
}

/** Asks to be told of changes of flows. */
export interface FlowMonitorRequest {
  readonly kind: "flow_monitor_request";
  readonly monitors: readonly FlowMonitor[];
}

interface EntryForm {
  readonly min: number;
  decode(r: WireReader, ctx: MessageDecodeContext): FlowMonitor;
  encode(monitor: FlowMonitor, w: WireWriter, ctx: MessageEncodeContext): void;
}

/** Throws OFPMOFC_BAD_FLAGS for bits that nobody knows, and where no change is watched. */
function checkFlags(bits: number, flags: number, ctx: MessageDecodeContext): number {
  if ((flags & ~KNOWN_FLAGS) === 0 && (flags & CHANGES) !== 0) return flags;
  ctx.warn("ofp_monitor", `${ctx.name.replace(" request", "")} has bad flags ${hexText(bits)}`);
  throw new OfpError("OFPMOFC_BAD_FLAGS");
}

const nicira: EntryForm = {
  min: 16,
  decode: (r, ctx) => {
    const [id, bits, outPort, length, table] = [r.u32(), r.u16(), r.u16(), r.u16(), r.u8()];
    const isZero = r.zeros(5);
    const flags = checkFlags(bits, bits, ctx);
    if (!isZero) throw new OfpError("NXBRC_MUST_BE_ZERO");
    const { match } = decodeNxMatch(r, length);
    return { id, command: "add", flags, table, outPort, outGroup: ANY_GROUP, match };
  },
  encode: ({ id, flags, outPort, table, match }, w) => {
    w.u32(id).u16(flags).u16(outPort);
    const lengthAt = w.length;
    w.u16(0).u8(table).zeros(5);
    w.patch16(lengthAt, encodeNxMatch(match, w));
  },
};

const onf: EntryForm = {
  min: 16,
  decode: (r, ctx) => {
    const [id, bits] = [r.u32(), r.u16()];
    // The match has its own length.
    r.skip(2);
    const port = r.u32();
    const table = r.u8();
    const isZero = r.zeros(3);
    const flags = checkFlags(bits, bits, ctx);
    if (!isZero) throw new OfpError("NXBRC_MUST_BE_ZERO");
    const outPort = readPort32(port, ctx);
    return { id, command: "add", flags, table, outPort, outGroup: ANY_GROUP, match: decodeMatch(r, ctx.version) };
  },
  encode: ({ id, flags, outPort, table, match }, w, { version }) => {
    w.u32(id).u16(flags);
    const lengthAt = w.length;
    w.u16(0).u32(portTo32(outPort)).u8(table).zeros(3);
    const start = w.length;
    encodeMatch(match, version, w);
    w.copy16(start + 2, lengthAt);
  },
};

/** OFPFMF_ONLY_OWN, which Open vSwitch takes for `own`. */
const OWN_14 = 0x40;

const openFlow14: EntryForm = {
  min: 16,
  decode: (r, ctx) => {
    const id = r.u32();
    const port = r.u32();
    const [outGroup, bits, table, number] = [r.u32(), r.u16(), r.u8(), r.u8()];
    const command = commands[number] ?? "add";
    const others = bits & ~(OWN_14 | MonitorFlag.own);
    const unknown = bits & MonitorFlag.own ? 0x8000 : 0;
    const flags = others | unknown | ((bits & OWN_14) !== 0 ? MonitorFlag.own : 0);
    // Of what is deleted only the number counts.
    const isDelete = command === "delete";
    const checked = isDelete ? flags & KNOWN_FLAGS : checkFlags(bits, flags, ctx);
    const outPort = isDelete ? (portFrom32(port) ?? OFPP.none) : readPort32(port, ctx);
    return { id, command, flags: checked, table, outPort, outGroup, match: decodeMatch(r, ctx.version) };
  },
  encode: ({ id, command, flags, table, outPort, outGroup, match }, w, { version }) => {
    const bits = (flags & ~MonitorFlag.own) | ((flags & MonitorFlag.own) !== 0 ? OWN_14 : 0);
    w.u32(id).u32(portTo32(outPort)).u32(outGroup).u16(bits).u8(table).u8(commands.indexOf(command));
    encodeMatch(match, version, w);
  },
};

function listForm(
  form: Pick<MessageForm<FlowMonitorRequest>, "name" | "numbers" | "length">,
  entry: EntryForm,
): MessageForm<FlowMonitorRequest> {
  return {
    ...form,
    decode: (r, ctx) => {
      const monitors: FlowMonitor[] = [];
      try {
        while (r.left > 0) {
          if (r.left < entry.min) {
            ctx.warn("ofp_monitor", `${ctx.name} has ${r.left} leftover bytes at end`);
            throw new OfpError("OFPBRC_BAD_LEN");
          }
          monitors.push(entry.decode(r, ctx));
        }
      } catch (e) {
        if (monitors.length > 0) ctx.partial({ kind: "flow_monitor_request", monitors });
        throw e;
      }
      return { kind: "flow_monitor_request", monitors };
    },
    encode: ({ monitors }, w, ctx) => {
      for (const monitor of monitors) {
        ctx.element();
        entry.encode(monitor, w, ctx);
      }
    },
  };
}

function formatMonitor(
  { id, command, flags, table, outPort, outGroup, match }: FlowMonitor,
  ctx: MessageTextContext,
): string {
  if (command === "delete") return `\n id=${id} command=delete`;
  let text = `\n id=${id} flags=${flagWords.filter((_, i) => (flags & (1 << i)) !== 0).join(",")}`;
  if (outPort !== OFPP.none) text += ` out_port=${formatPort(outPort, ctx)}`;
  if (outGroup !== ANY_GROUP && outGroup !== 0) text += ` out_group=${outGroup | 0}`;
  if (table !== ALL_TABLES) text += ` table=${formatTable(table, ctx)}`;
  const matchText = formatMatch(match, ctx);
  return matchText === "" ? text : `${text} ${matchText}`;
}

export const flowMonitorRequest: MessageRow<FlowMonitorRequest> = {
  kind: "flow_monitor_request",
  forms: [
    listForm(
      { name: "NXST_FLOW_MONITOR request", numbers: [nxst("request", between(OF10, OF12), 2)], length: [0, 8] },
      nicira,
    ),
    listForm(
      {
        name: "ONFST_FLOW_MONITOR request",
        numbers: [{ at: "request", range: only(OF13), vendor: ONF, type: 1870 }],
        length: [0, 8],
      },
      onf,
    ),
    listForm(
      { name: "OFPST_FLOW_MONITOR request", numbers: [ofpst("request", since(OF14), 16)], length: [0, 8] },
      openFlow14,
    ),
  ],
  format: ({ monitors }, ctx) => monitors.map((m) => formatMonitor(m, ctx)).join(""),
};

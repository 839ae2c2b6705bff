import { OfpError } from "../../ofp-error.js";
import { always, between, OF10, OF13, OF14, only, since, type Version } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";
import { type MessageDecodeContext, type MessageForm, type MessageRow, nxt, ofpt } from "../message.js";
import { readProperties, writeProperty } from "../property.js";

/** Kinds of messages that a switch sends on its own, in the order of their properties, with the names of their reasons. */
const kinds = [
  ["PACKET_IN", ["no_match", "action", "invalid_ttl", "action_set", "group", "packet_out"]],
  ["PORT_STATUS", ["add", "delete", "modify"]],
  ["FLOW_REMOVED", ["idle", "hard", "delete", "group_delete", "meter_delete", "eviction"]],
  ["ROLE_STATUS", ["primary_request", "configuration_changed", "experimenter_data_changed"]],
  ["TABLE_STATUS", ["", "", "", "vacancy_down", "vacancy_up"]],
  ["REQUESTFORWARD", ["group_mod_request", "meter_mod_request"]],
] as const;

/** Kinds that have numbers in the messages without properties. */
const OLD_KINDS = 3;
/** Reasons of packets until OpenFlow 1.3. */
const OLD_PACKET_REASONS = 7;

/** A kind of message that a switch sends on its own. */
export type AsyncKind = (typeof kinds)[number][0];

/** The reasons for which a message is sent, a bit each. What a switch is told may leave kinds out: they stay as they are. */
type AsyncReasons = Readonly<Partial<Record<AsyncKind, number>>>;

/** What a switch sends a controller on its own. */
export interface AsyncConfig {
  readonly kind: "get_async_reply" | "set_async";
  /** To a controller whose role is primary or equal. */
  readonly primary: AsyncReasons;
  /** To one whose role is secondary. */
  readonly secondary: AsyncReasons;
}

type Both = Pick<AsyncConfig, "primary" | "secondary">;
type Editable = Record<"primary" | "secondary", Partial<Record<AsyncKind, number>>>;

/** Experimenters have two numbers here: of the one role, and of the other. */
const FIRST_EXPERIMENTER = 0xfffe;

const none = (): Record<AsyncKind, number> =>
  Object.fromEntries(kinds.map(([kind]) => [kind, 0])) as Record<AsyncKind, number>;

function allowed(index: number, version: Version): number {
  if (index === 0 && version < OF14) return OLD_PACKET_REASONS;
  return kinds[index]![1].reduce((bits, name, i) => (name === "" ? bits : bits | (1 << i)), 0);
}

/** Nicira's message, and that of OpenFlow 1.3: six numbers, primary and secondary in turn. */
function decodeNumbers(r: WireReader, version: Version): Both {
  const found: Editable = { primary: none(), secondary: none() };
  for (let i = 0; i < OLD_KINDS; i++) {
    for (const side of ["primary", "secondary"] as const) found[side][kinds[i]![0]] = r.u32() & allowed(i, version);
  }
  return found;
}

function encodeNumbers(body: Both, w: WireWriter): void {
  for (let i = 0; i < OLD_KINDS; i++) w.u32(body.primary[kinds[i]![0]] ?? 0).u32(body.secondary[kinds[i]![0]] ?? 0);
}

/** Properties, two of each kind: secondary, then primary. What a switch tells (`strict` false) is taken as far as it is known. */
function decodeProperties(r: WireReader, { version, warn }: MessageDecodeContext, strict: boolean): Both {
  const found: Editable = { primary: {}, secondary: {} };
  for (const { type, vendor, subtype, body } of readProperties(r, FIRST_EXPERIMENTER)) {
    const kind = kinds[type >> 1];
    if (kind === undefined) {
      if (strict) throw unknown(type, vendor, subtype, warn);
      continue;
    }
    if (body.left !== 4) throw new OfpError("OFPBPC_BAD_LEN");
    const bits = body.u32();
    const mask = allowed(type >> 1, version);
    if (strict && (bits & ~mask) !== 0) {
      const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
      warn("ofp_connection", `bad value ${hex(bits)} for ${kind[0]} (allowed mask ${hex(mask)})`);
      throw new OfpError("OFPACFC_INVALID");
    }
    found[type & 1 ? "primary" : "secondary"][kind[0]] = bits & mask;
  }
  return found;
}

function unknown(type: number, vendor: number, subtype: number, warn: MessageDecodeContext["warn"]): OfpError {
  if (vendor === 0) {
    warn("ofp_connection", `unknown async config property type ${type}`);
    return new OfpError("OFPACFC_UNSUPPORTED");
  }
  const told = `exp_id 0x${vendor.toString(16)}, exp_type ${subtype}`;
  warn("ofp_connection", `unknown async config property type for ${told}`);
  return new OfpError("OFPBPC_BAD_EXP_TYPE");
}

function encodeProperties(body: Both, w: WireWriter): void {
  for (const [i, [kind]] of kinds.entries()) {
    for (const [j, side] of (["secondary", "primary"] as const).entries()) {
      const bits = body[side][kind];
      if (bits !== undefined) writeProperty(w, 2 * i + j, () => w.u32(bits));
    }
  }
}

/** True where the kinds without numbers in old messages are not sent. */
const isOld = ({ primary, secondary }: Both): boolean =>
  kinds.slice(OLD_KINDS).every(([kind]) => (primary[kind] ?? 0) === 0 && (secondary[kind] ?? 0) === 0);

/** True where it also says of all kinds that have numbers whether they are: what a request leaves out stays as it is. */
const isWholeOld = (body: Both): boolean =>
  isOld(body) &&
  kinds.slice(0, OLD_KINDS).every(([kind]) => body.primary[kind] !== undefined && body.secondary[kind] !== undefined);

function forms<K extends AsyncConfig["kind"]>(
  kind: K,
  name: string,
  type: number,
): MessageForm<AsyncConfig & { kind: K }>[] {
  return [
    {
      name,
      numbers: [ofpt(only(OF13), type)],
      length: [24, 0],
      canSay: kind === "set_async" ? isWholeOld : isOld,
      decode: (r, { version }) => ({ kind, ...decodeNumbers(r, version) }),
      encode: encodeNumbers,
    },
    {
      name,
      numbers: [ofpt(since(OF14), type)],
      length: [0, 8],
      decode: (r, ctx) => ({ kind, ...decodeProperties(r, ctx, kind === "set_async") }),
      encode: encodeProperties,
    },
  ];
}

const text = (side: string, reasons: AsyncReasons): string => {
  const lines = kinds.map(([kind, names]) => {
    const on = names.filter((name, i) => name !== "" && ((reasons[kind] ?? 0) >>> i) & 1);
    return `${kind.padStart(16)}: ${on.length === 0 ? "(off)" : on.join(" ")}`;
  });
  return `\n ${side}:\n${lines.join("\n")}`;
};

const format = ({ primary, secondary }: AsyncConfig): string =>
  `${text("primary", primary)}\n${text("secondary", secondary)}`;

export const getAsyncReply: MessageRow<AsyncConfig & { kind: "get_async_reply" }> = {
  kind: "get_async_reply",
  forms: forms("get_async_reply", "OFPT_GET_ASYNC_REPLY", 27),
  format,
};

export const setAsync: MessageRow<AsyncConfig & { kind: "set_async" }> = {
  kind: "set_async",
  forms: [
    ...forms("set_async", "OFPT_SET_ASYNC", 28),
    {
      name: "NXT_SET_ASYNC_CONFIG",
      numbers: [nxt(always, 19)],
      length: [24, 0],
      canSay: isWholeOld,
      decode: (r, { version }) => ({ kind: "set_async", ...decodeNumbers(r, version) }),
      encode: encodeNumbers,
    },
    {
      name: "NXT_SET_ASYNC_CONFIG2",
      numbers: [nxt(between(OF10, OF13), 27)],
      length: [0, 8],
      decode: (r, ctx) => ({ kind: "set_async", ...decodeProperties(r, ctx, true) }),
      encode: encodeProperties,
    },
  ],
  format,
};

/** Asks what a switch sends on its own. */
export interface GetAsyncRequest {
  readonly kind: "get_async_request";
}

export const getAsyncRequest: MessageRow<GetAsyncRequest> = {
  kind: "get_async_request",
  forms: [
    {
      name: "OFPT_GET_ASYNC_REQUEST",
      numbers: [ofpt(since(OF13), 26)],
      length: [0, 0],
      decode: () => ({ kind: "get_async_request" }),
      encode: () => {},
    },
  ],
  format: () => "",
};

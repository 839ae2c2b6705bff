import type { Match } from "#flow/match.js";
import { u32 } from "#util/big-endian.js";
import type { Action } from "../../actions/action.js";
import { encodeActions } from "../../actions/codec.js";
import { decodeInstructions, encodeInstructions } from "../../actions/instructions.js";
import { formatActions } from "../../actions/table.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "../../match/match-codec.js";
import { normalizationWarning, normalizeMatch } from "../../match/normalize.js";
import { formatOfp10Match } from "../../match/ofp10-text.js";
import { formatTlvs } from "../../match/tlv-text.js";
import { OfpError } from "../../ofp-error.js";
import { OFPP, portTo32 } from "../../port-number.js";
import { always, OF10, OF11, OF12, OF14, only, since } from "../../version.js";
import type { WireReader } from "../../wire-reader.js";
import { WireWriter } from "../../wire-writer.js";
import {
  type MessageDecodeContext,
  type MessageEncodeContext,
  type MessageForm,
  type MessageRow,
  type MessageTextContext,
  nxt,
  ofpt,
} from "../message.js";
import { NO_BUFFER } from "../packet/buffer-id.js";
import { checkFlowActions } from "./check-flow-actions.js";
import { decodeFlowFlags, encodeFlowFlags, FlowFlag, formatFlowFlags } from "./flow-flags.js";
import {
  ALL_TABLES,
  ANY_GROUP,
  DEFAULT_PRIORITY,
  formatPort,
  formatPriorityMatch,
  formatTable,
  readPort32,
} from "./flow-parts.js";

/** OFPFC_*, in the order of their numbers. */
const commands = ["add", "modify", "modify_strict", "delete", "delete_strict"] as const;
export type FlowModCommand = (typeof commands)[number];

const commandTexts: Readonly<Record<FlowModCommand, string>> = {
  add: "ADD",
  modify: "MOD",
  modify_strict: "MOD_STRICT",
  delete: "DEL",
  delete_strict: "DEL_STRICT",
};

const NO_COOKIE = 0xffffffffffffffffn;

/** Adds, changes or deletes flows. */
export interface FlowMod {
  readonly kind: "flow_mod";
  readonly command: FlowModCommand;
  readonly match: Match;
  /** 16 bits. */
  readonly priority: number;
  /**
   * `ALL_TABLES` where any will do. Bytes of OpenFlow 1.0 have it in the command's upper byte once flow_mod_table_id is on: where that is
   * off it must be 0, and means `ALL_TABLES`.
   */
  readonly table: number;
  /** Which cookies are meant by `modify` and `delete`: those that equal `cookie` in the bits of `cookieMask`. */
  readonly cookie: bigint;
  readonly cookieMask: bigint;
  /** The cookie that flows get; undefined to leave what they have. */
  readonly newCookie: bigint | undefined;
  /** Seconds, 0 for never. */
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  /** Since OpenFlow 1.4: who goes last when a table is full. */
  readonly importance: number;
  /** `NO_BUFFER`, or which packet in the switch is sent through the table at once. */
  readonly bufferId: number;
  /** Of `delete`: only flows that output to this port, `OFPP.none` for all. */
  readonly outPort: number;
  /** Of `delete`: only flows that output to this group, `ANY_GROUP` for all. */
  readonly outGroup: number;
  /** Bits of `FlowFlag`. */
  readonly flags: number;
  readonly actions: readonly Action[];
}

function readCommand(number: number): FlowModCommand {
  const command = commands[number];
  if (command === undefined) throw new OfpError("OFPFMFC_BAD_COMMAND", `command ${number}`);
  return command;
}

const isModify = (command: FlowModCommand): boolean => command === "modify" || command === "modify_strict";
const isDelete = (command: FlowModCommand): boolean => command === "delete" || command === "delete_strict";

const newCookieOf = (cookie: bigint): bigint | undefined => (cookie === NO_COOKIE ? undefined : cookie);

/** A match as flows have it: without what no packet of it has. The log is told of what was dropped. */
function normalized(match: Match, ctx: MessageDecodeContext): Match {
  const normal = normalizeMatch(match);
  if (normal !== match) for (const line of normalizationWarning(match, normal)) ctx.warn("ofp_match", line);
  return normal;
}

const WILDCARDS_10 = 0x3fffff;

const openFlow10: MessageForm<FlowMod> = {
  name: "OFPT_FLOW_MOD",
  numbers: [ofpt(only(OF10), 14)],
  length: [64, 8],
  canSay: (_body, { protocol }) => !protocol.nxm,
  decode: (r, ctx) => {
    const wildcards = u32(r.bytes, r.at);
    const match = normalized(decodeMatch(r, OF10), ctx);
    const cookie = r.u64();
    const command = r.u16();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    const priority = r.u16();
    const bufferId = r.u32();
    const outPort = r.u16();
    const bits = r.u16();
    const name = readCommand(command & 0xff);
    const { actions, flags } = tail(r, match, command >>> 8, bits, (idleTimeout | hardTimeout) !== 0, name, ctx);
    return {
      kind: "flow_mod",
      command: name,
      match,
      // A flow without wildcards is before all others.
      priority: (wildcards & WILDCARDS_10) === 0 ? 0xffff : priority,
      table: command >>> 8,
      cookie: 0n,
      cookieMask: 0n,
      newCookie: newCookieOf(cookie),
      idleTimeout,
      hardTimeout,
      importance: 0,
      bufferId,
      outPort,
      outGroup: ANY_GROUP,
      flags,
      actions,
    };
  },
  encode: (fm, w, ctx) => {
    encodeMatch(fm.match, OF10, w);
    w.u64(fm.newCookie ?? NO_COOKIE)
      .u16(command10(fm, ctx))
      .u16(fm.idleTimeout)
      .u16(fm.hardTimeout)
      .u16(fm.priority)
      .u32(fm.bufferId)
      .u16(fm.outPort)
      .u16(encodeFlowFlags(fm.flags, OF10));
    encodeActions(fm.actions, OF10, w);
  },
};

const command10 = ({ command, table }: FlowMod, { protocol }: MessageEncodeContext): number =>
  commands.indexOf(command) | (protocol.tableId ? table << 8 : 0);

/** The parts that are read last: what the actions have to do with the match is looked at after the flags. */
function tail(
  r: WireReader,
  match: Match,
  table: number,
  bits: number,
  hasTimeouts: boolean,
  command: FlowModCommand,
  ctx: MessageDecodeContext,
): Pick<FlowMod, "actions" | "flags"> {
  const actions = decodeInstructions(r, ctx.version, ctx);
  const all = decodeFlowFlags(bits, ctx.version, hasTimeouts);
  // What OpenFlow 1.0 and 1.1 imply, they imply of additions.
  const flags = ctx.version < OF12 && command !== "add" ? all & ~FlowFlag.resetCounts : all;
  return { actions: checkFlowActions(actions, match, table, ctx.version), flags };
}

/** Nicira's form is read in every version, and written in OpenFlow 1.0. */
const nicira: MessageForm<FlowMod> = {
  name: "NXT_FLOW_MOD",
  numbers: [nxt(always, 13)],
  length: [32, 8],
  canSay: (_body, { protocol }) => protocol.nxm,
  decode: (r, ctx) => {
    const newCookie = newCookieOf(r.u64());
    const commandAndTable = r.u16();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    const priority = r.u16();
    const bufferId = r.u32();
    const outPort = r.u16();
    const bits = r.u16();
    const matchLength = r.u16();
    r.skip(6);
    const { match: wanted, cookie } = decodeNxMatch(r, matchLength, { strict: true, cookie: true });
    const command = readCommand(commandAndTable & 0xff);
    // A flow that is not there yet has no cookie to match.
    if (command === "add" && cookie !== undefined && cookie.mask !== 0n) throw new OfpError("NXBRC_NXM_INVALID");
    const match = normalized(wanted, ctx);
    const { actions, flags } = tail(
      r,
      match,
      commandAndTable >>> 8,
      bits,
      (idleTimeout | hardTimeout) !== 0,
      command,
      ctx,
    );
    return {
      kind: "flow_mod",
      command,
      match,
      priority,
      table: commandAndTable >>> 8,
      cookie: cookie?.cookie ?? 0n,
      cookieMask: cookie?.mask ?? 0n,
      newCookie,
      idleTimeout,
      hardTimeout,
      importance: 0,
      bufferId,
      outPort,
      outGroup: ANY_GROUP,
      flags,
      actions,
    };
  },
  encode: (fm, w, ctx) => {
    w.u64(fm.newCookie ?? NO_COOKIE)
      .u16(command10(fm, ctx))
      .u16(fm.idleTimeout)
      .u16(fm.hardTimeout)
      .u16(fm.priority)
      .u32(fm.bufferId)
      .u16(fm.outPort)
      .u16(encodeFlowFlags(fm.flags, OF10));
    const lengthAt = w.length;
    w.zeros(8);
    const cookie = fm.cookieMask === 0n ? undefined : { cookie: fm.cookie, mask: fm.cookieMask };
    w.patch16(lengthAt, encodeNxMatch(fm.match, w, cookie));
    encodeActions(fm.actions, OF10, w);
  },
};

/** Cookies of bytes since OpenFlow 1.1, where one number is the new cookie of an addition and the wanted one of all else. */
function cookies(
  command: FlowModCommand,
  cookie: bigint,
  mask: bigint,
  version: number,
): Pick<FlowMod, "cookie" | "cookieMask" | "newCookie"> {
  if (command === "add") return { cookie: 0n, cookieMask: 0n, newCookie: newCookieOf(cookie) };
  const isNew = version === OF11 && isModify(command) && mask === 0n;
  return { cookie: isNew ? 0n : cookie, cookieMask: mask, newCookie: isNew ? newCookieOf(cookie) : undefined };
}

function wireCookie(fm: FlowMod, version: number): bigint {
  const isNew = fm.command === "add" || (version === OF11 && isModify(fm.command) && fm.cookieMask === 0n);
  return isNew ? (fm.newCookie ?? NO_COOKIE) : fm.cookie;
}

/** Only a deletion may be of all tables, since OpenFlow 1.2. */
const mayBeAnyTable = (command: FlowModCommand, version: number): boolean => version >= OF12 && isDelete(command);

const openFlow11: MessageForm<FlowMod> = {
  name: "OFPT_FLOW_MOD",
  numbers: [ofpt(since(OF11), 14)],
  length: [40, 8],
  decode: (r, ctx) => {
    const { version } = ctx;
    const cookie = r.u64();
    const mask = r.u64();
    const table = r.u8();
    const commandNumber = r.u8();
    const idleTimeout = r.u16();
    const hardTimeout = r.u16();
    const priority = r.u16();
    const bufferId = r.u32();
    const outPort32 = r.u32();
    const outGroup = r.u32();
    const bits = r.u16();
    const importance = r.u16();
    const match = normalized(decodeMatch(r, version), ctx);
    const isAny = table === ALL_TABLES && !(version >= OF12 && (commandNumber === 3 || commandNumber === 4));
    if (isAny) throw new OfpError("OFPFMFC_BAD_TABLE_ID");
    const outPort = readPort32(outPort32, ctx);
    const command = readCommand(commandNumber);
    const wanted = cookies(command, cookie, mask, version);
    const { actions, flags } = tail(r, match, table, bits, (idleTimeout | hardTimeout) !== 0, command, ctx);
    // Spelled out, since spreading is many times slower.
    return {
      kind: "flow_mod",
      command,
      match,
      priority,
      table,
      cookie: wanted.cookie,
      cookieMask: wanted.cookieMask,
      newCookie: wanted.newCookie,
      idleTimeout,
      hardTimeout,
      importance: version >= OF14 && command === "add" ? importance : 0,
      bufferId,
      outPort,
      outGroup,
      flags,
      actions,
    };
  },
  encode: (fm, w, { version }) => {
    const table = fm.table === ALL_TABLES && !mayBeAnyTable(fm.command, version) ? 0 : fm.table;
    w.u64(wireCookie(fm, version))
      .u64(fm.command === "add" ? 0n : fm.cookieMask)
      .u8(table)
      .u8(commands.indexOf(fm.command))
      .u16(fm.idleTimeout)
      .u16(fm.hardTimeout)
      .u16(fm.priority)
      .u32(fm.bufferId)
      .u32(portTo32(fm.outPort))
      .u32(fm.outGroup)
      .u16(encodeFlowFlags(fm.flags, version))
      .u16(version >= OF14 ? fm.importance : 0);
    encodeMatch(fm.match, version, w);
    encodeInstructions(fm.actions, version, w);
  },
};

/** From this verbosity on, matches of OpenFlow 1.0 are written as their bytes have them. */
const AS_BYTES = 3;

/** The match as its bytes have it, where verbosity asks for that. */
function wireMatch(fm: FlowMod, ctx: MessageTextContext): string | undefined {
  if (ctx.verbosity < AS_BYTES) return undefined;
  if (ctx.name === openFlow10.name) return ctx.version === OF10 ? formatOfp10Match(fm.match, ctx) : undefined;
  const w = new WireWriter();
  const length = encodeNxMatch(fm.match, w, { cookie: fm.cookie, mask: fm.cookieMask });
  return formatTlvs(w.done().subarray(0, length));
}

/** What comes behind the command, with a blank after each part. */
function formatParts(fm: FlowMod, ctx: MessageTextContext): string {
  let text = fm.table === 0 ? "" : `table:${formatTable(fm.table, ctx)} `;
  const bytes = wireMatch(fm, ctx);
  const match = bytes ?? formatPriorityMatch(fm.match, fm.priority, ctx);
  if (match !== "") text += `${match} `;
  const { newCookie = NO_COOKIE } = fm;
  if (newCookie !== 0n && newCookie !== NO_COOKIE) text += `cookie:0x${newCookie.toString(16)} `;
  if (fm.cookieMask !== 0n) text += `cookie:0x${fm.cookie.toString(16)}/0x${fm.cookieMask.toString(16)} `;
  if (fm.idleTimeout !== 0) text += `idle:${fm.idleTimeout} `;
  if (fm.hardTimeout !== 0) text += `hard:${fm.hardTimeout} `;
  if (bytes !== undefined && fm.priority !== DEFAULT_PRIORITY) text += `pri:${fm.priority} `;
  if (fm.importance !== 0) text += `importance:${fm.importance} `;
  if (fm.bufferId !== NO_BUFFER) text += `buf:0x${fm.bufferId.toString(16)} `;
  if (fm.outPort !== OFPP.none) text += `out_port:${formatPort(fm.outPort, ctx)} `;
  const implied = ctx.version < OF12 ? FlowFlag.resetCounts : 0;
  return text + formatFlowFlags(fm.flags & ~implied);
}

export const flowMod: MessageRow<FlowMod> = {
  kind: "flow_mod",
  forms: [openFlow10, nicira, openFlow11],
  format: (fm, ctx) => ` ${commandTexts[fm.command]} ${formatParts(fm, ctx)}actions=${formatActions(fm.actions, ctx)}`,
};

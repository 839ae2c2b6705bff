import type { CompactValues } from "#flow/shape.js";
import { i32, u16 } from "#util/big-endian.js";
import { WireError } from "#util/errors.js";
import { formatActions } from "../actions/table.js";
import { decodeMessage, encodeMessage } from "../messages/codec.js";
import type { FlowMod } from "../messages/flow/flow-mod.js";
import { OF12, OF15, type Version } from "../version.js";
import { type CompactTemplate, learnCompact } from "./compact-template.js";
import { FlowLessons, MATCH } from "./flow-lessons.js";
import { copyOf } from "./sample-flow.js";

const FLOW_MOD = 14;
const ADD = 0;
const SEND_FLOW_REMOVED = 1;

/** A complaint is for the log: what has one is not learnt. */
class Complaint extends Error {}
const complain = (): never => {
  throw new Complaint();
};

/**
 * What an addition's bytes mean; undefined where they are at fault, or not what is written of such a flow, or mean something only with what else a
 * bridge has: groups, meters, other flows, places for tunnel metadata.
 */
function readAddition(bytes: Uint8Array): FlowMod | undefined {
  const sample = copyOf(bytes, 0, bytes.length);
  // Of the first table, so that no other is before it.
  sample[24] = 0;
  try {
    const { body, version, xid } = decodeMessage(sample, complain);
    if (body.kind !== "flow_mod" || body.match.tlvs !== undefined) return undefined;
    const text = formatActions(body.actions);
    if (/group:|meter:|tun_metadata|conjunction|note:|learn\(|debug_/i.test(text)) return undefined;
    const again = encodeMessage(body, version, xid);
    return Buffer.compare(again.subarray(MATCH), sample.subarray(MATCH)) === 0 ? body : undefined;
  } catch (error) {
    if (error instanceof WireError || error instanceof Complaint) return undefined;
    throw error;
  }
}

/**
 * Reads many additions of flows of OpenFlow 1.2 to 1.5 as `decodeMessage` does, faster: what it has learnt of one it knows of all that differ in numbers and
 * addresses only. What it says of the last one is in its members.
 */
export class FlowModReader {
  readonly #lessons: (FlowLessons<CompactTemplate> | undefined)[] = [];
  #found: FlowLessons<CompactTemplate> | undefined;
  #version: Version = OF12;
  template: CompactTemplate | undefined;
  table = 0;
  priority = 0;
  /** Upper and lower 32 bits of the new cookie, signed. */
  cookieHigh = 0;
  cookieLow = 0;
  idleTimeout = 0;
  hardTimeout = 0;
  importance = 0;
  /** Bits of `FlowFlag`. */
  flags = 0;

  /** Reads a whole message. False where that is not for here: it may be anything. */
  read(bytes: Uint8Array): boolean {
    const version = bytes[0]!;
    if (version < OF12 || version > OF15 || bytes[1] !== FLOW_MOD || bytes.length < MATCH + 8) return false;
    // An addition to one table, of no packet in the switch, with no mask of cookies and no flag but one.
    if (bytes[25] !== ADD || bytes[24]! >= 254 || i32(bytes, 32) !== -1) return false;
    if (!isAny(i32(bytes, 36)) || (i32(bytes, 16) | i32(bytes, 20)) !== 0) return false;
    const flags = u16(bytes, 44);
    const importance = u16(bytes, 46);
    if ((flags & ~SEND_FLOW_REMOVED) !== 0 || (importance !== 0 && version < 5)) return false;
    this.cookieHigh = i32(bytes, 8);
    this.cookieLow = i32(bytes, 12);
    if ((this.cookieHigh & this.cookieLow) === -1) return false;
    const lessons = (this.#lessons[version as Version] ??= new FlowLessons(false, (sample, parts) =>
      learnCompact(sample, MATCH, parts, readAddition),
    ));
    const template = lessons.find(bytes, 0, bytes.length);
    if (template === undefined || bytes[24]! >= template.tableLimit) return false;
    this.#found = lessons;
    this.#version = version as Version;
    this.template = template;
    this.table = bytes[24]!;
    this.idleTimeout = u16(bytes, 26);
    this.hardTimeout = u16(bytes, 28);
    this.priority = u16(bytes, 30);
    this.flags = flags;
    this.importance = importance;
    return true;
  }

  /** The version of the last message. */
  get version(): Version {
    return this.#version;
  }

  /** What the last message's flow matches, as compact values of its template's shape from `at` on. */
  gather(bytes: Uint8Array, values: CompactValues, at: number): void {
    this.template!.gather(bytes, this.#found!.places, values, at);
  }
}

/** OFPP_ANY, or what many controllers write of an addition in its place. */
const isAny = (port: number): boolean => port === -1 || port === 0;

/** Bytes of an addition before its match. */
export const FLOW_MOD_MATCH: number = MATCH;

/** What a flow does, by the bytes of its match and instructions as an addition has them. They were in order. */
export function readFlowBytes(bytes: Uint8Array, version: Version): FlowMod {
  const message = new Uint8Array(MATCH + bytes.length);
  message[0] = version;
  message[1] = FLOW_MOD;
  message[2] = message.length >> 8;
  message[3] = message.length;
  message.fill(0xff, 32, 44);
  message.set(bytes, MATCH);
  return decodeMessage(message).body as FlowMod;
}

import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { KEY_WORDS } from "#flow/layout.js";
import { hex } from "#util/hex.js";
import type { DatapathAction } from "../actions.js";
import type { FlowStats } from "../datapath.js";
import { formatActionRecord, parseActionRecord } from "./action-record.js";

/** A flow as it is written down beside the maps. */
export interface FlowRecord {
  readonly ufid: string;
  readonly key: FlowKey;
  readonly mask: FlowMask;
  readonly actions: readonly DatapathAction[];
  /** Its key in the maps, in whatever way they have it. */
  readonly place: Uint8Array;
  /** What was counted elsewhere than in the row; `used` is in milliseconds of CLOCK_MONOTONIC, 0 for never. */
  readonly elsewhere: FlowStats;
}

/** Of another number the rest is not to be read. */
const VERSION = 1;
/** u32 version, u16 lengths of the place, of the words of key and mask, u32 length of the actions; the ufid; f64 packets, bytes, used; u32 TCP flags. */
const at = {
  place: 4,
  key: 6,
  mask: 8,
  actions: 12,
  ufid: 16,
  packets: 32,
  bytes: 40,
  used: 48,
  tcpFlags: 56,
  rest: 64,
} as const;
const WORD = 8;
const MOST = 8192;
const text = new TextEncoder();
const scratch = new Uint8Array(MOST);
const scratchView = new DataView(scratch.buffer);

/**
 * Bytes of a record, valid until the next call; undefined where it is too long. Behind the head: the place; of the key's words that are not 0, then of the mask's, u32 index
 * and word; actions as text.
 */
export function encodeFlowRecord(record: FlowRecord): Uint8Array | undefined {
  const { ufid, key, mask, place, elsewhere } = record;
  const view = scratchView;
  view.setUint32(0, VERSION, true);
  view.setUint16(at.place, place.length, true);
  for (let i = 0; i < 4; i++) view.setUint32(at.ufid + 4 * i, Number.parseInt(ufid.slice(8 * i, 8 * i + 8), 16));
  view.setFloat64(at.packets, elsewhere.packets, true);
  view.setFloat64(at.bytes, elsewhere.bytes, true);
  view.setFloat64(at.used, elsewhere.used, true);
  view.setUint32(at.tcpFlags, elsewhere.tcpFlags, true);
  scratch.set(place, at.rest);
  const keyAt = at.rest + place.length;
  const maskAt = putWords(keyAt, key);
  const actionsAt = putWords(maskAt, mask);
  view.setUint16(at.key, (maskAt - keyAt) / WORD, true);
  view.setUint16(at.mask, (actionsAt - maskAt) / WORD, true);
  const actions = formatActionRecord(record.actions);
  const { read, written } = text.encodeInto(actions, scratch.subarray(actionsAt));
  if (read < actions.length) return undefined;
  view.setUint32(at.actions, written, true);
  return scratch.subarray(0, actionsAt + written);
}

/** The opposite; undefined where it is not of this version, or broken. */
export function decodeFlowRecord(bytes: Uint8Array): FlowRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < at.rest || view.getUint32(0, true) !== VERSION) return undefined;
  const keyAt = at.rest + view.getUint16(at.place, true);
  const maskAt = keyAt + WORD * view.getUint16(at.key, true);
  const actionsAt = maskAt + WORD * view.getUint16(at.mask, true);
  const end = actionsAt + view.getUint32(at.actions, true);
  if (end > bytes.length) return undefined;
  try {
    return {
      ufid: hex(bytes.subarray(at.ufid, at.packets)),
      key: takeWords(view, keyAt, maskAt),
      mask: takeWords(view, maskAt, actionsAt),
      actions: parseActionRecord(new TextDecoder().decode(bytes.subarray(actionsAt, end))),
      place: bytes.slice(at.rest, keyAt),
      elsewhere: {
        packets: view.getFloat64(at.packets, true),
        bytes: view.getFloat64(at.bytes, true),
        used: view.getFloat64(at.used, true),
        tcpFlags: view.getUint32(at.tcpFlags, true),
      },
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function putWords(from: number, words: Uint32Array): number {
  let to = from;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 0) continue;
    scratchView.setUint32(to, i, true);
    scratchView.setUint32(to + 4, words[i]!, true);
    to += WORD;
  }
  return to;
}

function takeWords(view: DataView, from: number, end: number): Uint32Array {
  const words = newKey();
  for (let i = from; i < end; i += WORD) {
    const index = view.getUint32(i, true);
    if (index < KEY_WORDS) words[index] = view.getUint32(i + 4, true);
  }
  return words;
}

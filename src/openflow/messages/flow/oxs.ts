import { OfpError } from "../../ofp-error.js";
import type { WireReader } from "../../wire-reader.js";
import type { WireWriter } from "../../wire-writer.js";

const OPENFLOW_BASIC = 0x8002;

/** Statistics of OpenFlow 1.5, by their numbers, and how many bytes each has. */
const OxsField = { duration: 0, idleTime: 1, flowCount: 3, packetCount: 4, byteCount: 5 } as const;
const lengths: Readonly<Record<number, number>> = { 0: 8, 1: 8, 3: 4, 4: 8, 5: 8 };

/** What statistics say; what they do not say is not there. */
export interface Oxs {
  durationSec?: number;
  durationNsec?: number;
  /** Seconds. */
  idleTime?: number;
  flowCount?: number;
  packetCount?: bigint;
  byteCount?: bigint;
}

/**
 * Reads `ofp_stats`: 0:16, length:16, and fields of class:16, field:7, 0:1, length:8; zeros up to a multiple of 8. Fields that nobody knows,
 * or that have another length than theirs, are passed over. Throws OFPBMC_BAD_LEN.
 */
export function decodeOxs(r: WireReader): Oxs {
  const start = r.at;
  if (r.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
  r.skip(2);
  const length = r.u16();
  const padded = Math.ceil(length / 8) * 8;
  if (length < 4 || start + padded > r.end) throw new OfpError("OFPBMC_BAD_LEN");
  const fields = r.slice(length - 4);
  r.skip(padded - length);
  const found: Oxs = {};
  while (fields.left > 0) {
    if (fields.left < 4) throw new OfpError("OFPBMC_BAD_LEN");
    const [oxmClass, field, size] = [fields.u16(), fields.u8(), fields.u8()];
    if (size > fields.left) throw new OfpError("OFPBMC_BAD_LEN");
    const value = fields.slice(size);
    if (oxmClass === OPENFLOW_BASIC && (field & 1) === 0 && lengths[field >> 1] === size) set(found, field >> 1, value);
  }
  return found;
}

function set(found: Oxs, field: number, r: WireReader): void {
  if (field === OxsField.duration) {
    found.durationSec = r.u32();
    found.durationNsec = r.u32();
  } else if (field === OxsField.idleTime) found.idleTime = r.u32();
  else if (field === OxsField.flowCount) found.flowCount = r.u32();
  else if (field === OxsField.packetCount) found.packetCount = r.u64();
  else found.byteCount = r.u64();
}

/** Writes `ofp_stats` of what is there. */
export function encodeOxs(oxs: Oxs, w: WireWriter): void {
  const start = w.length;
  const field = (number: number): WireWriter =>
    w
      .u16(OPENFLOW_BASIC)
      .u8(number << 1)
      .u8(lengths[number]!);
  w.u16(0).u16(0);
  if (oxs.durationSec !== undefined)
    field(OxsField.duration)
      .u32(oxs.durationSec)
      .u32(oxs.durationNsec ?? 0);
  if (oxs.idleTime !== undefined) field(OxsField.idleTime).u32(oxs.idleTime).u32(0);
  if (oxs.packetCount !== undefined) field(OxsField.packetCount).u64(oxs.packetCount);
  if (oxs.byteCount !== undefined) field(OxsField.byteCount).u64(oxs.byteCount);
  if (oxs.flowCount !== undefined) field(OxsField.flowCount).u32(oxs.flowCount);
  w.patch16(start + 2, w.length - start);
  w.align(8, start);
}

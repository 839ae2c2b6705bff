import { OfpError } from "../../ofp-error.js";
import { OF12, OF13, type Version } from "../../version.js";

/** Flags of a flow, with the bits of OpenFlow 1.3. */
export const FlowFlag = {
  /** OFPFF_SEND_FLOW_REM: a message tells of its removal. */
  sendFlowRemoved: 1,
  /** OFPFF_CHECK_OVERLAP: adding fails where another flow of this priority overlaps. */
  checkOverlap: 2,
  /** OFPFF_RESET_COUNTS: adding over a flow starts its counters again. OpenFlow 1.0 and 1.1 always do so. */
  resetCounts: 4,
  /** OFPFF_NO_PKT_COUNTS: nobody needs its packets counted. */
  noPacketCounts: 8,
  /** OFPFF_NO_BYT_COUNTS: nobody needs its bytes counted. */
  noByteCounts: 16,
} as const;

const words: readonly (readonly [bit: number, word: string])[] = [
  [FlowFlag.sendFlowRemoved, "send_flow_rem"],
  [FlowFlag.checkOverlap, "check_overlap"],
  [FlowFlag.resetCounts, "reset_counts"],
  [FlowFlag.noPacketCounts, "no_packet_counts"],
  [FlowFlag.noByteCounts, "no_byte_counts"],
];

/** OFPFF10_EMERG, of OpenFlow 1.0: nobody has a table for emergencies. */
const EMERGENCY = 4;

/** The bits that a version has. */
function flagsOf(version: Version): number {
  return version < OF12 ? 3 : version < OF13 ? 7 : 31;
}

/**
 * The flags of a version's bytes: OpenFlow 1.0 and 1.1 imply `resetCounts`. Throws OFPFMFC_BAD_FLAGS; for emergencies OFPFMFC_TABLE_FULL, and
 * where the flow has timeouts OFPFMFC_BAD_EMERG_TIMEOUT.
 */
export function decodeFlowFlags(bits: number, version: Version, hasTimeouts = false): number {
  if (version === 1 && (bits & ~EMERGENCY & ~flagsOf(version)) === 0 && (bits & EMERGENCY) !== 0) {
    throw new OfpError(hasTimeouts ? "OFPFMFC_BAD_EMERG_TIMEOUT" : "OFPFMFC_TABLE_FULL", "emergency flow");
  }
  if ((bits & ~flagsOf(version)) !== 0) throw new OfpError("OFPFMFC_BAD_FLAGS", `flags ${bits}`);
  return version < OF12 ? bits | FlowFlag.resetCounts : bits;
}

/** The bits of flags in a version; those it does not have are left out. */
export function encodeFlowFlags(flags: number, version: Version): number {
  return flags & flagsOf(version);
}

/** Flags as text, a blank behind each. */
export function formatFlowFlags(flags: number): string {
  if (flags === 0) return "";
  let text = "";
  for (const [bit, word] of words) if ((flags & bit) !== 0) text += `${word} `;
  return text;
}

/** The flag of a word of text. */
export function flowFlagOf(word: string): number | undefined {
  return words.find(([, name]) => name === word)?.[0];
}

import { u32 } from "#util/big-endian.js";
import type { OfpError } from "../ofp-error.js";

const EXPERIMENTER_CLASS = 0xffff;

/** Has the log name the TLV at `at`, whose value has bits outside its mask; gives the error. */
export function explainBadWildcards(error: OfpError, bytes: Uint8Array, at: number): OfpError {
  const header = u32(bytes, at);
  const oxmClass = header >>> 16;
  const experimenter = oxmClass === EXPERIMENTER_CLASS ? u32(bytes, at + 4) : 0;
  const length = (header & 0xff) - (oxmClass === EXPERIMENTER_CLASS ? 4 : 0);
  const name = `${experimenter}:${oxmClass}:${(header >>> 9) & 0x7f}:${(header >>> 8) & 1}:${length}`;
  const fault = "with 1-bits in value for bits wildcarded by the mask.";
  return error.complain("nx_match", `Rejecting NXM/OXM entry ${name} ${fault}`);
}

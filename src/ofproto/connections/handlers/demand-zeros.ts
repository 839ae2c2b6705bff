import { OfpError } from "#openflow/ofp-error.js";

const [START, END] = [16, 22];

/** Of Nicira's messages that are a number of 16 bits: there is nothing between headers and number. Throws NXBRC_MUST_BE_ZERO. */
export function demandZeros(message: Uint8Array): void {
  if (message.subarray(START, END).some((byte) => byte !== 0)) throw new OfpError("NXBRC_MUST_BE_ZERO");
}

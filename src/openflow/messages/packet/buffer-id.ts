/** OFP_NO_BUFFER: no packet is kept in the switch for the message; what there is of one is in it. */
export const NO_BUFFER = 0xffffffff;

/** `buffer=0x00000007`. */
export function formatBufferId(buffer: number): string {
  return `buffer=0x${buffer.toString(16).padStart(8, "0")}`;
}

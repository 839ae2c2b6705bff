/** A packet that is not kept in the switch: all of it is in the message. */
export const NO_BUFFER = 0xffffffff;

/** `buffer=0x00000007`. */
export function formatBufferId(buffer: number): string {
  return `buffer=0x${buffer.toString(16).padStart(8, "0")}`;
}

/** Frames in hexadecimal, and addresses for them. */

export interface VlanTag {
  readonly tpid?: number;
  readonly vid: number;
  readonly pcp?: number;
}

export const broadcast = "ff:ff:ff:ff:ff:ff";

/** The address of station `n`. */
export function station(n: number): string {
  return `02:00:00:00:${hex((n >> 8) & 0xff, 2)}:${hex(n & 0xff, 2)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** A frame of type 0x88b5 (experimental) with 46 bytes of payload. */
export function frame(dst: string, src: string, tags: readonly VlanTag[] = [], etherType = 0x88b5): string {
  const mac = (text: string): string => text.replaceAll(":", "");
  const tagged = tags.map((t) => hex(t.tpid ?? 0x8100, 4) + hex(((t.pcp ?? 0) << 13) | t.vid, 4)).join("");
  return mac(dst) + mac(src) + tagged + hex(etherType, 4) + "00".repeat(46);
}

import type { Frame } from "./frame.js";

/** What stands at `Layers.l3`. */
const L3_OTHER = 0;
export const L3_IPV4 = 1;
export const L3_IPV6 = 2;
export const L3_ARP = 3;
export const L3_MPLS = 4;

const MAX_TAGS = 8;
const MAX_EXTENSIONS = 16;

/**
 * Where the headers of a frame are, found when an action needs it. As for `extractKey`, the Ethernet type alone says which version of IP it is. `l2_5` is the end of Ethernet and VLAN tags (where
 * MPLS begins), `l3` what follows an LLC/SNAP header if any, `l4` the transport header, -1 where there is none: no IP, cut short, or a
 * fragment but the first. `protocol` is the transport's number.
 */
export class Layers {
  valid = false;
  etherType = 0;
  tags = 0;
  l2_5 = 14;
  l3 = -1;
  kind: number = L3_OTHER;
  l4 = -1;
  protocol = 0;
  /** An IPv6 routing header has segments left: the destination address is not the one in the pseudo header. */
  routed = false;

  locate(frame: Frame): void {
    this.valid = true;
    this.l3 = this.l4 = -1;
    this.kind = L3_OTHER;
    this.tags = 0;
    this.routed = false;
    this.protocol = 0;
    const length = frame.length;
    if (length < 14) return;
    let at = 12;
    let type = frame.u16(at);
    while ((type === 0x8100 || type === 0x88a8) && this.tags < MAX_TAGS && at + 6 <= length) {
      at += 4;
      this.tags++;
      type = frame.u16(at);
    }
    at += 2;
    this.l2_5 = at;
    if (type < 0x600 && at + 8 <= length && frame.u16(at) === 0xaaaa && frame.u16(at + 2) === 0x0300) {
      if (frame.u16(at + 4) === 0) {
        type = frame.u16(at + 6);
        at += 8;
      }
    }
    this.etherType = type;
    this.l3 = at;
    if (type === 0x0800) this.#ipv4(frame, at, length);
    else if (type === 0x86dd) this.#ipv6(frame, at, length);
    else if ((type === 0x0806 || type === 0x8035) && at + 28 <= length) this.kind = L3_ARP;
    else if ((type === 0x8847 || type === 0x8848) && at + 4 <= length) this.kind = L3_MPLS;
  }

  #ipv4(frame: Frame, at: number, length: number): void {
    if (at + 20 > length) return;
    const first = frame.u8(at);
    const size = (first & 15) * 4;
    if (size < 20 || at + size > length) return;
    this.kind = L3_IPV4;
    this.protocol = frame.u8(at + 9);
    if ((frame.u16(at + 6) & 0x1fff) === 0) this.l4 = at + size;
  }

  #ipv6(frame: Frame, at: number, length: number): void {
    if (at + 40 > length) return;
    this.kind = L3_IPV6;
    let next = frame.u8(at + 6);
    let p = at + 40;
    for (let i = 0; i < MAX_EXTENSIONS; i++) {
      if (next !== 0 && next !== 43 && next !== 60 && next !== 51 && next !== 44) break;
      if (p + 8 > length) return;
      const size = next === 44 ? 8 : next === 51 ? (frame.u8(p + 1) + 2) * 4 : (frame.u8(p + 1) + 1) * 8;
      if (next === 43 && frame.u8(p + 3) > 0) this.routed = true;
      const laterFragment = next === 44 && (frame.u16(p + 2) & 0xfff8) !== 0;
      next = frame.u8(p);
      p += size;
      if (laterFragment) {
        this.protocol = next;
        return;
      }
    }
    this.protocol = next;
    if (p <= length) this.l4 = p;
  }
}

import { add, and, mov, or, shiftLeft, shiftRight } from "../alu.js";
import { jump, jumpEqual, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { word } from "../memory.js";
import { r1, r2, r3, r7, r9, r10 } from "../registers.js";
import { scratch } from "./layout.js";
import type { TrackPlaces } from "./track-layout.js";
import { ICMP, ICMPV6, place } from "./track-packet.js";

const keyAt = (index: number): number => scratch.key + 4 * index;

/** Makes `place.state` the packet's ct_state but for its translation, of which r1 becomes what its connection says. The row is at r9. */
export function readState({ row, state, snat, dnat }: TrackPlaces): ProgramItem[] {
  const bit = (flag: number, name: string, original: number, reply: number): ProgramItem[] => [
    mov.reg(r3, r2),
    and.imm(r3, flag),
    jumpEqual.imm(r3, 0, name),
    or.imm(r1, original ^ reply),
    label(name),
  ];
  return [
    word.load(r2, r10, place.direction),
    mov.imm(r1, state.trk | state.est),
    jumpEqual.imm(r2, 0, "track original"),
    or.imm(r1, state.rpl),
    label("track original"),
    word.store(r10, place.state, r1),
    mov.imm(r1, 0),
    word.load(r2, r9, 4 * row.flags),
    ...bit(snat, "track no snat", state.snat, 0),
    ...bit(dnat, "track no dnat", state.dnat, 0),
    // For a reply it is the other way round.
    word.load(r2, r10, place.direction),
    jumpEqual.imm(r2, 0, "track its own"),
    jumpEqual.imm(r1, 0, "track its own"),
    jumpEqual.imm(r1, state.snat | state.dnat, "track its own"),
    mov.reg(r2, r1),
    mov.imm(r1, state.snat | state.dnat),
    jumpEqual.imm(r2, state.snat, "track dnat alone"),
    mov.imm(r1, state.snat),
    jump("track its own"),
    label("track dnat alone"),
    mov.imm(r1, state.dnat),
    label("track its own"),
  ];
}

/** Writes the connection at r9 to the key, and when it ends to its row. */
export function writeConnection({ words, row }: TrackPlaces): ProgramItem[] {
  const original = 4 * row.original;
  const copy = (from: number, to: number): ProgramItem[] => [word.load(r1, r9, from), word.store(r7, keyAt(to), r1)];
  return [
    word.load(r1, r10, place.tick),
    word.load(r2, r9, 4 * row.lease),
    add.reg(r1, r2),
    word.store(r9, 4 * row.expires, r1),
    word.storeImm(r7, scratch.dirty, 1),
    ...copy(4 * row.mark, words.ctMark),
    ...[0, 1, 2, 3].flatMap((i) => copy(4 * (row.label + i), words.ctLabel + i)),
    word.load(r1, r10, place.state),
    word.store(r7, keyAt(words.ctState), r1),
    // 0:8 | protocol:8 | zone:16, of zone:16 | protocol:8 | version:8.
    word.load(r1, r9, 4 * row.id),
    mov.reg(r2, r1),
    shiftRight.imm(r2, 16),
    shiftRight.imm(r1, 8),
    and.imm(r1, 0xff),
    mov.reg(r3, r1),
    shiftLeft.imm(r1, 16),
    or.reg(r1, r2),
    word.store(r7, keyAt(words.ctZone), r1),
    word.load(r1, r9, original + 32),
    jumpEqual.imm(r3, ICMP, "track write icmp"),
    jumpNotEqual.imm(r3, ICMPV6, "track write ports"),
    label("track write icmp"),
    mov.reg(r2, r1),
    shiftRight.imm(r2, 8),
    and.imm(r2, 0xff),
    shiftLeft.imm(r2, 16),
    and.imm(r1, 0xff),
    or.reg(r1, r2),
    label("track write ports"),
    word.store(r7, keyAt(words.ctTp), r1),
    word.load(r1, r10, place.ipv6),
    jumpNotEqual.imm(r1, 0, "track write ipv6"),
    ...copy(original, words.ctNwSrc),
    ...copy(original + 16, words.ctNwDst),
    ...Array.from({ length: 8 }, (_, i) => word.storeImm(r7, keyAt(words.ctIpv6Src + i), 0)),
    jump("track written"),
    label("track write ipv6"),
    word.storeImm(r7, keyAt(words.ctNwSrc), 0),
    word.storeImm(r7, keyAt(words.ctNwDst), 0),
    ...Array.from({ length: 8 }, (_, i) => copy(original + 4 * i, words.ctIpv6Src + i)).flat(),
    label("track written"),
  ];
}

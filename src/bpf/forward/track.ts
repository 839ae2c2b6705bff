import { add, and, mov, or, xor32 } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { jump, jumpAnySet, jumpEqual, jumpNotEqual } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, word } from "../memory.js";
import { r1, r2, r3, r7, r8, r9, r10 } from "../registers.js";
import { scratch } from "./layout.js";
import { enterAs, goOnward } from "./tail-call.js";
import { findConnection } from "./track-find.js";
import { LABEL_UNITS, labelWord, TrackFlag, type TrackPlaces, trackOperation } from "./track-layout.js";
import { place, readTracked } from "./track-packet.js";
import { followTcp } from "./track-tcp.js";
import { translatePacket } from "./track-translate.js";
import { readState, writeConnection } from "./track-write.js";

/** Where a packet goes that is for the thread which tracks connections. */
const OTHER = "track other";

/**
 * The part that does `ct` for a packet of a leased connection: judges and follows it, translates it, writes its connection to its key, as the conntrack layer would. Every
 * other packet goes up, unchanged, to be tracked there.
 */
export function trackPacket(places: TrackPlaces, skb: SkbPlaces): ProgramItem[] {
  return [
    double.store(r10, place.operation, r8),
    ...readTracked(places, skb, OTHER),
    ...findConnection(places, OTHER),
    ...asksNothingNew(places),
    ...followTcp(places, OTHER),
    double.load(r8, r10, place.operation),
    ...readState(places),
    ...translateIfAsked(places),
    ...writeConnection(places),
    half.load(r1, r8, trackOperation.flags),
    and.imm(r1, TrackFlag.label),
    jumpEqual.imm(r1, 0, "track onward"),
    word.load(r1, r7, scratch.operation),
    add.imm(r1, LABEL_UNITS),
    word.store(r7, scratch.operation, r1),
    label("track onward"),
    ...goOnward("counted"),
    label(OTHER),
    ...enterAs("up"),
  ];
}

/** Goes on where the connection at r9 is as the operation would have it; who forces a direction may get another connection. */
function asksNothingNew({ row }: TrackPlaces): ProgramItem[] {
  const isSet = (at: number, value: number, mask: number): ProgramItem[] => [
    word.load(r1, r9, at),
    word.load(r2, r8, value),
    xor32.reg(r1, r2),
    word.load(r2, r8, mask),
    and.reg(r1, r2),
    jumpNotEqual.imm(r1, 0, OTHER),
  ];
  return [
    half.load(r3, r8, trackOperation.flags),
    mov.reg(r1, r3),
    and.imm(r1, TrackFlag.commit),
    jumpEqual.imm(r1, 0, "track asked"),
    mov.reg(r1, r3),
    and.imm(r1, TrackFlag.force),
    jumpEqual.imm(r1, 0, "track unforced"),
    word.load(r1, r10, place.direction),
    jumpNotEqual.imm(r1, 0, OTHER),
    label("track unforced"),
    ...isSet(4 * row.mark, trackOperation.mark, trackOperation.markMask),
    and.imm(r3, TrackFlag.label),
    jumpEqual.imm(r3, 0, "track asked"),
    ...[0, 1, 2, 3].flatMap((i) => isSet(4 * (row.label + i), labelWord(i), labelWord(4 + i))),
    label("track asked"),
  ];
}

/** r1 is the translation of the connection at r9. */
function translateIfAsked(places: TrackPlaces): ProgramItem[] {
  const addToState: ProgramItem[] = [word.load(r2, r10, place.state), or.reg(r2, r1), word.store(r10, place.state, r2)];
  return [
    word.load(r2, r10, place.translated),
    jumpEqual.imm(r2, 0, "track untranslated"),
    mov.reg(r1, r2),
    ...addToState,
    jump("track as it is"),
    label("track untranslated"),
    jumpEqual.imm(r1, 0, "track as it is"),
    half.load(r2, r8, trackOperation.flags),
    jumpAnySet.imm(r2, TrackFlag.nat, "track translate"),
    jump("track as it is"),
    label("track translate"),
    ...addToState,
    ...translatePacket(places, OTHER),
    label("track as it is"),
  ];
}

import {
  add,
  add32,
  and,
  div,
  mov,
  mov32,
  mul,
  mul32,
  or,
  shiftLeft,
  shiftRight,
  shiftRight32,
  sub32,
  xor32,
} from "../alu.js";
import { jump, jumpEqual, jumpNotEqual, jumpSignedLessOrEqual32 } from "../control.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, loadMapValue, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r7, r8, r9, r10 } from "../registers.js";
import { coarseTime } from "./count.js";
import { scratch } from "./layout.js";
import {
  BUCKET_ENTRIES,
  LEASE_BUCKETS,
  LEASE_ENTRY_SHIFT,
  LEASE_TAG_SHIFT,
  leaseTable,
  TICK,
  type TrackPlaces,
  trackMaps,
  trackOperation,
} from "./track-layout.js";
import { ICMP, ICMPV6, place } from "./track-packet.js";

const PORTS = place.tuple + 32;
const ID = place.tuple + 36;
const TUPLE_WORDS = 9;

const keyAt = (index: number): number => scratch.key + 4 * index;

/**
 * Finds the leased connection whose packet's tuple is on the stack; r9 becomes its row's address, and the direction stands on the stack. A packet that was
 * translated in the zone before is looked for as it was then. Goes to `other` where there is none, or where its time is over.
 */
export function findConnection(places: TrackPlaces, other: string): ProgramItem[] {
  return [
    ...turnAround(places, other),
    ...hash,
    ...lookup(places, other),
    ...readTime,
    // r1 is the time.
    word.load(r2, r9, 4 * places.row.expires),
    sub32.reg(r2, r1),
    jumpSignedLessOrEqual32.imm(r2, 0, other),
  ];
}

/** The tuple of a packet that was translated is made that of its connection's other direction. */
function turnAround({ words, state }: TrackPlaces, other: string): ProgramItem[] {
  const exchange = (a: number, b: number): ProgramItem[] => [
    double.load(r1, r10, a),
    double.load(r2, r10, b),
    double.store(r10, a, r2),
    double.store(r10, b, r1),
  ];
  const echo = (protocol: number, bit: number): ProgramItem[] => [
    jumpNotEqual.imm(r1, protocol, `track echo not ${protocol}`),
    word.load(r2, r10, PORTS),
    mov.reg(r3, r2),
    shiftRight.imm(r3, 8),
    and.imm(r3, 0xff & ~bit),
    jumpNotEqual.imm(r3, protocol === ICMP ? 0 : 128, other),
    mov32.reg(r2, r2),
    xor32.imm(r2, bit << 8),
    word.store(r10, PORTS, r2),
    jump("track turned"),
    label(`track echo not ${protocol}`),
  ];
  return [
    word.storeImm(r10, place.translated, 0),
    word.load(r1, r7, keyAt(words.ctState)),
    and.imm(r1, state.snat | state.dnat),
    jumpEqual.imm(r1, 0, "track turned"),
    word.load(r2, r7, keyAt(words.ctZone)),
    and.imm(r2, 0xffff),
    half.load(r3, r8, trackOperation.zone),
    jumpNotEqual.reg(r2, r3, "track turned"),
    word.store(r10, place.translated, r1),
    ...exchange(place.tuple, place.tuple + 16),
    ...exchange(place.tuple + 8, place.tuple + 24),
    word.load(r1, r10, place.protocol),
    ...echo(ICMP, 8),
    ...echo(ICMPV6, 1),
    word.load(r2, r10, PORTS),
    mov.reg(r3, r2),
    shiftRight.imm(r3, 16),
    shiftLeft.imm(r2, 16),
    or.reg(r2, r3),
    word.store(r10, PORTS, r2),
    label("track turned"),
  ];
}

/** `hash = (hash ^ hash >>> shift) + word`, times a number. */
function stir(shift: number, at: number, times: number): ProgramItem[] {
  return [
    mov32.reg(r2, r1),
    shiftRight32.imm(r2, shift),
    xor32.reg(r1, r2),
    word.load(r2, r10, at),
    add32.reg(r1, r2),
    mul32.imm(r1, times),
  ];
}

/** r1 becomes the tuple's hash: `hashTuple` of the conntrack layer. */
const hash: readonly ProgramItem[] = [
  loadMapValue(r1, trackMaps.table, leaseTable.seed),
  word.load(r1, r1, 0),
  word.load(r2, r10, ID),
  xor32.reg(r1, r2),
  mul32.imm(r1, 0x9e3779b1),
  ...stir(15, PORTS, 0x85ebca6b),
  ...stir(13, place.tuple, 0xc2b2ae35),
  ...stir(16, place.tuple + 16, 0x27d4eb2f),
  word.load(r2, r10, place.ipv6),
  jumpEqual.imm(r2, 0, "track hashed"),
  ...[1, 2, 3].flatMap((i) => [
    ...stir(15, place.tuple + 4 * i, 0x85ebca6b),
    ...stir(13, place.tuple + 16 + 4 * i, 0x9e3779b1),
  ]),
  label("track hashed"),
  ...[15, 13].flatMap((shift, i) => [
    mov32.reg(r2, r1),
    shiftRight32.imm(r2, shift),
    xor32.reg(r1, r2),
    ...(i === 0 ? [mul32.imm(r1, 0x2c1b3c6d)] : []),
  ]),
];

/** r9 becomes the row of the connection that has the tuple with the hash r1. */
function lookup({ row, rowWords }: TrackPlaces, other: string): ProgramItem[] {
  const tries = Array.from({ length: BUCKET_ENTRIES }, (_, i) => {
    const next = `track entry ${i + 1}`;
    return [
      word.load(r4, r5, 4 * i),
      mov.reg(r3, r4),
      and.imm(r3, (1 << LEASE_ENTRY_SHIFT) - 1),
      jumpNotEqual.reg(r3, r2, next),
      shiftRight.imm(r4, LEASE_ENTRY_SHIFT),
      mov.reg(r0, r4),
      and.imm(r0, 1),
      shiftRight.imm(r4, 1),
      mul.imm(r4, 4 * rowWords),
      loadMapValue(r9, trackMaps.rows),
      add.reg(r9, r4),
      word.load(r3, r9, 4 * row.lease),
      jumpEqual.imm(r3, 0, next),
      word.store(r10, place.direction, r0),
      // The tuple of the direction.
      mul.imm(r0, 4 * TUPLE_WORDS),
      add.reg(r0, r9),
      ...same(r9, 4 * row.id, ID, next),
      ...[8, 0, 4].flatMap((word) => same(r0, 4 * (row.original + word), place.tuple + 4 * word, next)),
      word.load(r3, r10, place.ipv6),
      jumpEqual.imm(r3, 0, "track found"),
      ...[1, 2, 3, 5, 6, 7].flatMap((word) => same(r0, 4 * (row.original + word), place.tuple + 4 * word, next)),
      jump("track found"),
      label(next),
    ];
  });
  return [
    mov.reg(r2, r1),
    shiftRight.imm(r2, LEASE_TAG_SHIFT - 1),
    or.imm(r2, 1),
    and.imm(r1, LEASE_BUCKETS - 1),
    mul.imm(r1, 4 * BUCKET_ENTRIES),
    loadMapValue(r5, trackMaps.table, leaseTable.buckets),
    add.reg(r5, r1),
    ...tries.flat(),
    jump(other),
    label("track found"),
    // What was found of a packet that was translated is the other direction's.
    word.load(r1, r10, place.translated),
    jumpEqual.imm(r1, 0, "track directed"),
    word.load(r1, r10, place.direction),
    xor32.imm(r1, 1),
    word.store(r10, place.direction, r1),
    label("track directed"),
  ];
}

/** Goes on where a word of the row is that on the stack; r3 and r1 are lost. */
function same(base: Register, at: number, stack: number, next: string): ProgramItem[] {
  return [word.load(r3, base, at), word.load(r1, r10, stack), jumpNotEqual.reg(r3, r1, next)];
}

/** r1 becomes the time in ticks. */
const readTime: readonly ProgramItem[] = [
  ...coarseTime("track same tick"),
  loadMapValue(r1, trackMaps.table, leaseTable.offset),
  double.load(r1, r1, 0),
  add.reg(r1, r0),
  div.imm(r1, TICK),
  mov32.reg(r1, r1),
  word.store(r10, place.tick, r1),
];

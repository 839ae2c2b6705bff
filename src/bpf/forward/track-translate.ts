import { add, and, mov, mov32, or32, shiftLeft32, shiftRight32, sub, toBigEndian, xor32 } from "../alu.js";
import { callHelper, jump, jumpEqual, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, word } from "../memory.js";
import { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r9, r10 } from "../registers.js";
import { scratch } from "./layout.js";
import type { TrackPlaces } from "./track-layout.js";
import { fold, headerAt, ICMP, ICMPV6, place, TCP, UDP } from "./track-packet.js";

const TUPLE = 36;
/** A sum that the device made over the whole packet follows. */
const RECOMPUTE = 1;

const keyAt = (index: number): number => scratch.key + 4 * index;

/**
 * Gives the packet the addresses and ports of its connection's translation, the row being at r9: in the frame, its beginning in the scratch memory and the key, with its
 * checksums. Goes to `other`, the packet unchanged, where it has to be done elsewhere.
 */
export function translatePacket(places: TrackPlaces, other: string): ProgramItem[] {
  const { row, words } = places;
  return [
    // r3 becomes the other direction's tuple: what is translated is its reverse.
    word.load(r1, r10, place.direction),
    and.imm(r1, 1),
    ...multiply36(r1),
    mov.imm(r2, TUPLE),
    sub.reg(r2, r1),
    mov.reg(r3, r9),
    add.reg(r3, r2),
    add.imm(r3, 4 * row.original),
    ...headerAt(r5, scratch.network, other),
    mov.imm(r4, 0),
    word.load(r1, r10, place.ipv6),
    jumpNotEqual.imm(r1, 0, "track translate ipv6"),
    ...changeAddress(12, 16, keyAt(words.nwSrc)),
    ...changeAddress(16, 0, keyAt(words.nwDst)),
    double.store(r10, place.grown, r4),
    // The checksum of the header itself.
    half.load(r1, r5, 10),
    ...adjust(r1, r4, r2),
    half.store(r5, 10, r1),
    jump("track translate ports"),
    label("track translate ipv6"),
    // Behind other headers, the transport is for the thread.
    word.load(r1, r7, scratch.network),
    add.imm(r1, 40),
    word.load(r2, r7, scratch.transport),
    jumpNotEqual.reg(r1, r2, other),
    ...[0, 4, 8, 12].flatMap((i) => changeAddress(8 + i, 16 + i, keyAt(words.ipv6Src) + i)),
    ...[0, 4, 8, 12].flatMap((i) => changeAddress(24 + i, i, keyAt(words.ipv6Dst) + i)),
    double.store(r10, place.grown, r4),
    label("track translate ports"),
    ...translatePorts(places, other),
    ...storeHeaders(other),
  ];
}

function multiply36(register: Register): ProgramItem[] {
  return [mov.reg(r2, register), shiftLeft32.imm(r2, 5), shiftLeft32.imm(register, 2), add.reg(register, r2)];
}

/** The address word at `at` of the header r5 becomes the one at `from` of the tuple r3; r4 grows by as much as a sum over it does. */
function changeAddress(at: number, from: number, key: number): ProgramItem[] {
  return [
    word.load(r1, r3, from),
    word.store(r7, key, r1),
    toBigEndian(r1, 32),
    word.load(r2, r5, at),
    word.store(r5, at, r1),
    xor32.imm(r2, -1),
    add.reg(r4, r1),
    add.reg(r4, r2),
  ];
}

/** Lets a checksum follow a sum that grew (RFC 1624, equation 3). */
function adjust(checksum: Register, grown: Register, spare: Register): ProgramItem[] {
  return [xor32.imm(checksum, 0xffff), add.reg(checksum, grown), ...fold(checksum, spare), xor32.imm(checksum, 0xffff)];
}

/** r3 is the tuple as above. */
function translatePorts({ words }: TrackPlaces, other: string): ProgramItem[] {
  const isPartial = (name: string, at: number): ProgramItem[] => [
    label(`track translate ${name}`),
    mov.imm(r0, at),
    word.load(r1, r10, place.partial),
    jumpEqual.imm(r1, 0, `track whole ${name}`),
    // The sum of the pseudo header, which has no ports.
    half.load(r1, r5, at),
    double.load(r2, r10, place.grown),
    add.reg(r1, r2),
    ...fold(r1, r2),
    half.store(r5, at, r1),
    jump("track translated"),
    label(`track whole ${name}`),
    half.load(r1, r5, at),
    ...(name === "udp" ? [jumpEqual.imm(r1, 0, "track translated")] : []),
    double.load(r4, r10, place.grown),
    double.load(r2, r10, place.grownPorts),
    add.reg(r4, r2),
    ...adjust(r1, r4, r2),
    ...(name === "udp"
      ? [jumpNotEqual.imm(r1, 0, "track not zero"), mov.imm(r1, 0xffff), label("track not zero")]
      : []),
    half.store(r5, at, r1),
    jump("track translated"),
  ];
  return [
    ...headerAt(r5, scratch.transport, other),
    word.load(r0, r10, place.protocol),
    // r1 becomes the ports, which are the other way round there.
    word.load(r1, r3, 32),
    jumpEqual.imm(r0, ICMP, "track translate id"),
    jumpEqual.imm(r0, ICMPV6, "track translate id"),
    jumpEqual.imm(r0, TCP, "track ports there"),
    jumpNotEqual.imm(r0, UDP, "track translated"),
    label("track ports there"),
    mov32.reg(r2, r1),
    shiftRight32.imm(r2, 16),
    shiftLeft32.imm(r1, 16),
    or32.reg(r1, r2),
    word.store(r7, keyAt(words.tp), r1),
    toBigEndian(r1, 32),
    word.load(r2, r5, 0),
    word.store(r5, 0, r1),
    xor32.imm(r2, -1),
    add.reg(r1, r2),
    double.store(r10, place.grownPorts, r1),
    jumpEqual.imm(r0, UDP, "track translate udp"),
    ...isPartial("tcp", 16),
    ...isPartial("udp", 6),
    label("track translate id"),
    shiftRight32.imm(r1, 16),
    toBigEndian(r1, 16),
    half.load(r2, r5, 4),
    half.store(r5, 4, r1),
    xor32.imm(r2, 0xffff),
    add.reg(r1, r2),
    double.store(r10, place.grownPorts, r1),
    jumpEqual.imm(r0, ICMPV6, "track translate icmp"),
    // IPv4's has no pseudo header.
    mov.imm(r1, 0),
    double.store(r10, place.grown, r1),
    ...isPartial("icmp", 2),
    label("track translated"),
  ];
}

/** Puts what was changed in the scratch memory into the frame. */
function storeHeaders(other: string): ProgramItem[] {
  const size = (protocol: number, bytes: number): ProgramItem[] => [
    mov.imm(r4, bytes),
    jumpEqual.imm(r0, protocol, "track store"),
  ];
  return [
    word.load(r0, r10, place.protocol),
    // From the addresses (IPv4: the checksum before them) to the end of what may have changed of the transport.
    ...size(TCP, 18),
    ...size(UDP, 8),
    ...size(ICMP, 6),
    ...size(ICMPV6, 6),
    mov.imm(r4, 0),
    label("track store"),
    word.load(r2, r7, scratch.network),
    mov.imm(r1, 10),
    word.load(r0, r10, place.ipv6),
    jumpEqual.imm(r0, 0, "track store ipv4"),
    mov.imm(r1, 8),
    add.imm(r4, 22),
    label("track store ipv4"),
    add.imm(r4, 10),
    add.reg(r2, r1),
    and.imm(r2, 0xff),
    mov.reg(r3, r7),
    add.reg(r3, r2),
    ...(scratch.frame === 0 ? [] : [add.imm(r3, scratch.frame)]),
    mov.reg(r1, r6),
    mov.imm(r5, RECOMPUTE),
    callHelper(helper.skbStoreBytes),
    jumpNotEqual.imm(r0, 0, other),
  ];
}

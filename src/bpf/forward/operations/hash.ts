import { and, and32, mov, mov32, or32, shiftLeft32, shiftRight32, toBigEndian, xor32 } from "../../alu.js";
import { jump, jumpEqual, jumpNotEqual } from "../../control.js";
import { label, type ProgramItem } from "../../instruction.js";
import { byte, word } from "../../memory.js";
import { r0, r1, r2, r3, r7, r8 } from "../../registers.js";
import { hash as at, Operation, scratch } from "../layout.js";
import type { KeyWords } from "../parse.js";
import { connectionHash, murmurAdd, murmurFinish } from "../tunnel-hash.js";
import type { OperationCode } from "./operation-code.js";

const [IPV4, IPV6] = [0x0800, 0x86dd];
const [TCP, SCTP] = [6, 132];
const VLAN_ID = 0xfff;

const loadKey = (to: typeof r1, index: number): ProgramItem => word.load(to, r7, scratch.key + 4 * index);

/** Adds what two words of the key differ in, as it would be on the wire. */
function addDifference(a: number, b: number): ProgramItem[] {
  return [loadKey(r1, a), loadKey(r2, b), xor32.reg(r1, r2), toBigEndian(r1, 32), ...murmurAdd];
}

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

/** r0 becomes a hash of the connection that tells its directions apart; r3 is the basis. */
function directed(words: KeyWords): ProgramItem[] {
  return [
    ...connectionHash(words),
    mov32.imm(r1, 0),
    ...murmurAdd,
    mov32.reg(r1, r3),
    ...murmurAdd,
    xor32.imm(r0, 8),
    ...murmurFinish(),
    jump("forward hash done"),
  ];
}

/** r0 becomes a hash that is the same for both directions; r3 is the basis. */
function symmetric({ ethType, nwSrc, nwDst, ipv6Src, nw, tp }: KeyWords): ProgramItem[] {
  return [
    label("forward hash symmetric"),
    mov32.reg(r0, r3),
    loadKey(r1, ethType),
    jumpEqual.imm(r1, IPV4, "forward hash symmetric ipv4"),
    jumpNotEqual.imm(r1, IPV6, "forward hash ethernet"),
    ...range(ipv6Src, 4).flatMap((index) => addDifference(index, index + 4)),
    jump("forward hash symmetric protocol"),
    label("forward hash symmetric ipv4"),
    ...addDifference(nwSrc, nwDst),
    label("forward hash symmetric protocol"),
    byte.load(r1, r7, scratch.key + 4 * nw),
    ...murmurAdd,
    byte.load(r1, r7, scratch.key + 4 * nw),
    ...[TCP, SCTP].map((protocol) => jumpEqual.imm(r1, protocol, "forward hash symmetric ports")),
    jump("forward hash symmetric end"),
    label("forward hash symmetric ports"),
    loadKey(r1, tp),
    mov32.reg(r2, r1),
    shiftLeft32.imm(r2, 16),
    xor32.reg(r1, r2),
    toBigEndian(r1, 32),
    and.imm(r1, 0xffff),
    ...murmurAdd,
    label("forward hash symmetric end"),
    xor32.reg(r0, r3),
    ...murmurFinish(),
    jump("forward hash done"),
  ];
}

/** The same of what is not IP. */
function ethernet({ eth, ethType, vlan0, vlan1 }: KeyWords): ProgramItem[] {
  return [
    label("forward hash ethernet"),
    loadKey(r2, vlan0),
    loadKey(r1, vlan1),
    xor32.reg(r2, r1),
    and32.imm(r2, VLAN_ID),
    loadKey(r1, ethType),
    shiftLeft32.imm(r1, 16),
    or32.reg(r1, r2),
    toBigEndian(r1, 32),
    ...murmurAdd,
    // Destination and source differ in 48 bits: the upper 32, then the lower 16 with zeros behind.
    loadKey(r1, eth + 1),
    shiftLeft32.imm(r1, 16),
    loadKey(r2, eth + 2),
    shiftRight32.imm(r2, 16),
    or32.reg(r1, r2),
    loadKey(r2, eth),
    xor32.reg(r1, r2),
    toBigEndian(r1, 32),
    ...murmurAdd,
    loadKey(r1, eth + 1),
    shiftRight32.imm(r1, 16),
    loadKey(r2, eth + 2),
    and32.imm(r2, 0xffff),
    xor32.reg(r1, r2),
    shiftLeft32.imm(r1, 16),
    toBigEndian(r1, 32),
    ...murmurAdd,
    jump("forward hash symmetric end"),
  ];
}

/** Writes dp_hash: what `packetHash` of the userspace engine gives, of the key as it is. */
export const hash: OperationCode = {
  code: Operation.hash,
  items: ({ words }) => [
    word.load(r3, r8, at.basis),
    word.load(r1, r8, at.algorithm),
    jumpNotEqual.imm(r1, 0, "forward hash symmetric"),
    ...directed(words),
    ...symmetric(words),
    ...ethernet(words),
    label("forward hash done"),
    jumpNotEqual.imm(r0, 0, "forward hash store"),
    mov.imm(r0, 1),
    label("forward hash store"),
    word.store(r7, scratch.key + 4 * words.dpHash, r0),
    word.storeImm(r7, scratch.dirty, 1),
    jump("forward next"),
  ],
};

import { add, and, mov, negate, or, shiftLeft, sub } from "../alu.js";
import type { SkbPlaces } from "../capture-program.js";
import { callHelper, jump, jumpEqual, jumpGreater, jumpGreaterOrEqual, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { double, half, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r10 } from "../registers.js";
import { countHere } from "./add-to.js";
import { count } from "./count.js";
import { LAST_CALL, MAX_RECIRCULATIONS, processorRow, scratch } from "./layout.js";
import { findOperation } from "./memory.js";
import type { KeyWords } from "./parse.js";
import { readProtocol } from "./protocol-of.js";
import { skb } from "./skb.js";
import { enterAs } from "./tail-call.js";
import { TunnelMark, type TunnelWords, tunnelPop } from "./tunnel-layout.js";
import { AT, ID, INNER, MARKS, PORTS, READ_FREE, readTunnel } from "./tunnel-read.js";

const ETHERNET = 14;
/** The Ethernet types of IP, as they are in a header. */
const IPV4_TYPE = 0x0008;
const IPV6_TYPE = 0xdd86;
const ROOM_MAC = 1;
/** BPF_F_ADJ_ROOM_*: segments stay as long as they are, and checksums as they are known; what is inside is IP of which version. */
const ROOM_FLAGS = 0x21;
const ROOM_IPV4 = 0x80;
const ROOM_IPV6 = 0x100;
/** BPF_CSUM_LEVEL_DEC */
const ONE_CHECKSUM_LESS = 2;
/** Words of IPv4's pair of addresses, and of IPv6's. */
const IPV4_WORDS = 2;
const IPV6_WORDS = 8;

const KIND = READ_FREE - 8;

interface PopProgram {
  readonly processors: number;
  /** Rows of counters for each processor. */
  readonly flows: number;
  readonly words: KeyWords & TunnelWords;
  readonly kernelSkb: SkbPlaces;
}

/**
 * The part that takes a packet out of a tunnel, as the operation r8 says, and has it come in by the tunnel's port. For a list that counts later: what is not for the kernel goes up
 * before anything is done.
 */
export function popTunnel({ processors, flows, words, kernelSkb }: PopProgram): ProgramItem[] {
  return [
    word.load(r1, r7, scratch.recirculations),
    jumpGreaterOrEqual.imm(r1, MAX_RECIRCULATIONS, "pop up"),
    word.load(r1, r7, scratch.calls),
    jumpGreater.imm(r1, LAST_CALL, "pop up"),
    ...readTunnel(words, kernelSkb, "pop up"),
    jump("forward counted"),
    ...count(processors, flows, words),
    label("forward execute"),
    label("forward onward"),
    ...findOperation("forward lost"),
    ...takeOff(),
    ...describe(words),
    word.load(r1, r8, tunnelPop.slot),
    word.store(r7, scratch.slot, r1),
    word.load(r1, r7, scratch.recirculations),
    add.imm(r1, 1),
    word.store(r7, scratch.recirculations, r1),
    ...countHere(processorRow.recirculated),
    ...enterAs("again"),
    label("pop up"),
    ...enterAs("up"),
  ];
}

/** Takes everything off before the inner Ethernet header. */
function takeOff(): ProgramItem[] {
  const popTag = (name: string): ProgramItem[] => [
    word.load(r1, r6, skb.vlanPresent),
    jumpEqual.imm(r1, 0, name),
    mov.reg(r1, r6),
    callHelper(helper.skbVlanPop),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    label(name),
  ];
  return [
    ...popTag("pop untagged once"),
    ...popTag("pop untagged"),
    // A tag that was in the frame is not there any more.
    double.load(r2, r10, AT),
    word.load(r1, r7, scratch.network),
    sub.reg(r2, r1),
    add.imm(r2, ETHERNET),
    negate(r2),
    half.load(r1, r10, INNER + 12),
    double.store(r10, KIND, r1),
    mov.imm(r4, ROOM_FLAGS | ROOM_IPV4),
    jumpNotEqual.imm(r1, IPV6_TYPE, "pop ipv4"),
    mov.imm(r4, ROOM_FLAGS | ROOM_IPV6),
    label("pop ipv4"),
    mov.reg(r1, r6),
    mov.imm(r3, ROOM_MAC),
    callHelper(helper.skbAdjustRoom),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    mov.reg(r1, r6),
    mov.imm(r2, 0),
    mov.reg(r3, r10),
    add.imm(r3, INNER),
    mov.imm(r4, ETHERNET),
    mov.imm(r5, 0),
    callHelper(helper.skbStoreBytes),
    jumpNotEqual.imm(r0, 0, "forward lost"),
    // Of the checksums that the device found right the outer one is gone. What it did not look at is not counted there.
    double.load(r1, r10, MARKS),
    and.imm(r1, TunnelMark.checksum),
    jumpEqual.imm(r1, 0, "pop summed"),
    word.load(r1, r6, skb.gsoSize),
    jumpNotEqual.imm(r1, 0, "pop summed"),
    mov.reg(r1, r6),
    mov.imm(r2, ONE_CHECKSUM_LESS),
    callHelper(helper.csumLevel),
    label("pop summed"),
    double.load(r1, r10, KIND),
    jumpEqual.imm(r1, IPV4_TYPE, "pop done"),
    jumpEqual.imm(r1, IPV6_TYPE, "pop done"),
    ...readProtocol(),
    label("pop done"),
  ];
}

/** The key says what the packet came out of, and nothing of before. It still names the outer addresses: words of the version that it is not are 0. */
function describe(words: KeyWords & TunnelWords): ProgramItem[] {
  const at = (index: number): number => scratch.key + 4 * index;
  const first = (words.tunMeta + 1) & ~1;
  const copy = (from: number, to: number): ProgramItem[] => [word.load(r1, r7, at(from)), word.store(r7, at(to), r1)];
  const keep = (from: number, to: number): ProgramItem[] => [double.load(r1, r10, from), word.store(r7, at(to), r1)];
  return [
    ...Array.from({ length: (words.eth - first) / 2 }, (_, i) => double.storeImm(r7, at(first + 2 * i), 0)),
    ...Array.from({ length: IPV4_WORDS }, (_, i) => copy(words.nwSrc + i, words.tunSrc + i)).flat(),
    ...Array.from({ length: IPV6_WORDS }, (_, i) => copy(words.ipv6Src + i, words.tunIpv6Src + i)).flat(),
    word.storeImm(r7, at(words.tunId), 0),
    ...keep(ID, words.tunId + 1),
    ...keep(PORTS, words.tunTp),
    // Type of service and time to live.
    word.load(r1, r7, at(words.nw)),
    and.imm(r1, 0x00ffff00),
    shiftLeft.imm(r1, 8),
    double.load(r2, r10, MARKS),
    or.reg(r1, r2),
    word.store(r7, at(words.tunMeta), r1),
    word.load(r1, r8, tunnelPop.port),
    word.store(r7, at(words.inPort), r1),
    word.storeImm(r7, scratch.dirty, 1),
  ];
}

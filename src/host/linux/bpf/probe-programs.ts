import { add, mov } from "#bpf/alu.js";
import { captureFunctions } from "#bpf/capture-program.js";
import { callHelper, callKernel, exit, jumpEqual, mayGoto } from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { double, loadFunction, loadImm64, loadMap } from "#bpf/memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r10 } from "#bpf/registers.js";

/** The smallest programs that need a feature; maps and kernel functions are symbols. */

const end: readonly ProgramItem[] = [mov.imm(r0, 0), exit()];
const RING_DYNPTR = -16;
const SKB_DYNPTR = -32;

/** BPF_ADJ_ROOM_MAC, and flags (BPF_F_ADJ_ROOM_*): GSO sizes stay, what is put in front is IPv4 and UDP, and 14 bytes of Ethernet behind it. */
const ROOM_MAC = 1;
const ROOM_IPV4_UDP = 0x1 | 0x2 | 0x10;
const ROOM_ETHERNET = 0x40;
const ETHERNET_INSIDE = 14n << 56n;
/** Outer IPv4, UDP and VXLAN headers and the inner Ethernet header. */
const VXLAN_ROOM = 50;

export const kernelFunction: readonly ProgramItem[] = [callKernel(captureFunctions[0]!), ...end];

export const skbDynptr: readonly ProgramItem[] = [
  mov.imm(r2, 0),
  mov.reg(r3, r10),
  add.imm(r3, SKB_DYNPTR),
  callKernel("bpf_dynptr_from_skb"),
  ...end,
];

/** Takes 64 bytes of the ring called `ring`, fills them from the packet, and gives them back. */
export const ringDynptr: readonly ProgramItem[] = [
  mov.reg(r6, r1),
  mov.reg(r1, r6),
  mov.imm(r2, 0),
  mov.reg(r3, r10),
  add.imm(r3, SKB_DYNPTR),
  callKernel("bpf_dynptr_from_skb"),
  loadMap(r1, "ring"),
  mov.imm(r2, 64),
  mov.imm(r3, 0),
  mov.reg(r4, r10),
  add.imm(r4, RING_DYNPTR),
  callHelper(helper.ringbufReserveDynptr),
  mov.reg(r1, r10),
  add.imm(r1, RING_DYNPTR),
  mov.imm(r2, 0),
  mov.reg(r3, r10),
  add.imm(r3, SKB_DYNPTR),
  mov.imm(r4, 0),
  mov.imm(r5, 14),
  callKernel("bpf_dynptr_copy"),
  mov.reg(r1, r10),
  add.imm(r1, RING_DYNPTR),
  mov.imm(r2, 0),
  callHelper(helper.ringbufDiscardDynptr),
  ...end,
];

export const openLoop: readonly ProgramItem[] = [
  mov.imm(r0, 0),
  label("again"),
  mayGoto("out"),
  jumpEqual.imm(r0, 0, "again"),
  label("out"),
  ...end,
];

/** Wants type information of its own, which it lacks: a kernel that has the helper says so. */
export const loop: readonly ProgramItem[] = [
  mov.imm(r1, 1),
  loadFunction(r2, "body"),
  mov.imm(r3, 0),
  mov.imm(r4, 0),
  callHelper(helper.loop),
  ...end,
  label("body"),
  ...end,
];

/** Goes to program 0 of the program array called `programs`. */
export const tailCall: readonly ProgramItem[] = [
  loadMap(r2, "programs"),
  mov.imm(r3, 0),
  callHelper(helper.tailCall),
  ...end,
];

export const atomics: readonly ProgramItem[] = [
  double.storeImm(r10, -8, 0),
  mov.imm(r1, 1),
  double.fetchAdd(r10, -8, r1),
  mov.imm(r0, 1),
  double.compareExchange(r10, -8, r1),
  ...end,
];

export const jiffies: readonly ProgramItem[] = [callHelper(helper.jiffies64), ...end];

export const redirectPeer: readonly ProgramItem[] = [
  mov.imm(r1, 1),
  mov.imm(r2, 0),
  callHelper(helper.redirectPeer),
  ...end,
];

/** Makes room for the headers of a tunnel; what it returns is what the kernel said, 0 or a negative errno. */
export function adjustRoom(withEthernet: boolean): ProgramItem[] {
  const flags = withEthernet ? BigInt(ROOM_IPV4_UDP | ROOM_ETHERNET) | ETHERNET_INSIDE : BigInt(ROOM_IPV4_UDP);
  return [
    mov.imm(r2, VXLAN_ROOM),
    mov.imm(r3, ROOM_MAC),
    loadImm64(r4, flags),
    callHelper(helper.skbAdjustRoom),
    exit(),
  ];
}

/** An IPv4 packet of 64 bytes with a UDP datagram, to try programs on. */
export const probePacket: Uint8Array = Uint8Array.from({ length: 64 }, (_, at) =>
  at === 12 ? 0x08 : at === 14 ? 0x45 : at === 17 ? 50 : at === 22 ? 64 : at === 23 ? 17 : at === 39 ? 30 : 0,
);

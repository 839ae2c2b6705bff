import { add, and, mov, mov32, mul, or, shiftRight, sub } from "./alu.js";
import type { Btf } from "./btf.js";
import { callHelper, callKernel, exit, jump, jumpEqual, jumpGreater, jumpNotEqual } from "./control.js";
import { helper } from "./helpers.js";
import { label, type ProgramItem } from "./instruction.js";
import { byte, double, half, loadMap, loadMapValue, word } from "./memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "./registers.js";

/** What a tcx program returns to drop a packet. */
const TCX_DROP = 2;

/** A record of the capture ring: this header, then the frame from its destination MAC on. Little-endian; offsets in bytes. */
export const captureRecord = {
  /** u32: length of the frame that follows, VLAN tag included. */
  length: 0,
  /** u32: the number the program was made with. */
  port: 4,
  /** u16: skb->csum_start minus skb's headroom, so from the frame's start without a tag put back. */
  csumStart: 8,
  /** u16: skb->csum_offset. */
  csumOffset: 10,
  /** u16: payload bytes of each segment, 0 for a frame that is not GSO. */
  gsoSize: 12,
  /** u8: skb->ip_summed; 3 is CHECKSUM_PARTIAL, 1 CHECKSUM_UNNECESSARY. */
  checksum: 14,
  /** u8: bit 0 where a VLAN tag was put back from the packet's metadata; bit 1 where `resumeRecord` lies between this header and the frame. */
  tagged: 15,
  size: 16,
} as const;

/** What a record carries of a packet that a program in the kernel has begun with: the key's first words, and how often it has been recirculated. */
export const resumeRecord = { key: 0, words: 64, recirculations: 256, size: 264 } as const;

/** Bits of `captureRecord.tagged`. */
export const CAPTURE_TAGGED = 1;
export const CAPTURE_RESUMED = 2;

/** Kernel functions the capture program calls. */
export const captureFunctions: readonly string[] = ["bpf_cast_to_kern_ctx", "bpf_dynptr_from_skb", "bpf_dynptr_copy"];

/** Slots of ports: 1 to this. */
export const CAPTURE_SLOTS = 511;

/**
 * Bytes of the `state` map's value: word 0 is "the reader sleeps"; word 1 what a frame in the ring costs beyond its length; for each slot a
 * 64-bit counter of frames lost, and 32-bit sums, modulo 2^32, of the frames that went into the ring and, kept by the reader, of those it has
 * taken: their number, four bytes further on the length of their records. `reading` is the reader's own: the position behind the record it reads.
 */
export const captureState = {
  sleeping: 0,
  frameCost: 4,
  lost: (slot: number): number => 8 * slot,
  reading: 4096,
  entered: (slot: number): number => 4096 + 16 * slot,
  taken: (slot: number): number => 4096 + 16 * slot + 8,
  size: 12288,
} as const;

/** Places in struct sk_buff and its ABI mirror that the program reads. */
export interface SkbPlaces {
  readonly csumStart: number;
  readonly csumOffset: number;
  readonly data: number;
  readonly head: number;
  readonly networkHeader: number;
  readonly transportHeader: number;
  readonly ipSummed: { readonly byte: number; readonly bit: number };
  readonly encapsulation: { readonly byte: number; readonly bit: number };
  /** Undefined in a kernel that does not redirect by traffic control. */
  readonly redirected?: { readonly byte: number; readonly bit: number };
}

/** Reads from the kernel's BTF where the members lie; undefined where one is missing. */
export function skbPlaces(btf: Btf): SkbPlaces | undefined {
  const names = ["csum_start", "csum_offset", "data", "head", "network_header", "transport_header"];
  const [csumStart, csumOffset, data, head, networkHeader, transportHeader] = names.map(
    (name) => btf.member("sk_buff", name)?.byte,
  );
  const [ipSummed, encapsulation] = [btf.member("sk_buff", "ip_summed"), btf.member("sk_buff", "encapsulation")];
  const isWhole = csumStart !== undefined && csumOffset !== undefined && data !== undefined && head !== undefined;
  if (!isWhole || networkHeader === undefined || transportHeader === undefined) return undefined;
  if (!ipSummed || !encapsulation) return undefined;
  const redirected = btf.member("sk_buff", "redirected");
  const headers = { csumStart, csumOffset, data, head, networkHeader, transportHeader };
  return { ...headers, ipSummed, encapsulation, ...(redirected && { redirected }) };
}

/** Offsets in struct __sk_buff (linux/bpf.h). */
const ctx = { length: 0, vlanPresent: 20, vlanTci: 24, vlanProto: 28, gsoSize: 176 } as const;
const RING_DYNPTR = -16;
const SKB_DYNPTR = -32;
const RECORD = -48;
const TAG = -56;
const BEGUN = -64;
/** bpf_ringbuf_query: bytes that the reader has not released. */
const RING_UNREAD = 0;
const BPF_RB_NO_WAKEUP = 1;
const BPF_RB_FORCE_WAKEUP = 2;

/** Where the frames of one receive queue go. Several queues may share a ring. */
export interface CaptureQueue {
  /** What `captureRecord.port` will say. */
  readonly id: number;
  /** The queue's counters in the ring's state: 1 to `CAPTURE_SLOTS`. */
  readonly slot: number;
  /** The ring buffer map's name among the program's symbols, and that of its `captureState` map. */
  readonly ring: string;
  readonly state: string;
  /** Bytes of the ring. */
  readonly size: number;
}

/** Where the members of `resumeRecord` are taken from: offsets in a program's own memory. */
export interface BegunPlaces {
  readonly key: number;
  readonly recirculations: number;
}

/** Names of places in the code of one queue. */
type Places = (name: string) => string;

/**
 * A queue whose waiting frames cost more than twice what is free gets nothing more: alone it may fill most of the ring, and whatever the
 * others do, there is room for one that begins.
 */
function leaveRoom({ slot, ring, state, size }: CaptureQueue, at: Places): ProgramItem[] {
  return [
    loadMap(r1, ring),
    mov.imm(r2, RING_UNREAD),
    callHelper(helper.ringbufQuery),
    mov.imm(r1, size),
    sub.reg(r1, r0),
    add.reg(r1, r1),
    loadMapValue(r2, state, captureState.entered(slot)),
    word.load(r3, r2, 0),
    word.load(r4, r2, 8),
    sub.reg(r3, r4),
    mov32.reg(r3, r3),
    loadMapValue(r5, state, captureState.frameCost),
    word.load(r5, r5, 0),
    mul.reg(r3, r5),
    word.load(r4, r2, 4),
    word.load(r5, r2, 12),
    sub.reg(r4, r5),
    mov32.reg(r4, r4),
    add.reg(r3, r4),
    jumpGreater.reg(r3, r1, at("over")),
  ];
}

/** Room is taken in the ring for a header of so many bytes and the frame: r9 bytes, which are r7 and 4 more where r8 says that a tag waits in the metadata. */
function reserve(ring: string, header: number, at: Places): ProgramItem[] {
  return [
    word.load(r7, r6, ctx.length),
    word.load(r8, r6, ctx.vlanPresent),
    mov.reg(r9, r7),
    jumpEqual.imm(r8, 0, at("reserve")),
    add.imm(r9, 4),
    label(at("reserve")),
    word.store(r10, RECORD + captureRecord.length, r9),
    mov.reg(r2, r9),
    add.imm(r2, header),
    loadMap(r1, ring),
    mov.imm(r3, 0),
    mov.reg(r4, r10),
    add.imm(r4, RING_DYNPTR),
    callHelper(helper.ringbufReserveDynptr),
    jumpNotEqual.imm(r0, 0, at("full")),
  ];
}

/** Writes the record's header: what the frame still needs of checksum and segmentation. */
function writeHeader(port: number, skb: SkbPlaces, begun: BegunPlaces | undefined): ProgramItem[] {
  return [
    word.storeImm(r10, RECORD + captureRecord.port, port),
    word.load(r1, r6, ctx.gsoSize),
    half.store(r10, RECORD + captureRecord.gsoSize, r1),
    ...(begun
      ? [mov.reg(r1, r8), or.imm(r1, CAPTURE_RESUMED), byte.store(r10, RECORD + captureRecord.tagged, r1)]
      : [byte.store(r10, RECORD + captureRecord.tagged, r8)]),
    mov.reg(r1, r6),
    callKernel("bpf_cast_to_kern_ctx"),
    half.load(r1, r0, skb.csumStart),
    double.load(r2, r0, skb.data),
    double.load(r3, r0, skb.head),
    sub.reg(r2, r3),
    sub.reg(r1, r2),
    half.store(r10, RECORD + captureRecord.csumStart, r1),
    half.load(r1, r0, skb.csumOffset),
    half.store(r10, RECORD + captureRecord.csumOffset, r1),
    byte.load(r1, r0, skb.ipSummed.byte),
    shiftRight.imm(r1, skb.ipSummed.bit),
    and.imm(r1, 3),
    byte.store(r10, RECORD + captureRecord.checksum, r1),
    ...dynptrWrite(0, RECORD, captureRecord.size),
    ...(begun ? writeBegun(begun) : []),
    mov.reg(r1, r6),
    mov.imm(r2, 0),
    mov.reg(r3, r10),
    add.imm(r3, SKB_DYNPTR),
    callKernel("bpf_dynptr_from_skb"),
  ];
}

/** `size` bytes of the stack go to `offset` of the record. */
function dynptrWrite(offset: number, stack: number, size: number): ProgramItem[] {
  return [mov.reg(r3, r10), add.imm(r3, stack), ...dynptrWriteAt(offset, size)];
}

/** `size` bytes at r3 go to `offset` of the record. */
function dynptrWriteAt(offset: number, size: number): ProgramItem[] {
  return [
    mov.reg(r1, r10),
    add.imm(r1, RING_DYNPTR),
    mov.imm(r2, offset),
    mov.imm(r4, size),
    mov.imm(r5, 0),
    callHelper(helper.dynptrWrite),
  ];
}

/** What is known of the packet goes behind the header. */
function writeBegun({ key, recirculations }: BegunPlaces): ProgramItem[] {
  const from = (place: number): ProgramItem[] => [double.load(r3, r10, BEGUN), add.imm(r3, place)];
  const to = captureRecord.size;
  return [
    ...from(key),
    ...dynptrWriteAt(to + resumeRecord.key, 4 * resumeRecord.words),
    ...from(recirculations),
    ...dynptrWriteAt(to + resumeRecord.recirculations, 4),
  ];
}

/** Copies frame bytes from `from` on to `to` in the record; r5 holds how many. */
function copyFrame(to: number, from: number): ProgramItem[] {
  return [
    mov.reg(r1, r10),
    add.imm(r1, RING_DYNPTR),
    mov.imm(r2, to),
    mov.reg(r3, r10),
    add.imm(r3, SKB_DYNPTR),
    mov.imm(r4, from),
    callKernel("bpf_dynptr_copy"),
  ];
}

/** The frame goes behind a header of so many bytes. The tag goes between the addresses and the type: TPID in network order as the metadata has it, then the TCI. */
function copyTagged(header: number): ProgramItem[] {
  return [
    word.load(r1, r6, ctx.vlanProto),
    half.store(r10, TAG, r1),
    word.load(r1, r6, ctx.vlanTci),
    mov32.reg(r2, r1),
    shiftRight.imm(r2, 8),
    byte.store(r10, TAG + 2, r2),
    byte.store(r10, TAG + 3, r1),
    ...dynptrWrite(header + 12, TAG, 4),
    mov.imm(r5, 12),
    ...copyFrame(header, 0),
    mov.reg(r5, r7),
    sub.imm(r5, 12),
    ...copyFrame(header + 16, 12),
  ];
}

/** Publishes the record, waking the reader only where it said that it sleeps. */
function submit(state: string, at: Places): ProgramItem[] {
  return [
    label(at("submit")),
    // The exchange is a full barrier: either the reader saw our reservation before it slept, or we see that it sleeps.
    loadMapValue(r1, state, captureState.sleeping),
    mov.imm(r2, 0),
    word.exchange(r1, 0, r2),
    mov.imm(r3, BPF_RB_NO_WAKEUP),
    jumpEqual.imm(r2, 0, at("quiet")),
    mov.imm(r3, BPF_RB_FORCE_WAKEUP),
    label(at("quiet")),
    mov.reg(r1, r10),
    add.imm(r1, RING_DYNPTR),
    mov.reg(r2, r3),
    callHelper(helper.ringbufSubmitDynptr),
    mov.imm(r0, TCX_DROP),
    exit(),
  ];
}

function countEntered({ slot, state }: CaptureQueue): ProgramItem[] {
  return [
    loadMapValue(r1, state, captureState.entered(slot)),
    mov.imm(r2, 1),
    word.atomicAdd(r1, 0, r2),
    word.atomicAdd(r1, 4, r9),
  ];
}

function countLost({ slot, state }: CaptureQueue, at: Places): ProgramItem[] {
  return [
    label(at("full")),
    mov.reg(r1, r10),
    add.imm(r1, RING_DYNPTR),
    mov.imm(r2, 0),
    callHelper(helper.ringbufDiscardDynptr),
    label(at("over")),
    loadMapValue(r1, state, captureState.lost(slot)),
    mov.imm(r2, 1),
    double.atomicAdd(r1, 0, r2),
    mov.imm(r0, TCX_DROP),
    exit(),
  ];
}

/** Copies a frame whole into its queue's ring, with its state, or counts that it found no room; then drops it. */
function captureInto(queue: CaptureQueue, skb: SkbPlaces, begun: BegunPlaces | undefined, at: Places): ProgramItem[] {
  const header = captureRecord.size + (begun ? resumeRecord.size : 0);
  return [
    ...leaveRoom(queue, at),
    ...reserve(queue.ring, header, at),
    ...countEntered(queue),
    ...writeHeader(queue.id, skb, begun),
    jumpNotEqual.imm(r8, 0, at("tagged")),
    mov.reg(r5, r7),
    ...copyFrame(header, 0),
    jump(at("submit")),
    label(at("tagged")),
    ...copyTagged(header),
    ...submit(queue.state, at),
    ...countLost(queue, at),
  ];
}

/** Goes to the code of the queue that the packet's hash says, so that a flow stays in one. */
function chooseQueue(queues: readonly CaptureQueue[], at: Places): ProgramItem[] {
  return [
    mov.reg(r1, r6),
    callHelper(helper.getHashRecalc),
    mov32.reg(r0, r0),
    mul.imm(r0, queues.length),
    shiftRight.imm(r0, 32),
    ...queues.slice(1).map((_, i) => jumpEqual.imm(r0, i + 1, at(`queue ${i + 1}`))),
  ];
}

function captureIntoOne(
  queues: readonly CaptureQueue[],
  skb: SkbPlaces,
  begun: BegunPlaces | undefined,
  at: Places,
): ProgramItem[] {
  return [
    ...(queues.length > 1 ? chooseQueue(queues, at) : []),
    ...queues.flatMap((queue, i) => [
      label(at(`queue ${i}`)),
      ...captureInto(queue, skb, begun, (name) => at(`${name} ${i}`)),
    ]),
  ];
}

/**
 * The program for a captured port's tcx ingress: copies every frame whole (up to 64 KB for GSO) into the ring of one of its queues, with
 * its checksum and segmentation state and its VLAN tag in place, and drops the original.
 */
export function captureProgram(queues: readonly CaptureQueue[], skb: SkbPlaces): ProgramItem[] {
  return [mov.reg(r6, r1), ...captureIntoOne(queues, skb, undefined, (name) => name)];
}

/**
 * The same for a packet in r6 that a program has begun with and that the reader is to go on with: `resumeRecord` goes before the frame. r7 is the
 * memory in which `begun` lies.
 */
export function captureBegun(queues: readonly CaptureQueue[], skb: SkbPlaces, begun: BegunPlaces): ProgramItem[] {
  return [double.store(r10, BEGUN, r7), ...captureIntoOne(queues, skb, begun, (name) => `begun ${name}`)];
}

/** The program that hides a link from the host's stack: it drops all. */
export function dropProgram(): ProgramItem[] {
  return [mov.imm(r0, TCX_DROP), exit()];
}

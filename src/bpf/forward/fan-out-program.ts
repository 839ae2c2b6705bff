import { add, mov, sub, xor } from "../alu.js";
import { callHelper, exit, jumpEqual, jumpGreater, jumpNotEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { half, loadMap, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r7, r10 } from "../registers.js";
import { FAN_OUT_LONGEST, fanTrailer } from "./layout.js";

/** The map of sets among the program's symbols: an array of device maps. */
export const FAN_OUT_SETS = "fan-out sets";

const XDP_DROP = 1;
const XDP_PASS = 2;
/** BPF_F_BROADCAST: to all devices of the map. */
const BROADCAST = 8;
const INDEX = -4;
/** Offsets in struct xdp_md. */
const xdp = { data: 0, dataEnd: 4 } as const;

/**
 * The XDP program of the device that packets for many ports are put to: takes the trailer off (`fanTrailer`) and sends the packet to each device of the set that it names. It is to run in the stack (generic XDP): there copies share the packet's bytes,
 * and reach the drivers without queueing. What has no trailer is somebody else's, and passes.
 */
export function fanOutProgram(): ProgramItem[] {
  return [
    mov.reg(r6, r1),
    word.load(r2, r6, xdp.data),
    word.load(r3, r6, xdp.dataEnd),
    mov.reg(r4, r3),
    sub.reg(r4, r2),
    sub.imm(r4, fanTrailer.size),
    jumpGreater.imm(r4, FAN_OUT_LONGEST, "pass"),
    add.reg(r2, r4),
    mov.reg(r5, r2),
    add.imm(r5, fanTrailer.size),
    jumpGreater.reg(r5, r3, "pass"),
    half.load(r7, r2, fanTrailer.set),
    half.load(r1, r2, fanTrailer.inverse),
    xor.reg(r1, r7),
    jumpNotEqual.imm(r1, 0xffff, "pass"),
    mov.reg(r1, r6),
    mov.imm(r2, -fanTrailer.size),
    callHelper(helper.xdpAdjustTail),
    jumpNotEqual.imm(r0, 0, "drop"),
    word.store(r10, INDEX, r7),
    loadMap(r1, FAN_OUT_SETS),
    mov.reg(r2, r10),
    add.imm(r2, INDEX),
    callHelper(helper.mapLookupElem),
    jumpEqual.imm(r0, 0, "drop"),
    mov.reg(r1, r0),
    mov.imm(r2, 0),
    mov.imm(r3, BROADCAST),
    callHelper(helper.redirectMap),
    exit(),
    label("drop"),
    mov.imm(r0, XDP_DROP),
    exit(),
    label("pass"),
    mov.imm(r0, XDP_PASS),
    exit(),
  ];
}

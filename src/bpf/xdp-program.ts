import { add, mov, toBigEndian } from "./alu.js";
import { callHelper, callKernel, exit, jumpEqual, jumpGreater, jumpNotEqual } from "./control.js";
import { helper } from "./helpers.js";
import { label, type ProgramItem } from "./instruction.js";
import { half, loadMap, word } from "./memory.js";
import { r0, r1, r2, r3, r4, r5, r6, r10 } from "./registers.js";

const XDP_DROP = 1;
const XDP_PASS = 2;
/** Places in struct xdp_md. */
const DATA = 0;
const DATA_END = 4;
const RX_QUEUE_INDEX = 16;
/** Places on the stack. */
const TAG_TYPE = -8;
const TAG = -6;
const QUEUE = -16;
const TAG_LENGTH = 4;
const TAGGED_HEADER = 18;

/** The kernel function that tells the VLAN tag which a device has taken out of a frame; for programs that are bound to their device. */
export const vlanTagFunction = "bpf_xdp_metadata_rx_vlan_tag";

/** Puts the tag back behind the addresses, for a socket: a frame that goes on its way still has it beside itself. */
const putTagBack: readonly ProgramItem[] = [
  mov.reg(r6, r1),
  word.load(r2, r1, RX_QUEUE_INDEX),
  word.store(r10, QUEUE, r2),
  loadMap(r1, "sockets"),
  mov.reg(r2, r10),
  add.imm(r2, QUEUE),
  callHelper(helper.mapLookupElem),
  jumpEqual.imm(r0, 0, "pass"),
  mov.reg(r1, r6),
  mov.reg(r2, r10),
  add.imm(r2, TAG_TYPE),
  mov.reg(r3, r10),
  add.imm(r3, TAG),
  callKernel(vlanTagFunction),
  jumpNotEqual.imm(r0, 0, "redirect"),
  mov.reg(r1, r6),
  mov.imm(r2, -TAG_LENGTH),
  callHelper(helper.xdpAdjustHead),
  jumpNotEqual.imm(r0, 0, "drop"),
  word.load(r2, r6, DATA),
  word.load(r3, r6, DATA_END),
  mov.reg(r4, r2),
  add.imm(r4, TAGGED_HEADER),
  jumpGreater.reg(r4, r3, "drop"),
  ...[0, 4, 8].flatMap((at) => [word.load(r5, r2, at + TAG_LENGTH), word.store(r2, at, r5)]),
  half.load(r5, r10, TAG_TYPE),
  half.store(r2, 12, r5),
  half.load(r5, r10, TAG),
  toBigEndian(r5, 16),
  half.store(r2, 14, r5),
  label("redirect"),
  mov.reg(r1, r6),
];

/**
 * The XDP program of an AF_XDP port: gives each frame to the socket of its receive queue in the XSKMAP `sockets`; where there is none, it
 * goes on its way. With `asksForTag`, first puts a VLAN tag back that the device has taken out.
 */
export function xdpProgram(asksForTag: boolean): ProgramItem[] {
  return [
    ...(asksForTag ? putTagBack : []),
    word.load(r2, r1, RX_QUEUE_INDEX),
    loadMap(r1, "sockets"),
    mov.imm(r3, XDP_PASS),
    callHelper(helper.redirectMap),
    exit(),
    ...(asksForTag ? [label("drop"), mov.imm(r0, XDP_DROP), exit(), label("pass"), mov.imm(r0, XDP_PASS), exit()] : []),
  ];
}

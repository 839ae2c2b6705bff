import { mov } from "./alu.js";
import { callHelper, exit } from "./control.js";
import { helper } from "./helpers.js";
import type { ProgramItem } from "./instruction.js";
import { loadMap, word } from "./memory.js";
import { r1, r2, r3 } from "./registers.js";

const XDP_PASS = 2;
/** Where struct xdp_md has the number of the queue that the frame came by. */
const RX_QUEUE_INDEX = 16;

/** The XDP program of an AF_XDP port: gives each frame to the socket of its receive queue in the XSKMAP `sockets`; where there is none, it goes on its way. */
export function xdpProgram(): ProgramItem[] {
  return [
    word.load(r2, r1, RX_QUEUE_INDEX),
    loadMap(r1, "sockets"),
    mov.imm(r3, XDP_PASS),
    callHelper(helper.redirectMap),
    exit(),
  ];
}

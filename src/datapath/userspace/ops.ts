import type { UserspaceCookie } from "../actions.js";
import type { CtStep } from "../conntrack/ct-step.js";
import type { Rewrite } from "./frames/rewrite.js";
import type { PushStep } from "./tunnels/tunnel-push.js";

export const OP_OUTPUT = 0;
export const OP_USERSPACE = 1;
export const OP_REWRITE = 2;
export const OP_SET_KEY = 3;
export const OP_PUSH_VLAN = 4;
export const OP_POP_VLAN = 5;
export const OP_PUSH_MPLS = 6;
export const OP_POP_MPLS = 7;
export const OP_TRUNC = 8;
export const OP_RECIRC = 9;
export const OP_HASH = 10;
export const OP_SAMPLE = 11;
export const OP_CLONE = 12;
export const OP_CHECK_LENGTH = 13;
export const OP_DROP = 14;
export const OP_METER = 15;
export const OP_PUSH_ETH = 16;
export const OP_POP_ETH = 17;
export const OP_PUSH_NSH = 18;
export const OP_POP_NSH = 19;
export const OP_ADD_MPLS = 20;
export const OP_CT = 21;
export const OP_CT_CLEAR = 22;
export const OP_TNL_PUSH = 23;
export const OP_TNL_POP = 24;

/** A program for frames of one flow. */
export type Program = readonly Op[];

/**
 * One step of a program; every step has the same shape, so that running them stays fast. What `a` and `b` mean depends on `code`:
 * output: port; userspace: –; rewrite: –, not 0 where the key is to be read again; push_vlan: TPID, TCI; push_mpls, add_mpls: label stack entry,
 * Ethernet type; pop_mpls: Ethernet type; trunc:
 * length; recirc: id; hash: algorithm (0 l4, 1 sym_l4), basis; sample: probability; check_pkt_len: length; drop: reason;
 * meter: id; tnl_pop: port.
 */
export interface Op {
  readonly code: number;
  readonly a: number;
  readonly b: number;
  /** The header change of a rewrite. */
  readonly change: Rewrite | undefined;
  /** Key words that a rewrite or a metadata set changes: triples (word, value, mask). */
  readonly words: Uint32Array | undefined;
  readonly cookie: UserspaceCookie | undefined;
  /** A header that is put on: of push_nsh all of it, of push_eth the destination and the source. */
  readonly header: Uint8Array | undefined;
  readonly ct: CtStep | undefined;
  readonly push: PushStep | undefined;
  /** Inner actions of sample and clone; those for a longer packet of check_pkt_len. */
  readonly inner: Program;
  /** Those for a packet that is not longer. */
  readonly otherwise: Program;
}

const NONE: Program = [];

/** Makes a step, all members present. */
export function op(code: number, members: Partial<Omit<Op, "code">> = {}): Op {
  return {
    code,
    a: members.a ?? 0,
    b: members.b ?? 0,
    change: members.change,
    words: members.words,
    cookie: members.cookie,
    header: members.header,
    ct: members.ct,
    push: members.push,
    inner: members.inner ?? NONE,
    otherwise: members.otherwise ?? NONE,
  };
}

/** Where a packet that waited goes on: a step of a program. */
export interface Resumption {
  readonly program: Program;
  readonly next: number;
}

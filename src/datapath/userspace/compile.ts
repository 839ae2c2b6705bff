import type { FlowKey } from "#flow/key.js";
import { CORE_WORDS, KEY_WORDS, VLAN_PRESENT, W } from "#flow/layout.js";
import { UserError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import { ctStepOf } from "../conntrack/ct-step.js";
import { someAction } from "../nested-actions.js";
import type { Rewrite, RewriteLayer } from "./frames/rewrite.js";
import {
  OP_ADD_MPLS,
  OP_CHECK_LENGTH,
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_DROP,
  OP_HASH,
  OP_METER,
  OP_OUTPUT,
  OP_POP_ETH,
  OP_POP_MPLS,
  OP_POP_NSH,
  OP_POP_VLAN,
  OP_PUSH_ETH,
  OP_PUSH_MPLS,
  OP_PUSH_NSH,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_REWRITE,
  OP_SAMPLE,
  OP_SET_KEY,
  OP_TNL_POP,
  OP_TNL_PUSH,
  OP_TRUNC,
  OP_USERSPACE,
  type Op,
  op,
  type Program,
} from "./ops.js";
import { pushStepOf } from "./tunnels/tunnel-push.js";

const MAX_NESTING = 16;

/**
 * Turns datapath actions into a program. `key` tells which headers the packets have, for `set` actions whose value does
 * not say. Throws `UserError` for an action this engine does not have, naming it.
 */
export function compileActions(actions: readonly DatapathAction[], key: FlowKey, depth = 0): Program {
  if (depth > MAX_NESTING) throw new UserError("actions are nested too deeply");
  return actions.flatMap((action) => compileAction(action, key, depth));
}

/** What a list was compiled to last, and for which headers; -1 where it does not depend on these. */
interface Compiled {
  readonly headers: number;
  readonly program: Program;
}

const programs = new WeakMap<readonly DatapathAction[], Compiled>();
/** The list that was asked for last: most often it is asked for again. */
let lastList: readonly DatapathAction[] | undefined;
let last: Compiled | undefined;

/**
 * As `compileActions`, and the same program again for the same list of actions, which nobody changes meanwhile: a packet that comes up is
 * executed with the actions that its new flow has.
 */
export function programOf(actions: readonly DatapathAction[], key: FlowKey): Program {
  const known = actions === lastList ? last : programs.get(actions);
  const headers = ((key[W.ethType]! & 0xffff) << 8) | (key[W.nw]! & 0xff);
  const usable = known !== undefined && (known.headers < 0 || known.headers === headers);
  const compiled = usable
    ? known
    : { headers: dependsOnHeaders(actions) ? headers : -1, program: compileActions(actions, key) };
  if (!usable) programs.set(actions, compiled);
  lastList = actions;
  last = compiled;
  return compiled.program;
}

/** True where some action, however deep, is a `set`. */
function dependsOnHeaders(actions: readonly DatapathAction[]): boolean {
  return someAction(actions, isSet);
}

const isSet = ({ kind }: DatapathAction): boolean => kind === "set";

function compileAction(action: DatapathAction, key: FlowKey, depth: number): Op[] {
  switch (action.kind) {
    case "output":
      return [op(OP_OUTPUT, { a: action.port })];
    case "userspace":
      return [op(OP_USERSPACE, { cookie: action.cookie })];
    case "push_vlan":
      return [op(OP_PUSH_VLAN, { a: action.tpid, b: (action.pcp << 13) | (action.vid & 0xfff) })];
    case "pop_vlan":
      return [op(OP_POP_VLAN)];
    case "push_mpls":
      return [op(OP_PUSH_MPLS, { a: action.lse, b: action.ethertype })];
    case "pop_mpls":
      return [op(OP_POP_MPLS, { a: action.ethertype })];
    case "set":
      return compileSet(action.value, action.mask, key);
    case "recirc":
      return [op(OP_RECIRC, { a: action.id })];
    case "hash":
      return [op(OP_HASH, { a: action.algorithm === "l4" ? 0 : 1, b: action.basis })];
    case "sample":
      return [op(OP_SAMPLE, { a: action.probability, inner: compileActions(action.actions, key, depth + 1) })];
    case "clone":
      return [op(OP_CLONE, { inner: compileActions(action.actions, key, depth + 1) })];
    case "trunc":
      return [op(OP_TRUNC, { a: action.maxLength })];
    case "check_pkt_len":
      return [
        op(OP_CHECK_LENGTH, {
          a: action.length,
          inner: compileActions(action.greater, key, depth + 1),
          otherwise: compileActions(action.lessEqual, key, depth + 1),
        }),
      ];
    case "add_mpls":
      return [op(OP_ADD_MPLS, { a: action.lse, b: action.ethertype })];
    case "push_eth":
      return [op(OP_PUSH_ETH, { header: Uint8Array.of(...action.destination, ...action.source) })];
    case "pop_eth":
      return [op(OP_POP_ETH)];
    case "push_nsh":
      return [op(OP_PUSH_NSH, { header: action.header })];
    case "pop_nsh":
      return [op(OP_POP_NSH)];
    case "meter":
      return [op(OP_METER, { a: action.id })];
    case "ct":
      return [op(OP_CT, { ct: ctStepOf(action) })];
    case "ct_clear":
      return [op(OP_CT_CLEAR)];
    case "tnl_push": {
      const push = pushStepOf(action);
      if (push === undefined) throw new UserError(`this datapath does not support tunnels of type ${action.type}`);
      return [op(OP_TNL_PUSH, { push })];
    }
    case "tnl_pop":
      return [op(OP_TNL_POP, { a: action.port })];
    case "drop":
      return [op(OP_DROP, { a: action.reason })];
    default:
      throw new UserError(`this datapath does not support the action ${(action as { kind: string }).kind}`);
  }
}

/** What other fields a packet has depends on these, and on what it is that they are of. */
const ofIcmpv6: ReadonlySet<RewriteLayer> = new Set(["icmpv6", "nd_target", "nd_sll", "nd_tll"]);

/** Collects the 16-bit words of one header. */
class HeaderWords {
  readonly #words: number[] = [];
  readonly #layer: RewriteLayer;
  readonly #keyWords: number[] = [];
  #end = 0;

  constructor(layer: RewriteLayer) {
    this.#layer = layer;
  }

  put(offset: number, value: number, mask: number): void {
    const bits = mask & 0xffff;
    if (bits === 0) return;
    this.#words.push(offset, value & bits, bits);
    this.#end = Math.max(this.#end, offset + 2);
  }

  /** A whole 32-bit key word that lies in the header at `offset` as it is. */
  put32(offset: number, value: number, mask: number): void {
    this.put(offset, value >>> 16, mask >>> 16);
    this.put(offset + 2, value, mask);
  }

  keyWord(word: number, value: number, mask: number): void {
    if (mask !== 0) this.#keyWords.push(word, (value & mask) >>> 0, mask >>> 0);
  }

  /** The step, or none where nothing is changed. */
  ops(): Op[] {
    if (this.#words.length === 0) return [];
    const layer = this.#layer;
    const change: Rewrite = { layer, words: Uint16Array.from(this.#words), end: this.#end };
    return [op(OP_REWRITE, { change, b: ofIcmpv6.has(layer) ? 1 : 0, words: Uint32Array.from(this.#keyWords) })];
  }
}

function compileSet(value: FlowKey, mask: FlowKey, key: FlowKey): Op[] {
  const etherType = (value[W.ethType]! || key[W.ethType]!) & 0xffff;
  const protocol = value[W.nw]! & 0xff || key[W.nw]! & 0xff;
  const done = new Set<number>();
  /** A header whose key words lie in the frame in one run from `offset` on. */
  const run = (layer: RewriteLayer, first: number, count: number, offset = 0): HeaderWords => {
    const header = new HeaderWords(layer);
    take(header, first, count, offset);
    return header;
  };
  const take = (header: HeaderWords, first: number, count: number, offset: number): void => {
    for (let i = 0; i < count; i++) {
      header.put32(offset + 4 * i, value[first + i]!, mask[first + i]!);
      header.keyWord(first + i, value[first + i]!, mask[first + i]!);
      done.add(first + i);
    }
  };
  const ops: Op[] = [...metadata(value, mask, done), ...run("eth", W.eth, 3).ops()];

  const vlan = new HeaderWords("vlan");
  vlan.put32(0, value[W.vlan0]!, mask[W.vlan0]! & ~VLAN_PRESENT);
  vlan.keyWord(W.vlan0, value[W.vlan0]!, mask[W.vlan0]! & ~VLAN_PRESENT);
  done.add(W.vlan0);
  ops.push(...vlan.ops());

  if (etherType === 0x8847 || etherType === 0x8848) ops.push(...run("mpls", W.mpls, 1).ops());
  else if (etherType === 0x894f) ops.push(...nsh(value, mask, done).ops());
  else if (etherType === 0x0806 || etherType === 0x8035) ops.push(...arp(value, mask, done).ops());
  else if (etherType === 0x0800) {
    const header = new HeaderWords("ipv4");
    nwWord(header, value[W.nw]!, mask[W.nw]!, done);
    const tosAndTtl = { tos: (mask[W.nw]! >>> 16) & 255, ttl: (mask[W.nw]! >>> 8) & 255 };
    header.put(0, (value[W.nw]! >>> 16) & 255, tosAndTtl.tos);
    header.put(8, value[W.nw]! & 0xff00, tosAndTtl.ttl << 8);
    take(header, W.nwSrc, 2, 12);
    ops.push(...header.ops());
  } else if (etherType === 0x86dd) {
    const header = new HeaderWords("ipv6");
    nwWord(header, value[W.nw]!, mask[W.nw]!, done);
    const tos = (value[W.nw]! >>> 16) & 255;
    const tosMask = (mask[W.nw]! >>> 16) & 255;
    const label = value[W.ipv6Label]! & 0xfffff;
    const labelMask = mask[W.ipv6Label]! & 0xfffff;
    header.put32(0, (tos << 20) | label, (tosMask << 20) | labelMask);
    header.keyWord(W.ipv6Label, label, labelMask);
    done.add(W.ipv6Label);
    header.put(6, (value[W.nw]! >>> 8) & 255, (mask[W.nw]! >>> 8) & 255);
    take(header, W.ipv6Src, 4, 8);
    take(header, W.ipv6Dst, 4, 24);
    ops.push(...header.ops());
  }

  if (etherType === 0x0800 || etherType === 0x86dd) ops.push(...transport(value, mask, protocol, done).ops());
  if (etherType === 0x86dd && protocol === 58) {
    ops.push(...run("icmpv6", W.igmpGroup, 1, ND_RESERVED).ops());
    ops.push(...run("nd_target", W.ndTarget, 4).ops(), ...firstOption(value, mask, done).ops());
    ops.push(...hardware("nd_sll", value, mask, 0, 0, done).ops());
    ops.push(...hardware("nd_tll", value, mask, 1, 0, done).ops());
  }
  for (let w = 0; w < KEY_WORDS; w++) {
    if (mask[w] !== 0 && !done.has(w)) throw new UserError("this datapath cannot set that field of the packet");
  }
  return ops;
}

/** RFC 4861: a neighbour message's reserved word, and from its target on the type of its first option. */
const [ND_RESERVED, ND_OPTION] = [4, 16];

function firstOption(value: FlowKey, mask: FlowKey, done: Set<number>): HeaderWords {
  const header = new HeaderWords("nd_target");
  header.put(ND_OPTION, (value[W.l4]! >>> 8) & 0xff00, (mask[W.l4]! >>> 8) & 0xff00);
  header.keyWord(W.l4, value[W.l4]!, mask[W.l4]! & 0x00ff0000);
  if ((mask[W.l4]! & 0xff00ffff) === 0) done.add(W.l4);
  return header;
}

/** RFC 8300: flags and time to live are bits of the first half word; then comes the path, and the context of metadata type 1. */
function nsh(value: FlowKey, mask: FlowKey, done: Set<number>): HeaderWords {
  const header = new HeaderWords("nsh");
  const first = (word: number): number => (((word >>> 24) & 3) << 12) | (((word >>> 16) & 0x3f) << 6);
  header.put(0, first(value[W.nsh]!), first(mask[W.nsh]!));
  header.keyWord(W.nsh, value[W.nsh]!, mask[W.nsh]! & 0x033f0000);
  if ((mask[W.nsh]! & 0x0000ffff) === 0) done.add(W.nsh);
  for (let i = 0; i < 5; i++) {
    const word = W.nshPath + i;
    header.put32(4 + 4 * i, value[word]!, mask[word]!);
    header.keyWord(word, value[word]!, mask[word]!);
    done.add(word);
  }
  return header;
}

/** Sets of what is remembered of a packet and not in it. */
function metadata(value: FlowKey, mask: FlowKey, done: Set<number>): Op[] {
  const words: number[] = [];
  for (const w of [W.skbPriority, W.pktMark, W.dpHash, W.recircId, W.inPort]) {
    done.add(w);
    if (mask[w] !== 0) words.push(w, (value[w]! & mask[w]!) >>> 0, mask[w]!);
  }
  for (let w = 0; w < KEY_WORDS; w++) {
    const isTunnel = w < W.metadata || w >= CORE_WORDS;
    if (!isTunnel || mask[w] === 0) continue;
    done.add(w);
    words.push(w, (value[w]! & mask[w]!) >>> 0, mask[w]!);
  }
  return words.length === 0 ? [] : [op(OP_SET_KEY, { words: Uint32Array.from(words) })];
}

/** The key word of tos, ttl and protocol; the protocol and fragment bits cannot be changed, a mask on them is left out. */
function nwWord(header: HeaderWords, value: number, mask: number, done: Set<number>): void {
  header.keyWord(W.nw, value, mask & 0x00ffff00);
  done.add(W.nw);
}

function arp(value: FlowKey, mask: FlowKey, done: Set<number>): HeaderWords {
  const header = new HeaderWords("arp");
  header.put(6, value[W.nw]! & 255, (mask[W.nw]! & 255) === 0 ? 0 : 0xff00 | (mask[W.nw]! & 255));
  header.keyWord(W.nw, value[W.nw]!, mask[W.nw]! & 255);
  done.add(W.nw);
  hardwareInto(header, value, mask, 0, 8, done);
  header.put32(14, value[W.nwSrc]!, mask[W.nwSrc]!);
  hardwareInto(header, value, mask, 1, 18, done);
  header.put32(24, value[W.nwDst]!, mask[W.nwDst]!);
  for (const w of [W.nwSrc, W.nwDst]) {
    header.keyWord(w, value[w]!, mask[w]!);
    done.add(w);
  }
  return header;
}

/** The first or second of the two addresses in `W.arpHw`, at `offset` of a header. */
function hardwareInto(
  header: HeaderWords,
  value: FlowKey,
  mask: FlowKey,
  which: 0 | 1,
  offset: number,
  done: Set<number>,
): void {
  for (let i = 0; i < 3; i++) {
    const half = which * 3 + i;
    const word = W.arpHw + (half >> 1);
    const shift = half & 1 ? 0 : 16;
    header.put(offset + 2 * i, value[word]! >>> shift, mask[word]! >>> shift);
    header.keyWord(word, value[word]!, mask[word]! & (0xffff << shift));
    done.add(word);
  }
}

function hardware(
  layer: RewriteLayer,
  value: FlowKey,
  mask: FlowKey,
  which: 0 | 1,
  offset: number,
  done: Set<number>,
): HeaderWords {
  const header = new HeaderWords(layer);
  hardwareInto(header, value, mask, which, offset, done);
  return header;
}

const transports: ReadonlyMap<number, RewriteLayer> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
  [1, "icmp"],
  [58, "icmpv6"],
]);

function transport(value: FlowKey, mask: FlowKey, protocol: number, done: Set<number>): HeaderWords {
  const layer = transports.get(protocol);
  const header = new HeaderWords(layer ?? "tcp");
  if (layer === undefined) return header;
  const v = value[W.tp]!;
  const m = mask[W.tp]!;
  if (layer === "icmp" || layer === "icmpv6") {
    header.put(0, ((v >>> 8) & 0xff00) | (v & 255), ((m >>> 8) & 0xff00) | (m & 255));
  } else header.put32(0, v, m);
  header.keyWord(W.tp, v, m);
  done.add(W.tp);
  return header;
}

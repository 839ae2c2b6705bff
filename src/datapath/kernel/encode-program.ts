import { DropKind, MAX_OPERATIONS, Operation, operationHead } from "#bpf/forward/layout.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import type { Rewrite } from "../userspace/frames/rewrite.js";
import {
  OP_DROP,
  OP_OUTPUT,
  OP_POP_VLAN,
  OP_PUSH_VLAN,
  OP_REWRITE,
  OP_SET_KEY,
  type Program,
} from "../userspace/ops.js";
import type { ForwardMatch } from "./encode-match.js";
import { encodeRewrite } from "./encode-rewrite.js";

/** A port that the program can send by. */
export interface KernelPort {
  readonly ifindex: number;
  readonly mtu: number;
}

/** A list of operations with its head, as `#bpf/forward/layout.js` says. */
export interface ForwardOperations {
  readonly bytes: Uint8Array;
  /** The same for equal lists only. */
  readonly id: string;
}

const ETHERNET = 14;
const ADDRESSES = 12;
const TAG = 4;

/** The program of a flow as operations, or why it cannot be had. `port` tells of a port that the program can send by. */
export function encodeProgram(
  program: Program,
  match: ForwardMatch,
  port: (number: number) => KernelPort | undefined,
): ForwardOperations | string {
  const list = new OperationList();
  const addresses = new KnownAddresses(match);
  let tags = tagsOf(match);
  let grown = 0;
  let isRetagged = false;
  let drop: number = program.length === 0 ? DropKind.pipeline : DropKind.none;
  for (const [i, step] of program.entries()) {
    switch (step.code) {
      case OP_OUTPUT: {
        const to = port(step.a);
        if (to === undefined) return "outputs to a port that the program cannot send by";
        list.limit = Math.min(list.limit, to.mtu + ETHERNET + (tags > 0 ? TAG : 0) - grown);
        list.outputs++;
        list
          .add(i === program.length - 1 ? Operation.lastOutput : Operation.output)
          .view.setUint32(4, to.ifindex, true);
        break;
      }
      case OP_PUSH_VLAN: {
        const { view } = list.add(Operation.pushVlan);
        view.setUint16(4, step.a);
        view.setUint16(6, step.b, true);
        tags++;
        grown += TAG;
        isRetagged = true;
        break;
      }
      case OP_POP_VLAN:
        list.add(Operation.popVlan);
        isRetagged = true;
        if (tags > 0) grown -= TAG;
        tags = Math.max(0, tags - 1);
        break;
      case OP_REWRITE:
        if (step.change!.layer !== "eth") {
          // Where headers are is known of the packet as it came.
          if (isRetagged) return "sets fields behind tags that it changes";
          const words = encodeRewrite(step.change!, match);
          if (typeof words === "string") return words;
          if (list.length + words.length >= MAX_OPERATIONS - 1) return "does too much";
          for (const word of words) list.add(Operation.setWord).bytes.set(word.subarray(4), 4);
          break;
        }
        if (!addresses.set(step.change!)) return "sets a part of the Ethernet addresses";
        list.add(Operation.setAddresses).bytes.set(addresses.bytes, 4);
        break;
      // Only later lookups and upcalls would see it.
      case OP_SET_KEY:
        break;
      case OP_DROP:
        drop = step.a === 0 ? DropKind.pipeline : DropKind.other;
        break;
      default:
        return `does what the program cannot (${step.code})`;
    }
    if (step.code === OP_DROP) break;
    if (list.length >= MAX_OPERATIONS - 1) return "does too much";
  }
  return list.finish(drop);
}

/** Tags that all packets of a match have. */
function tagsOf({ words }: ForwardMatch): number {
  const isThere = (word: number): boolean => words.some((w) => w.word === word && (w.value & VLAN_PRESENT) !== 0);
  return isThere(W.vlan0) ? (isThere(W.vlan1) ? 2 : 1) : 0;
}

/** What is known of a packet's Ethernet addresses. */
class KnownAddresses {
  readonly bytes = new Uint8Array(ADDRESSES);
  readonly #known = new Uint8Array(ADDRESSES);

  constructor({ words }: ForwardMatch) {
    for (const { word, bits, value } of words) {
      const at = 4 * (word - W.eth);
      if (at < 0 || at >= ADDRESSES) continue;
      for (let i = 0; i < 4; i++) {
        this.bytes[at + i] = value >>> (24 - 8 * i);
        this.#known[at + i] = bits >>> (24 - 8 * i);
      }
    }
  }

  /** Takes a change over. False where it then is not known what they are. */
  set({ words }: Rewrite): boolean {
    for (let i = 0; i < words.length; i += 3) {
      const [at, value, mask] = [words[i]!, words[i + 1]!, words[i + 2]!];
      for (const [j, shift] of [8, 0].entries()) {
        const bits = (mask >> shift) & 0xff;
        this.bytes[at + j] = (this.bytes[at + j]! & ~bits) | ((value >> shift) & 0xff);
        this.#known[at + j]! |= bits;
      }
    }
    return this.#known.every((bits) => bits === 0xff);
  }
}

class OperationList {
  limit = 0xffff;
  outputs = 0;
  readonly #bytes = new Uint8Array(operationHead.size * (MAX_OPERATIONS + 1));
  #units = 1;

  get length(): number {
    return this.#units - 1;
  }

  /** Adds an operation; what is behind its code is the caller's to write. */
  add(code: number): { readonly bytes: Uint8Array; readonly view: DataView } {
    const bytes = this.#bytes.subarray(operationHead.size * this.#units, operationHead.size * ++this.#units);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(0, code, true);
    return { bytes, view };
  }

  finish(drop: number): ForwardOperations {
    this.add(Operation.end);
    const bytes = this.#bytes.slice(0, operationHead.size * this.#units);
    const view = new DataView(bytes.buffer);
    view.setUint32(operationHead.limit, Math.max(0, this.limit), true);
    view.setUint32(operationHead.outputs, this.outputs, true);
    view.setUint32(operationHead.drop, drop, true);
    let id = "";
    for (const byte of bytes) id += String.fromCharCode(byte);
    return { bytes, id };
  }
}

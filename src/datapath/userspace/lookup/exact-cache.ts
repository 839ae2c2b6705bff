import type { FlowKey } from "#flow/key.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import type { Flow } from "../flow.js";

const WAYS = 2;

/** Words kept of a key: those of the packet, and the port. */
const KEPT = CORE_WORDS - PACKET_START;
const STRIDE = KEPT + 1;

/**
 * Remembers which flow a packet's whole key led to, for packets as they come from a port: nothing in their metadata differs but
 * the port. Two places per signature.
 */
export class ExactCache {
  readonly #sets: number;
  readonly #keys: Uint32Array;
  readonly #flows: (Flow | undefined)[];

  /** `entries`: a power of two. */
  constructor(entries = 8192) {
    this.#sets = entries / WAYS;
    this.#keys = new Uint32Array(entries * STRIDE);
    this.#flows = new Array<Flow | undefined>(entries).fill(undefined);
  }

  /** A signature of what differs among packets: ports, tags, addresses, protocols. */
  hash(key: FlowKey): number {
    let h = key[W.inPort]!;
    for (let w = 0; w < HASHED.length; w++) h = (h + Math.imul(fold(key[HASHED[w]!]!), FACTORS[w]!)) | 0;
    h = Math.imul(h ^ (h >>> 16), -2048144777);
    return h ^ (h >>> 15);
  }

  lookup(hash: number, key: FlowKey): Flow | undefined {
    const set = (hash & (this.#sets - 1)) * WAYS;
    for (let i = set; i < set + WAYS; i++) {
      const flow = this.#flows[i];
      if (flow === undefined || !this.#holds(i, key)) continue;
      if (!flow.dead) return flow;
      this.#flows[i] = undefined;
    }
    return undefined;
  }

  /** Remembers a flow. Where both places are taken, another one makes room. */
  insert(hash: number, key: FlowKey, flow: Flow): void {
    const set = (hash & (this.#sets - 1)) * WAYS;
    const flows = this.#flows;
    let entry = set;
    if (isTaken(flows[set])) entry = isTaken(flows[set + 1]) ? set + (hash >>> 31) : set + 1;
    const keys = this.#keys;
    const at = entry * STRIDE;
    for (let w = 0; w < KEPT; w++) keys[at + w] = key[PACKET_START + w]!;
    keys[at + KEPT] = key[W.inPort]!;
    flows[entry] = flow;
  }

  #holds(entry: number, key: FlowKey): boolean {
    const keys = this.#keys;
    const at = entry * STRIDE;
    if (keys[at + KEPT] !== key[W.inPort]) return false;
    for (let w = 0; w < KEPT; w++) if (keys[at + w] !== key[PACKET_START + w]) return false;
    return true;
  }
}

const HASHED = Int32Array.of(
  W.eth,
  W.eth + 1,
  W.eth + 2,
  W.ethType,
  W.vlan0,
  W.vlan1,
  W.mpls,
  W.nwSrc,
  W.nwDst,
  W.ipv6Src + 1,
  W.ipv6Src + 3,
  W.ipv6Dst + 1,
  W.ipv6Dst + 3,
  W.nw,
  W.l4,
  W.tp,
);

/** An odd number for each of them. */
const FACTORS = HASHED.map((_, i) => Math.imul(0x9e3779b1, 2 * i + 1) | 1);

function fold(word: number): number {
  return word ^ (word >>> 16);
}

function isTaken(flow: Flow | undefined): boolean {
  return flow !== undefined && !flow.dead;
}

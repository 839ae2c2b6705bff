import type { FlowKey } from "#flow/key.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import type { Flow } from "./flow.js";

const WAYS = 2;
const SELDOM = 32;

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

  #refused = 0;

  /** `entries`: a power of two. */
  constructor(entries = 8192) {
    this.#sets = entries / WAYS;
    this.#keys = new Uint32Array(entries * STRIDE);
    this.#flows = new Array<Flow | undefined>(entries).fill(undefined);
  }

  /** A signature of the words by which packets usually differ. */
  hash(key: FlowKey): number {
    let h = key[W.inPort]!;
    h = step(h, key[W.eth]! ^ key[W.vlan0]!);
    h = step(h, key[W.eth + 1]!);
    h = step(h, key[W.eth + 2]!);
    h = step(h, key[W.nwSrc]! ^ key[W.ipv6Src + 3]!);
    h = step(h, key[W.nwDst]! ^ key[W.ipv6Dst + 3]!);
    h = step(h, key[W.tp]!);
    h = step(h, key[W.nw]! ^ key[W.l4]!);
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

  /** Remembers a flow. Where both places are taken only one time in `SELDOM`, so that many flows do not chase each other out. */
  insert(hash: number, key: FlowKey, flow: Flow): void {
    const set = (hash & (this.#sets - 1)) * WAYS;
    const flows = this.#flows;
    let entry = set;
    if (isTaken(flows[set])) {
      entry = set + 1;
      if (isTaken(flows[entry])) {
        if (++this.#refused < SELDOM) return;
        this.#refused = 0;
        entry = set + (hash >>> 31);
      }
    }
    const keys = this.#keys;
    const at = entry * STRIDE;
    for (let w = 0; w < KEPT; w++) keys[at + w] = key[PACKET_START + w]!;
    keys[at + KEPT] = key[W.inPort]!;
    flows[entry] = flow;
  }

  clear(): void {
    this.#flows.fill(undefined);
  }

  #holds(entry: number, key: FlowKey): boolean {
    const keys = this.#keys;
    const at = entry * STRIDE;
    if (keys[at + KEPT] !== key[W.inPort]) return false;
    for (let w = 0; w < KEPT; w++) if (keys[at + w] !== key[PACKET_START + w]) return false;
    return true;
  }
}

function isTaken(flow: Flow | undefined): boolean {
  return flow !== undefined && !flow.dead;
}

function step(hash: number, data: number): number {
  const h = Math.imul(hash ^ data, 0x9e3779b1);
  return h ^ (h >>> 15);
}

import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { MegaflowTable } from "#flow/megaflow-table.js";
import type { MaskShape } from "#flow/shape.js";
import { Counter } from "../counters.js";
import type { Flow } from "../flow.js";
import { ExactCache } from "./exact-cache.js";
import { type LookupOptions, readLookupOptions } from "./lookup-options.js";

/** The flows of a forwarder: finds a packet's, and counts how. */
export class FlowLookup {
  readonly #counters: Float64Array;
  readonly #random: () => number;
  readonly #table = new MegaflowTable<Flow>();
  /** There while packets are to be put into it. */
  #exact: ExactCache | undefined;
  #options: LookupOptions = readLookupOptions(new Map());
  /** Ports whose packets the exact-match cache is not for. */
  readonly #inexact: boolean[] = [];

  constructor(counters: Float64Array, random: () => number) {
    this.#counters = counters;
    this.#random = random;
  }

  /** Number of different masks. */
  get masks(): number {
    return this.#table.masks;
  }

  /** Takes Open_vSwitch:other_config. */
  setOptions(options: ReadonlyMap<string, string>): void {
    this.#options = readLookupOptions(options);
    this.#table.signAll(this.#options.signatureHits);
    if (this.#options.exactInverse === 0) this.#exact = undefined;
    else this.#exact ??= new ExactCache();
  }

  /** Takes Interface:other_config of a port: `emc-enable`. */
  setPortOptions(port: number, options: ReadonlyMap<string, string>): void {
    this.#inexact[port] = options.get("emc-enable") === "false";
  }

  /** Adds a flow for the packets of a key under a mask. No other flow may have both. */
  add(flow: Flow, key: FlowKey, shape: MaskShape): void {
    flow.index = this.#table.insertShaped(key, shape, flow);
  }

  /** Removes a flow; entries of the exact-match cache that name it are no longer hit. */
  remove(flow: Flow): void {
    this.#table.remove(flow.index);
    flow.dead = true;
  }

  /** The flow of a packet as it came from its port. */
  received(key: FlowKey): Flow | undefined {
    const exact = this.#exact;
    if (exact === undefined || this.#inexact[key[W.inPort]!] === true) return this.#find(key);
    const hash = exact.hash(key);
    const known = exact.lookup(hash, key);
    if (known !== undefined) {
      this.#counters[Counter.cacheHits]!++;
      return known;
    }
    const flow = this.#find(key);
    if (flow !== undefined && this.#isChosen()) exact.insert(hash, key, flow);
    return flow;
  }

  /** The flow of a packet that comes to the flows once more. */
  recirculated(key: FlowKey): Flow | undefined {
    return this.#find(key);
  }

  /** The flow of a packet whose flow another thread has found, and counted how, already. */
  again(key: FlowKey): Flow | undefined {
    const index = this.#table.lookup(key);
    return index < 0 ? undefined : this.#table.value(index);
  }

  #find(key: FlowKey): Flow | undefined {
    const table = this.#table;
    const index = table.lookup(key);
    if (index < 0) return undefined;
    const counters = this.#counters;
    const { tried } = table;
    if (tried === 0 && this.#options.signatureHits) counters[Counter.signatureHits]!++;
    else {
      counters[Counter.megaflowHits]!++;
      counters[Counter.maskLookups]! += tried === 0 ? 1 : tried;
    }
    return table.value(index);
  }

  #isChosen(): boolean {
    const { exactInverse } = this.#options;
    return exactInverse === 1 || this.#random() * exactInverse < 1;
  }
}

import type { MacNumber } from "#util/mac-number.js";
import { Roster } from "#util/roster.js";
import type { Megaflow } from "./megaflow.js";

/** The megaflows of one datapath, in the order in which they were made, and by the addresses they depend on. */
export class MegaflowIndex {
  readonly #all = new Roster<Megaflow>();
  readonly #byMac = new Map<MacNumber, Set<Megaflow>>();

  get size(): number {
    return this.#all.size;
  }

  has(flow: Megaflow): boolean {
    return this.#all.has(flow);
  }

  add(flow: Megaflow): void {
    this.#all.add(flow);
    this.#link(flow);
  }

  /** False where it is not here. */
  delete(flow: Megaflow): boolean {
    if (!this.#all.delete(flow)) return false;
    this.#unlink(flow);
    return true;
  }

  /** Gives a flow other addresses to depend on. */
  setMacs(flow: Megaflow, macs: readonly MacNumber[]): void {
    this.#unlink(flow);
    flow.macs = macs;
    this.#link(flow);
  }

  dependingOn(mac: MacNumber): Iterable<Megaflow> {
    return this.#byMac.get(mac) ?? [];
  }

  /** All of them; they may be deleted meanwhile, and none added. */
  [Symbol.iterator](): Generator<Megaflow> {
    return this.#all[Symbol.iterator]();
  }

  /** Begins the walk anew. */
  rewind(): void {
    this.#all.rewind();
  }

  /** The next of the walk, which may go on while flows come and go. */
  walk(): Megaflow | undefined {
    return this.#all.walk();
  }

  #link(flow: Megaflow): void {
    const { macs } = flow;
    for (let i = 0; i < macs.length; i++) {
      let flows = this.#byMac.get(macs[i]!);
      if (!flows) this.#byMac.set(macs[i]!, (flows = new Set()));
      flows.add(flow);
    }
  }

  #unlink(flow: Megaflow): void {
    const { macs } = flow;
    for (let i = 0; i < macs.length; i++) {
      const flows = this.#byMac.get(macs[i]!);
      flows?.delete(flow);
      if (flows?.size === 0) this.#byMac.delete(macs[i]!);
    }
  }
}

import type { MacNumber } from "#util/mac-number.js";
import type { Megaflow } from "./megaflow.js";

/** The megaflows of one datapath, by name and by the addresses they depend on. */
export class MegaflowIndex {
  readonly #byUfid = new Map<string, Megaflow>();
  readonly #byMac = new Map<MacNumber, Set<Megaflow>>();

  get size(): number {
    return this.#byUfid.size;
  }

  get(ufid: string): Megaflow | undefined {
    return this.#byUfid.get(ufid);
  }

  add(flow: Megaflow): void {
    this.#byUfid.set(flow.ufid, flow);
    this.#link(flow);
  }

  delete(flow: Megaflow): void {
    this.#byUfid.delete(flow.ufid);
    this.#unlink(flow);
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

  [Symbol.iterator](): IterableIterator<Megaflow> {
    return this.#byUfid.values();
  }

  #link(flow: Megaflow): void {
    for (const mac of flow.macs) {
      let flows = this.#byMac.get(mac);
      if (!flows) this.#byMac.set(mac, (flows = new Set()));
      flows.add(flow);
    }
  }

  #unlink(flow: Megaflow): void {
    for (const mac of flow.macs) {
      const flows = this.#byMac.get(mac);
      flows?.delete(flow);
      if (flows?.size === 0) this.#byMac.delete(mac);
    }
  }
}

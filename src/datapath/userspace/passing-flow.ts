import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import type { DatapathAction } from "../actions.js";
import type { DatapathFlow, FlowStats } from "../datapath.js";
import type { InstalledFlow } from "./installed-flow.js";

/** A flow as it is shown, for a moment: then it is another one. */
export class PassingFlow implements DatapathFlow {
  readonly key: FlowKey = newKey();
  #flow: InstalledFlow | undefined;

  aim(flow: InstalledFlow): this {
    this.#flow = flow;
    flow.readKey(this.key);
    return this;
  }

  get ufid(): string {
    return this.#flow!.ufid;
  }

  get mask(): FlowMask {
    return this.#flow!.mask;
  }

  get actions(): readonly DatapathAction[] {
    return this.#flow!.actions;
  }

  get stats(): FlowStats {
    return this.#flow!.stats();
  }

  get isInKernel(): boolean {
    return this.#flow!.slot.part?.isThere ?? false;
  }
}

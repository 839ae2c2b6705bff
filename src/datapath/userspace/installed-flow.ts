import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { PackedKey } from "#flow/packed-keys.js";
import type { MaskShape } from "#flow/shape.js";
import type { DatapathAction } from "../actions.js";
import type { DatapathFlow, FlowStats, HeldFlow } from "../datapath.js";
import type { EngineFlow } from "./engine.js";
import { readPackets, readSlot, type Slot } from "./flow-slots.js";
import type { Program } from "./ops.js";
import { ufidOf } from "./ufid.js";

const scratch = newKey();

/**
 * A flow as the main thread knows it, itself its key as it was put, which is as it is shown (bits that do not matter too): there are very many, and each object
 * less counts. What changes is `FlowBook`'s to change.
 */
export class InstalledFlow extends PackedKey implements HeldFlow, EngineFlow {
  readonly shape: MaskShape;
  readonly slot: Slot;
  /** Its place among the matches, a small number, by which the engine knows it. */
  readonly index: number;
  /** It was given its name. */
  readonly isNamed: boolean;
  actions: readonly DatapathAction[];
  program: Program;
  owner: object | undefined = undefined;
  #ufid: string | undefined;
  #final: FlowStats | undefined = undefined;

  constructor(init: {
    readonly ufid: string | undefined;
    readonly key: FlowKey;
    readonly shape: MaskShape;
    readonly slot: Slot;
    readonly index: number;
    readonly actions: readonly DatapathAction[];
    readonly program: Program;
  }) {
    super(init.key);
    this.shape = init.shape;
    this.slot = init.slot;
    this.index = init.index;
    this.actions = init.actions;
    this.program = init.program;
    this.#ufid = init.ufid;
    this.isNamed = init.ufid !== undefined;
  }

  get ufid(): string {
    this.#ufid ??= ufidOf(this.unpack(scratch), this.shape);
    return this.#ufid;
  }

  get mask(): FlowMask {
    return this.shape.mask;
  }

  get isThere(): boolean {
    return this.#final === undefined;
  }

  readKey(key: FlowKey): FlowKey {
    return this.unpack(key);
  }

  packets(): number {
    return this.#final === undefined ? readPackets(this.slot) : this.#final.packets;
  }

  stats(): FlowStats {
    return this.#final ?? readSlot(this.slot);
  }

  /** It is in the datapath no more: its counters stay as they are now. */
  end(): void {
    this.#final = this.stats();
  }

  shown(): DatapathFlow & { readonly stats: FlowStats } {
    const { ufid, mask, actions } = this;
    const shown = { ufid, key: this.readKey(newKey()), mask, actions, stats: this.stats() };
    return this.slot.part?.isThere ? { ...shown, isInKernel: true } : shown;
  }
}

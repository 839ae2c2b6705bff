import { type FlowKey, type FlowMask, newKey } from "#flow/key.js";
import { MegaflowTable } from "#flow/megaflow-table.js";
import { type MaskShape, shapeOf } from "#flow/shape.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { NumberRoster } from "#util/number-roster.js";
import type { DatapathAction } from "../actions.js";
import type { DatapathFlow } from "../datapath.js";
import { programOf } from "./compile.js";
import type { Engine } from "./engine.js";
import type { FlowSlots } from "./flow-slots.js";
import { InstalledFlow } from "./installed-flow.js";

const scratch = newKey();
/** Masks that the flows of one port may have before new ones get a common mask: each costs a packet that no cache knows some 20 nanoseconds, more and more from here on. */
const MOST_MASKS = 128;

/** The flows of a userspace datapath: found by their match, by name where somebody asks for one, and handed to the engine. */
export class FlowBook {
  readonly #engine: Engine;
  /** The indexes of all, in the order in which they were put. */
  readonly #all = new NumberRoster();
  /** What the flows match: no two may match the same. */
  readonly #matches = new MegaflowTable<InstalledFlow>();
  /** Flows that were given a name. */
  readonly #named = new Map<string, InstalledFlow>();
  readonly #slots: FlowSlots;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#slots = engine.slots;
  }

  get size(): number {
    return this.#all.size;
  }

  /** In the order in which they were put. */
  *[Symbol.iterator](): Generator<InstalledFlow> {
    for (const index of this.#all) yield this.#matches.value(index);
  }

  /** `Datapath.putFlow`. */
  put({ ufid, key, mask, actions }: DatapathFlow): void {
    const known = this.named(ufid);
    if (known !== undefined) {
      this.replace(known, actions, key);
      return;
    }
    const flow = this.#install(key, shapeOf(mask), actions, ufid);
    if (flow === undefined) throw isThere();
    this.#named.set(ufid, flow);
  }

  /** Takes a flow in that keeps its name; undefined where there is one of this match, or the engine does not have its actions. */
  adopt({ ufid, key, mask, actions }: DatapathFlow): InstalledFlow | undefined {
    try {
      const flow = this.#install(key, shapeOf(mask), actions, ufid);
      if (flow !== undefined) this.#named.set(ufid, flow);
      return flow;
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  /** The flow of an index. */
  at(index: number): InstalledFlow | undefined {
    return this.#matches.value(index);
  }

  /** `Datapath.boundedMask`. */
  boundedMask(key: FlowKey, mask: FlowMask): FlowMask {
    return this.#matches.boundedMask(key, mask, MOST_MASKS);
  }

  /** `Datapath.install`. */
  install(key: FlowKey, mask: FlowMask, actions: readonly DatapathAction[]): InstalledFlow {
    const shape = shapeOf(mask);
    const made = this.#install(key, shape, actions, undefined);
    if (made !== undefined) return made;
    const known = this.#matches.value(this.#matches.findShaped(key, shape));
    if (known.owner === undefined) throw isThere();
    return known;
  }

  /** The flow of a name. Those that were given none have one nevertheless. */
  named(ufid: string): InstalledFlow | undefined {
    const given = this.#named.get(ufid);
    if (given !== undefined || this.#named.size === this.size) return given;
    for (const flow of this) if (flow.ufid === ufid) return flow;
    return undefined;
  }

  replace(flow: InstalledFlow, actions: readonly DatapathAction[], key: FlowKey = flow.readKey(scratch)): void {
    if (!flow.isThere || !this.#all.has(flow.index)) {
      throw new HostError("changing a flow", "ENOENT", errnoNumber("ENOENT"), errnoText("ENOENT"));
    }
    flow.program = programOf(actions, key);
    flow.actions = actions;
    this.#engine.setProgram(flow.index, flow.program);
  }

  remove(flows: readonly InstalledFlow[]): void {
    const gone = flows.filter((flow) => flow.isThere && this.#all.delete(flow.index));
    if (gone.length === 0) return;
    for (const flow of gone) {
      this.#matches.remove(flow.index);
      if (flow.isNamed) this.#named.delete(flow.ufid);
    }
    this.#engine.remove(gone.map((flow) => flow.index));
    for (const flow of gone) {
      flow.end();
      this.#slots.free(flow.slot);
    }
  }

  clear(): void {
    this.#all.clear();
    this.#matches.clear();
    this.#named.clear();
  }

  /** Undefined where there is one of this match. */
  #install(
    key: FlowKey,
    shape: MaskShape,
    actions: readonly DatapathAction[],
    ufid: string | undefined,
  ): InstalledFlow | undefined {
    const program = programOf(actions, key);
    const slot = this.#slots.take();
    const index = this.#matches.nextIndex;
    const flow = new InstalledFlow({ ufid, key, shape, slot, index, actions, program });
    if (this.#matches.tryInsert(key, shape, flow) < 0) {
      this.#slots.free(slot);
      return undefined;
    }
    this.#all.add(index);
    this.#engine.put(flow, key);
    return flow;
  }
}

function isThere(): HostError {
  return new HostError("putting a flow", "EEXIST", errnoNumber("EEXIST"), errnoText("EEXIST"));
}

import type { FrozenState, FrozenStates } from "./translate/frozen-state.js";

/** The frozen states of a datapath, each under its recirculation number. */
export class Recirculation implements FrozenStates {
  readonly #states = new Map<number, FrozenState>();
  #next = 1;

  id(state: FrozenState): number {
    const id = this.#next++;
    this.#states.set(id, state);
    return id;
  }

  get(id: number): FrozenState | undefined {
    return this.#states.get(id);
  }
}

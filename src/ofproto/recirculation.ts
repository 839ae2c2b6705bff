import { keysEqual } from "#flow/key.js";
import { KEY_WORDS } from "#flow/layout.js";
import type { Clock } from "#util/clock.js";
import type { BridgeState } from "./bridge-state.js";
import { sameActions } from "./same-actions.js";
import type { FrozenState, FrozenStates, FrozenStep } from "./translate/frozen-state.js";

/** Milliseconds for which a state that nobody uses any more is still known to packets on their way. */
const GRACE = 500;

interface Entry {
  readonly id: number;
  readonly hash: number;
  readonly state: FrozenState;
  users: number;
}

/**
 * The frozen states of a datapath, each under its recirculation number. A state that is in use is found by its content, so that the megaflows of many
 * packets name one number; one that is not has only its number left, and soon not that.
 */
export class Recirculation implements FrozenStates {
  readonly #clock: Pick<Clock, "now">;
  readonly #byId = new Map<number, Entry>();
  /** Those in use, by a hash of their content. */
  readonly #byContent = new Map<number, Entry[]>();
  /** Numbers that nobody uses, and since when; the oldest first. */
  readonly #unused: { readonly id: number; readonly since: number }[] = [];
  #last = 0;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** States that are known by their number. */
  get size(): number {
    return this.#byId.size;
  }

  id(state: FrozenState): number {
    const hash = hashState(state);
    const same = this.#byContent.get(hash);
    let entry = same?.find((e) => sameState(e.state, state));
    if (!entry) {
      this.#forgetUnused();
      entry = { id: this.#free(), hash, state, users: 0 };
      this.#byId.set(entry.id, entry);
      if (same) same.push(entry);
      else this.#byContent.set(hash, [entry]);
    }
    entry.users++;
    return entry.id;
  }

  /** Numbers up to this one are not given out in their turn: flows of another process name them. */
  reserve(id: number): void {
    this.#last = Math.max(this.#last, id);
  }

  get(id: number): FrozenState | undefined {
    return this.#byId.get(id)?.state;
  }

  /** Ends uses that `id` gave, one for each time a number is named. */
  release(ids: readonly number[]): void {
    for (const id of ids) {
      const entry = this.#byId.get(id);
      if (entry === undefined || --entry.users > 0) continue;
      this.#dropContent(entry);
      this.#unused.push({ id, since: this.#clock.now() });
    }
    if (this.#unused.length > 0) this.#forgetUnused();
  }

  /** The bridge is no more: packets that were to go on in it are dropped. */
  forget(bridge: BridgeState): void {
    for (const entry of [...this.#byId.values()]) {
      if (entry.state.bridge !== bridge) continue;
      if (entry.users > 0) this.#dropContent(entry);
      this.#byId.delete(entry.id);
    }
  }

  #dropContent(entry: Entry): void {
    const rest = (this.#byContent.get(entry.hash) ?? []).filter((e) => e !== entry);
    if (rest.length > 0) this.#byContent.set(entry.hash, rest);
    else this.#byContent.delete(entry.hash);
  }

  #forgetUnused(): void {
    const before = this.#clock.now() - GRACE;
    let n = 0;
    while (n < this.#unused.length && this.#unused[n]!.since <= before) this.#byId.delete(this.#unused[n++]!.id);
    if (n > 0) this.#unused.splice(0, n);
  }

  /** The next number; after the greatest of 32 bits, the least that is free. */
  #free(): number {
    do this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1;
    while (this.#byId.has(this.#last));
    return this.#last;
  }
}

function hashState(state: FrozenState): number {
  let hash = state.table + 256 * (state.steps?.length ?? 7);
  for (let i = 0; i < KEY_WORDS; i++) {
    const word = state.metadata[i]!;
    if (word !== 0) hash = Math.imul(hash ^ (word + i), 0x9e3779b1) ^ (hash >>> 15);
  }
  for (const step of state.steps ?? []) hash = Math.imul(hash ^ step.actions.length, 0x85ebca6b);
  return hash >>> 0;
}

function sameState(a: FrozenState, b: FrozenState): boolean {
  return (
    a.bridge === b.bridge &&
    a.table === b.table &&
    a.conntracked === b.conntracked &&
    a.meterId === b.meterId &&
    a.live.length === b.live.length &&
    a.live.every((filter, i) => filter === b.live[i]) &&
    keysEqual(a.metadata, b.metadata) &&
    sameBytes(a.userdata, b.userdata) &&
    a.stack.length === b.stack.length &&
    a.stack.every((value, i) => sameBytes(value, b.stack[i])) &&
    sameActions(a.actionSet, b.actionSet) &&
    sameSteps(a.steps, b.steps)
  );
}

function sameSteps(a: readonly FrozenStep[] | undefined, b: readonly FrozenStep[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const same = (x: FrozenStep, y: FrozenStep): boolean =>
    x.table === y.table && x.cookie === y.cookie && sameActions(x.actions, y.actions);
  return a.length === b.length && a.every((step, i) => same(step, b[i]!));
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.length === b.length && a.every((byte, i) => byte === b[i]);
}

import { type Entry, isVisible, type Version } from "./classifier-entry.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { stageOf, W } from "./layout.js";
import { PortPrefixes } from "./port-prefixes.js";
import { type MaskShape, shapeOf } from "./shape.js";

const LAST_STAGE = 3;
/** Words from here on are of the first stage. */
const TAIL = W.tunMetadata;

/** A prefix of the stages: how often each hash of the words so far occurs. */
interface StageIndex {
  readonly shape: MaskShape;
  readonly counts: Map<number, number>;
}

/** The rules of one mask, those of one hash in a chain (`Entry.next`), greatest priority first. */
export class ClassifierSubtable<R> {
  readonly shape: MaskShape;
  size = 0;
  maxPriority: number = Number.NEGATIVE_INFINITY;
  readonly #chains = new Map<number, Entry<R>>();
  readonly #stages: readonly StageIndex[];
  readonly #priorities = new Map<number, number>();
  /** The ports that rules match; undefined where the mask has none. */
  readonly #ports: PortPrefixes | undefined;
  /** Ends of the list in order of insertion. */
  #first: Entry<R> | undefined;
  #last: Entry<R> | undefined;

  constructor(shape: MaskShape) {
    this.shape = shape;
    this.#stages = stageIndexes(shape);
    if (shape.mask[W.tp] !== 0) this.#ports = new PortPrefixes(shape.mask[W.tp]!);
  }

  insert(entry: Entry<R>, key: FlowKey): void {
    const hash = this.shape.hash(key);
    const first = this.#chains.get(hash);
    if (first === undefined || first.priority < entry.priority) {
      entry.next = first;
      this.#chains.set(hash, entry);
    } else {
      let before = first;
      while (before.next !== undefined && before.next.priority >= entry.priority) before = before.next;
      entry.next = before.next;
      before.next = entry;
    }
    entry.earlier = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.later = entry;
    this.#last = entry;
    for (const stage of this.#stages) count(stage.counts, stage.shape.hash(key), 1);
    this.#ports?.insert(key);
    count(this.#priorities, entry.priority, 1);
    if (entry.priority > this.maxPriority) this.maxPriority = entry.priority;
    this.size++;
  }

  remove(entry: Entry<R>, key: FlowKey): boolean {
    const hash = this.shape.hash(key);
    if (!this.#unchain(entry, hash)) return false;
    for (const stage of this.#stages) count(stage.counts, stage.shape.hash(key), -1);
    this.#ports?.remove(key);
    count(this.#priorities, entry.priority, -1);
    if (entry.priority === this.maxPriority && !this.#priorities.has(entry.priority)) {
      this.maxPriority = Number.NEGATIVE_INFINITY;
      for (const p of this.#priorities.keys()) this.maxPriority = Math.max(this.maxPriority, p);
    }
    this.size--;
    return true;
  }

  /** The first entry of the chain that a key's match would be in. */
  chain(key: FlowKey): Entry<R> | undefined {
    return this.#chains.get(this.shape.hash(key));
  }

  /** The first entry of those that may match; `looked` gets the bits that had to be looked at. */
  candidates(key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    for (const stage of this.#stages) {
      if (!stage.counts.has(stage.shape.hash(key))) {
        if (looked !== undefined) fold(looked, stage.shape);
        return undefined;
      }
    }
    const first = this.#chains.get(this.shape.hash(key));
    if (looked !== undefined) this.#fold(looked, key);
    return first;
  }

  /** Adds all of the mask's bits, but of ports that no rule has only as many as show that. */
  #fold(looked: FlowMask, key: FlowKey): void {
    const bits = this.#ports?.missing(key);
    if (bits === undefined) {
      fold(looked, this.shape);
      return;
    }
    for (const w of this.shape.words) {
      if (w < W.tp || w >= TAIL) looked[w] = looked[w]! | this.shape.mask[w]!;
      else if (w === W.tp) looked[w] = looked[w]! | bits;
    }
  }

  /** The best visible entry; `looked` gets the bits of the stages that had to be looked at. Parts of conjunctions are passed over. */
  lookup(version: Version, key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    for (let entry = this.candidates(key, looked); entry !== undefined; entry = entry.next) {
      if (entry.clauses !== undefined || !isVisible(entry, version)) continue;
      if (this.shape.equal(key, entry.values, 0)) return entry;
    }
    return undefined;
  }

  /** The entry that was inserted first; `later` leads to the others. */
  get first(): Entry<R> | undefined {
    return this.#first;
  }

  /** In the order of their insertion. */
  *entries(): Generator<Entry<R>> {
    for (let entry = this.#first; entry !== undefined; entry = entry.later) yield entry;
  }

  #unchain(entry: Entry<R>, hash: number): boolean {
    const first = this.#chains.get(hash);
    if (first === entry) {
      if (entry.next === undefined) this.#chains.delete(hash);
      else this.#chains.set(hash, entry.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== entry) before = before.next;
      if (before === undefined) return false;
      before.next = entry.next;
    }
    entry.next = undefined;
    if (entry.earlier === undefined) this.#first = entry.later;
    else entry.earlier.later = entry.later;
    if (entry.later === undefined) this.#last = entry.earlier;
    else entry.later.earlier = entry.earlier;
    entry.earlier = undefined;
    entry.later = undefined;
    return true;
  }
}

function fold(looked: FlowMask, shape: MaskShape): void {
  for (const w of shape.words) looked[w] = looked[w]! | shape.mask[w]!;
}

function count<K>(counts: Map<K, number>, key: K, by: number): void {
  const n = (counts.get(key) ?? 0) + by;
  if (n === 0) counts.delete(key);
  else counts.set(key, n);
}

/** An index for each stage but the last that the mask has bits in. */
function stageIndexes(shape: MaskShape): StageIndex[] {
  const stages = [...new Set(shape.words.map(stageOf))].sort();
  const indexes: StageIndex[] = [];
  for (const stage of stages) {
    if (stage === LAST_STAGE || stage === stages.at(-1)) break;
    const mask = newKey();
    for (const w of shape.words) if (stageOf(w) <= stage) mask[w] = shape.mask[w]!;
    indexes.push({ shape: shapeOf(mask), counts: new Map() });
  }
  return indexes;
}

import type { Entry, Version } from "./classifier.js";
import { type FlowKey, type FlowMask, newKey } from "./key.js";
import { stageOf } from "./layout.js";
import { type MaskShape, shapeOf } from "./shape.js";

const LAST_STAGE = 3;

/** A prefix of the stages: how often each hash of the words so far occurs. */
interface StageIndex {
  readonly shape: MaskShape;
  readonly counts: Map<number, number>;
}

/** The rules of one mask. Rules with the same match share a bucket, greatest priority first. */
export class ClassifierSubtable<R> {
  readonly id: string;
  readonly shape: MaskShape;
  size = 0;
  maxPriority: number = Number.NEGATIVE_INFINITY;
  /** Buckets by hash of the masked words; those of one hash but different values in a list. */
  readonly #buckets = new Map<number, Entry<R>[][]>();
  readonly #stages: readonly StageIndex[];
  readonly #priorities = new Map<number, number>();

  constructor(id: string, shape: MaskShape) {
    this.id = id;
    this.shape = shape;
    this.#stages = stageIndexes(shape);
  }

  insert(entry: Entry<R>, key: FlowKey): void {
    const hash = this.shape.hash(key);
    let list = this.#buckets.get(hash);
    if (list === undefined) this.#buckets.set(hash, (list = []));
    let bucket = list.find((b) => this.shape.equal(key, b[0]!.values, 0));
    if (bucket === undefined) list.push((bucket = []));
    const at = bucket.findIndex((e) => e.priority < entry.priority);
    bucket.splice(at < 0 ? bucket.length : at, 0, entry);
    for (const stage of this.#stages) count(stage.counts, stage.shape.hash(key), 1);
    count(this.#priorities, entry.priority, 1);
    this.maxPriority = Math.max(this.maxPriority, entry.priority);
    this.size++;
  }

  remove(entry: Entry<R>, key: FlowKey): boolean {
    const bucket = this.bucket(key);
    const at = bucket?.indexOf(entry) ?? -1;
    if (bucket === undefined || at < 0) return false;
    bucket.splice(at, 1);
    if (bucket.length === 0) this.#dropBucket(bucket, this.shape.hash(key));
    for (const stage of this.#stages) count(stage.counts, stage.shape.hash(key), -1);
    count(this.#priorities, entry.priority, -1);
    if (entry.priority === this.maxPriority && !this.#priorities.has(entry.priority)) {
      this.maxPriority = Number.NEGATIVE_INFINITY;
      for (const p of this.#priorities.keys()) this.maxPriority = Math.max(this.maxPriority, p);
    }
    this.size--;
    return true;
  }

  /** The entries whose match is this mask with a key's values. */
  bucket(key: FlowKey): Entry<R>[] | undefined {
    return this.#buckets.get(this.shape.hash(key))?.find((b) => this.shape.equal(key, b[0]!.values, 0));
  }

  /** The best visible entry; `looked` gets the bits of the stages that had to be looked at. */
  lookup(version: Version, key: FlowKey, looked: FlowMask | undefined): Entry<R> | undefined {
    for (const stage of this.#stages) {
      if (!stage.counts.has(stage.shape.hash(key))) {
        if (looked !== undefined) fold(looked, stage.shape);
        return undefined;
      }
    }
    if (looked !== undefined) fold(looked, this.shape);
    for (const entry of this.bucket(key) ?? []) {
      if (entry.added <= version && version < entry.removed) return entry;
    }
    return undefined;
  }

  *entries(): Generator<Entry<R>> {
    for (const list of this.#buckets.values()) for (const bucket of list) yield* bucket;
  }

  #dropBucket(bucket: Entry<R>[], hash: number): void {
    const list = this.#buckets.get(hash)!;
    list.splice(list.indexOf(bucket), 1);
    if (list.length === 0) this.#buckets.delete(hash);
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

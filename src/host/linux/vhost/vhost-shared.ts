/*
 * What the main thread and the forwarding threads share of one vhost-user port. The main thread talks to the front-end and writes what a ring is; whichever forwarding
 * thread moves frames keeps the ring's positions and counts. Both do so only under the ring's lock; memory is exchanged under all locks.
 */

/** Queue pairs of one port at most; a pair has two rings. */
export const MAX_PAIRS = 16;
export const MAX_RINGS: number = 2 * MAX_PAIRS;
const MAX_REGIONS = 8;

/** Int32 words of the port. */
const Word = {
  /** Grows when the guest's memory is another. */
  memoryVersion: 0,
  /** Feature bits, low and high half. */
  features: 1,
  featuresHigh: 2,
  regions: 3,
  /** Pairs whose rings the guest has had served. */
  pairs: 4,
  /** Times that a full ring is looked at once more, in place of dropping at once. */
  retries: 5,
  /** 1 while nothing is to pass. */
  isDown: 6,
  /** Rings from the first to the last that is served. */
  rings: 7,
} as const;

/** Int32 words of each ring. */
export const RingWord = {
  lock: 0,
  /** Grows when the ring is started or stopped. */
  version: 1,
  /** See `RingState`. */
  state: 2,
  size: 3,
  nextAvailable: 4,
  nextUsed: 5,
  notified: 6,
  /** Descriptor to notify the guest by, -1 for none. */
  call: 7,
  /** 1 where the guest has put nonsense in the ring: it is served no more until it is started again. */
  broken: 8,
} as const;

/** What is done with a ring: nothing; what comes is thrown away; all. */
export const RingState = { stopped: 0, disabled: 1, enabled: 2 } as const;

/** Doubles of each ring. */
export const RingCount = {
  /** Addresses in this process. */
  descriptors: 0,
  available: 1,
  used: 2,
  packets: 3,
  bytes: 4,
  /** Frames for which there was no room. */
  dropped: 5,
  /** Frames, or buffers, that made no sense. */
  bad: 6,
  /** Times that a full ring was looked at once more. */
  retries: 7,
  /** The guest's address of the used ring, where writes to it are logged; else -1. */
  usedLog: 8,
} as const;

const PORT_WORDS = 16;
const RING_WORDS = 16;
const RING_COUNTS = 9;
const REGION_COUNTS = 3;
const COUNTS_AT = (PORT_WORDS + MAX_RINGS * RING_WORDS) * 4;
const REGIONS_AT = MAX_RINGS * RING_COUNTS;
/** The log's address and length. */
const LOG_AT = REGIONS_AT + MAX_REGIONS * REGION_COUNTS;
const SIZE = COUNTS_AT + (LOG_AT + 2) * 8;

const FREE = 0;
const HELD = 1;
const AWAITED = 2;
/** A holder that keeps a lock so long has died with it. */
const LOCK_LIMIT = 1000;

/** A region of the guest's memory: where the guest has it, where this process has it. */
export interface MappedRegion {
  readonly guest: number;
  readonly size: number;
  readonly address: number;
}

/** A view of the shared words; each thread makes its own. */
export class VhostShared {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly counts: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(SIZE)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, COUNTS_AT / 4);
    this.counts = new Float64Array(buffer, COUNTS_AT);
  }

  /** Where the words of a ring begin in `words`, and its doubles in `counts`. */
  word(ring: number): number {
    return PORT_WORDS + ring * RING_WORDS;
  }

  count(ring: number): number {
    return ring * RING_COUNTS;
  }

  /** Takes a ring's lock. A turn with it lasts microseconds. False where it had to be taken from a thread that has died. */
  lock(ring: number): boolean {
    const at = this.word(ring) + RingWord.lock;
    if (Atomics.compareExchange(this.words, at, FREE, HELD) === FREE) return true;
    while (Atomics.exchange(this.words, at, AWAITED) !== FREE) {
      if (Atomics.wait(this.words, at, AWAITED, LOCK_LIMIT) === "timed-out") return false;
    }
    return true;
  }

  unlock(ring: number): void {
    const at = this.word(ring) + RingWord.lock;
    if (Atomics.exchange(this.words, at, FREE) === AWAITED) Atomics.notify(this.words, at, 1);
  }

  /** Does something while no forwarding thread touches the guest's memory. */
  exclusively(action: (isSafe: boolean) => void): void {
    let isSafe = true;
    for (let ring = 0; ring < MAX_RINGS; ring++) isSafe = this.lock(ring) && isSafe;
    try {
      action(isSafe);
    } finally {
      for (let ring = 0; ring < MAX_RINGS; ring++) this.unlock(ring);
    }
  }

  get memoryVersion(): number {
    return Atomics.load(this.words, Word.memoryVersion);
  }

  /** Only exclusively. */
  setRegions(regions: readonly MappedRegion[]): void {
    for (const [i, region] of regions.entries()) {
      const at = REGIONS_AT + i * REGION_COUNTS;
      this.counts[at] = region.guest;
      this.counts[at + 1] = region.size;
      this.counts[at + 2] = region.address;
    }
    this.words[Word.regions] = regions.length;
    Atomics.add(this.words, Word.memoryVersion, 1);
  }

  regions(): MappedRegion[] {
    return Array.from({ length: this.words[Word.regions]! }, (_, i) => {
      const at = REGIONS_AT + i * REGION_COUNTS;
      return { guest: this.counts[at]!, size: this.counts[at + 1]!, address: this.counts[at + 2]! };
    });
  }

  /** Only exclusively. Of length 0 where there is none. */
  setLog(address: number, length: number): void {
    this.counts[LOG_AT] = address;
    this.counts[LOG_AT + 1] = length;
    Atomics.add(this.words, Word.memoryVersion, 1);
  }

  log(): { readonly address: number; readonly length: number } {
    return { address: this.counts[LOG_AT]!, length: this.counts[LOG_AT + 1]! };
  }

  get features(): bigint {
    return BigInt(this.words[Word.features]! >>> 0) | (BigInt(this.words[Word.featuresHigh]! >>> 0) << 32n);
  }

  set features(features: bigint) {
    this.words[Word.features] = Number(BigInt.asIntN(32, features));
    this.words[Word.featuresHigh] = Number(BigInt.asIntN(32, features >> 32n));
  }

  get pairs(): number {
    return Atomics.load(this.words, Word.pairs);
  }

  set pairs(pairs: number) {
    Atomics.store(this.words, Word.pairs, pairs);
  }

  get rings(): number {
    return Atomics.load(this.words, Word.rings);
  }

  set rings(rings: number) {
    Atomics.store(this.words, Word.rings, rings);
  }

  get isDown(): boolean {
    return Atomics.load(this.words, Word.isDown) === 1;
  }

  set isDown(isDown: boolean) {
    Atomics.store(this.words, Word.isDown, isDown ? 1 : 0);
  }

  get retries(): number {
    return Atomics.load(this.words, Word.retries);
  }

  set retries(retries: number) {
    Atomics.store(this.words, Word.retries, retries);
  }

  /** A counter of the rings for frames that come from the guest (odd ones), or go to it (even ones). */
  sum(fromGuest: boolean, what: number): number {
    let sum = 0;
    for (let ring = fromGuest ? 1 : 0; ring < MAX_RINGS; ring += 2) sum += this.counts[this.count(ring) + what]!;
    return sum;
  }
}

/** Places that one signature may have: 16 bytes, within one line of the processor's cache. */
const WAYS = 4;
const LEAST = 1 << 10;
/** Bits of a place that say which entry; the others are of the signature. */
const INDEX_BITS = 22;
const INDEX_MASK = (1 << INDEX_BITS) - 1;

/**
 * From a packet's hash to the index of the entry that it led to, four bytes each: a guess, which whoever asks verifies. So nothing has to be taken out of it
 * when an entry goes. A set's signatures are ten bits of the hash besides those that choose the set.
 */
export class SignatureCache {
  /** Per place: signature, and index + 1; 0 where it is empty. */
  #places: Int32Array;
  #last: number;
  /** Where the set that was last asked for begins. */
  #set = 0;
  /** Signatures that had to make room for others since it was last asked for. */
  #displaced = 0;
  #turn = 0;

  /** `wanted` places, at least; rounded up to a power of two. */
  constructor(wanted: number) {
    this.#places = new Int32Array(roundUp(wanted));
    this.#last = this.#places.length / WAYS - 1;
  }

  /** Number of places. */
  get size(): number {
    return this.#places.length;
  }

  /** How many signatures have been displaced by others since this was last asked. */
  takeDisplaced(): number {
    const displaced = this.#displaced;
    this.#displaced = 0;
    return displaced;
  }

  /** Where guesses for a hash begin: to be given to `next` first. */
  begin(hash: number): number {
    this.#set = (hash & this.#last) * WAYS;
    return this.#set;
  }

  /** The first place from `from` on, of the set, that has the hash's signature; -1 where there is none. */
  next(hash: number, from: number): number {
    const places = this.#places;
    for (let at = from, end = this.#set + WAYS; at < end; at++) {
      const place = places[at]!;
      if ((place ^ hash) >>> INDEX_BITS === 0 && (place & INDEX_MASK) !== 0) return at;
    }
    return -1;
  }

  /** The index in a place. */
  index(at: number): number {
    return (this.#places[at]! & INDEX_MASK) - 1;
  }

  /** Remembers what a hash has led to. Where all its places are taken, one of them makes room. */
  insert(hash: number, index: number): void {
    if (index >= INDEX_MASK) return;
    const places = this.#places;
    const set = (hash & this.#last) * WAYS;
    let at = -1;
    for (let i = set; i < set + WAYS; i++) {
      const place = places[i]!;
      if (place === 0) at = i;
      // A guess that was wrong is of no use any more.
      else if ((place ^ hash) >>> INDEX_BITS === 0) {
        at = i;
        break;
      }
    }
    if (at < 0) {
      at = set + (this.#turn++ & (WAYS - 1));
      this.#displaced++;
    }
    places[at] = (hash & ~INDEX_MASK) | (index + 1);
  }

  /** Forgets everything, with so many places from now on. */
  resize(wanted: number): void {
    this.#places = new Int32Array(roundUp(wanted));
    this.#last = this.#places.length / WAYS - 1;
  }
}

function roundUp(places: number): number {
  return Math.max(LEAST, 2 ** Math.ceil(Math.log2(places)));
}

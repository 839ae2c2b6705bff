import type { GuestMemory } from "#wire/guest-memory.js";
import { ringPartSizes, SplitRing } from "#wire/virtqueue.js";
import * as sys from "../syscalls.js";
import type { GuestBell } from "./guest-bell.js";
import { viewGuest, viewOf } from "./guest-mapping.js";
import { type GuestAgreement, guestAgreement } from "./guest-offload.js";
import { ONE } from "./ring-board.js";
import { MAX_RINGS, RingCount, RingState, RingWord, VhostShared } from "./vhost-shared.js";

/** One port's rings as one forwarding thread sees them: views of the guest's memory, made anew when the main thread has changed what is there. */
export class GuestRings {
  readonly shared: VhostShared;
  readonly #troubleFd: number;
  readonly #bell: GuestBell;
  #memoryVersion = -1;
  #memory: GuestMemory | undefined;
  readonly #rings: (SplitRing | undefined)[] = new Array<undefined>(MAX_RINGS).fill(undefined);
  readonly #versions = new Int32Array(MAX_RINGS).fill(-1);
  /** Of the ring that was opened last. */
  agreement: GuestAgreement = guestAgreement(0n);

  constructor(shared: SharedArrayBuffer, troubleFd: number, bell: GuestBell) {
    this.shared = new VhostShared(shared);
    this.#troubleFd = troubleFd;
    this.#bell = bell;
  }

  /** True where frames may be in the ring, or go to it. Only a hint without its lock. */
  isServed(ring: number): boolean {
    return this.shared.words[this.shared.word(ring) + RingWord.state] !== RingState.stopped;
  }

  /** True where what is in the ring is meant; else it is to be thrown away. */
  isEnabled(ring: number): boolean {
    return this.shared.words[this.shared.word(ring) + RingWord.state] === RingState.enabled;
  }

  /** Takes the lock of a ring and gives it as it is now; undefined, without the lock, where it is not served. */
  open(ring: number): SplitRing | undefined {
    const { shared } = this;
    if (!this.isServed(ring)) return undefined;
    shared.lock(ring);
    const words = shared.words;
    const at = shared.word(ring);
    if (words[at + RingWord.state] === RingState.stopped || words[at + RingWord.broken] !== 0) {
      shared.unlock(ring);
      return undefined;
    }
    if (shared.memoryVersion !== this.#memoryVersion) {
      this.#memoryVersion = shared.memoryVersion;
      this.#memory = viewGuest(shared.regions());
      this.#rings.fill(undefined);
    }
    let view = this.#rings[ring];
    if (view === undefined || this.#versions[ring] !== words[at + RingWord.version]) {
      this.agreement = guestAgreement(shared.features);
      view = this.#view(ring, words[at + RingWord.size]!);
      this.#rings[ring] = view;
      this.#versions[ring] = words[at + RingWord.version]!;
    }
    view.nextAvailable = words[at + RingWord.nextAvailable]!;
    view.nextUsed = words[at + RingWord.nextUsed]!;
    view.notified = words[at + RingWord.notified]!;
    return view;
  }

  #view(ring: number, size: number): SplitRing {
    const { counts } = this.shared;
    const at = this.shared.count(ring);
    const [descriptors, available, used] = ringPartSizes(size);
    const parts = {
      descriptors: viewOf(counts[at + RingCount.descriptors]!, descriptors),
      available: viewOf(counts[at + RingCount.available]!, available),
      used: viewOf(counts[at + RingCount.used]!, used),
    };
    const memory = this.#memory!;
    const log = this.shared.log();
    memory.log = this.agreement.logs && log.length > 0 ? viewOf(log.address, log.length) : undefined;
    const view = new SplitRing(memory, parts, size, 0, this.agreement.usesEventIndex);
    if (memory.log !== undefined) view.usedLog = counts[at + RingCount.usedLog]!;
    return view;
  }

  /** Ends what `open` began. */
  close(ring: number, view: SplitRing): void {
    const { shared } = this;
    const at = shared.word(ring);
    shared.words[at + RingWord.nextAvailable] = view.nextAvailable;
    shared.words[at + RingWord.nextUsed] = view.nextUsed;
    shared.words[at + RingWord.notified] = view.notified;
    shared.unlock(ring);
  }

  /** Shows the guest what an open ring has given back, and notifies it where it wants to be. */
  publish(ring: number, view: SplitRing): void {
    if (!view.publish()) return;
    // Under the lock: the descriptor may be closed else, and be another's.
    const call = this.shared.words[this.shared.word(ring) + RingWord.call]!;
    if (call >= 0) this.#bell.ring(call);
  }

  /** Serves an open ring no more: the guest has put nonsense into it. The main thread is told. */
  giveUp(ring: number): void {
    this.shared.words[this.shared.word(ring) + RingWord.broken] = 1;
    sys.write(this.#troubleFd, ONE, ONE.length);
  }

  /** Adds to what is counted of an open ring. */
  add(ring: number, what: number, count: number): void {
    this.shared.counts[this.shared.count(ring) + what]! += count;
  }
}

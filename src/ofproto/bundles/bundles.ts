import { OfpError } from "#openflow/ofp-error.js";
import type { Cancel, Clock } from "#util/clock.js";

/** Messages of a controller that are to be done together. */
interface OpenBundle<E> {
  readonly flags: number;
  /** The message that began it, for errors that quote it. */
  readonly request: Uint8Array;
  readonly entries: E[];
  isClosed: boolean;
  /** Clock milliseconds when it was last opened, added to or closed. */
  used: number;
  timer: Cancel | undefined;
}

/** What is done to a bundle that nothing was heard of for too long. */
export interface BundleTimeout {
  /** Milliseconds. */
  idle(): number;
  /** `request` is the message that began it. */
  expired(request: Uint8Array): void;
}

/**
 * The bundles of one connection, by the controller's numbers. A request that a bundle does not allow ends the bundle: the errors of the standard
 * leave nothing behind.
 */
export class Bundles<E> {
  readonly #clock: Clock;
  readonly #timeout: BundleTimeout;
  readonly #bundles = new Map<number, OpenBundle<E>>();

  constructor(clock: Clock, timeout: BundleTimeout) {
    this.#clock = clock;
    this.#timeout = timeout;
  }

  /** Begins a bundle. Throws OFPBFC_BAD_ID where it has begun already. */
  open(id: number, flags: number, request: Uint8Array): void {
    if (this.#bundles.has(id)) throw this.#end(id, "OFPBFC_BAD_ID");
    this.#begin(id, flags, request);
  }

  /** Takes a message into a bundle, which begins with it where there is none. Throws OFPBFC_BUNDLE_CLOSED, OFPBFC_BAD_FLAGS. */
  add(id: number, flags: number, entry: E, request: Uint8Array): void {
    const bundle = this.#bundles.get(id) ?? this.#begin(id, flags, request);
    if (bundle.isClosed) throw this.#end(id, "OFPBFC_BUNDLE_CLOSED");
    if (bundle.flags !== flags) throw this.#end(id, "OFPBFC_BAD_FLAGS");
    bundle.entries.push(entry);
    bundle.used = this.#clock.now();
  }

  /** No more messages come. Throws OFPBFC_BAD_ID, OFPBFC_BUNDLE_CLOSED, OFPBFC_BAD_FLAGS. */
  close(id: number, flags: number): void {
    const bundle = this.#known(id);
    if (bundle.isClosed) throw this.#end(id, "OFPBFC_BUNDLE_CLOSED");
    if (bundle.flags !== flags) throw this.#end(id, "OFPBFC_BAD_FLAGS");
    bundle.isClosed = true;
    bundle.used = this.#clock.now();
  }

  /** The messages of a bundle, closed or not, which is over. Throws OFPBFC_BAD_ID, OFPBFC_BAD_FLAGS. */
  take(id: number, flags: number): readonly E[] {
    const bundle = this.#known(id);
    this.#remove(id);
    if (bundle.flags !== flags) throw new OfpError("OFPBFC_BAD_FLAGS");
    return bundle.entries;
  }

  /** Forgets a bundle. Throws OFPBFC_BAD_ID. */
  discard(id: number): void {
    this.#known(id);
    this.#remove(id);
  }

  /** The connection is over. */
  clear(): void {
    for (const id of [...this.#bundles.keys()]) this.#remove(id);
  }

  #known(id: number): OpenBundle<E> {
    const bundle = this.#bundles.get(id);
    if (bundle === undefined) throw new OfpError("OFPBFC_BAD_ID");
    return bundle;
  }

  #begin(id: number, flags: number, request: Uint8Array): OpenBundle<E> {
    const used = this.#clock.now();
    const bundle: OpenBundle<E> = { flags, request, entries: [], isClosed: false, used, timer: undefined };
    this.#bundles.set(id, bundle);
    this.#watch(id, bundle);
    return bundle;
  }

  /** Sets the timer for when the bundle has been idle for long enough, as far as is known now. */
  #watch(id: number, bundle: OpenBundle<E>): void {
    const left = bundle.used + this.#timeout.idle() - this.#clock.now();
    if (left > 0) {
      bundle.timer = this.#clock.after(left, () => this.#watch(id, bundle));
      return;
    }
    this.#remove(id);
    this.#timeout.expired(bundle.request);
  }

  /** A bundle ends by an error. */
  #end(id: number, error: ConstructorParameters<typeof OfpError>[0]): OfpError {
    this.#remove(id);
    return new OfpError(error);
  }

  #remove(id: number): void {
    this.#bundles.get(id)?.timer?.cancel();
    this.#bundles.delete(id);
  }
}

import type { PacketListeners } from "#host/packet-listeners.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { KernelPort } from "./encode-program.js";

/** Milliseconds between looks for listeners. */
const INTERVAL = 1000;

/**
 * Says at which ports packets may be handed to guests or drivers directly: where nobody listens at the port, who would not see them, and where that is wanted at all. It looks again and again
 * as long as there are ports where that can be.
 */
export class GuestWatch {
  readonly #clock: Clock;
  readonly #read: () => PacketListeners;
  readonly #changed: (ports: ReadonlySet<number>) => void;
  /** Ports where it can be, by number. */
  readonly #ports = new Map<number, { readonly ifindex: number; readonly isDirect: boolean }>();
  #listeners: PacketListeners | undefined;
  #timer: Cancel | undefined;
  #isWanted = true;

  /** `changed` is told of the ports for which `see` has another answer now. */
  constructor(clock: Clock, read: () => PacketListeners, changed: (ports: ReadonlySet<number>) => void) {
    this.#clock = clock;
    this.#read = read;
    this.#changed = changed;
  }

  /** A port as flows are to go by it now: without a direct way where packets are to be queued there. */
  see(number: number, port: KernelPort | undefined): KernelPort | undefined {
    if (!port?.isDirect) {
      this.forget(number);
      return port;
    }
    this.#wake();
    const isDirect = this.#isDirect(port.ifindex);
    this.#ports.set(number, { ifindex: port.ifindex, isDirect });
    return isDirect ? port : { ...port, isDirect, guest: undefined };
  }

  /** There is no such port any more. */
  forget(number: number): void {
    this.#ports.delete(number);
    if (this.#ports.size === 0) this.close();
  }

  /** Whether packets are to be handed over directly at all. */
  want(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.close();
    if (this.#ports.size > 0) this.#wake();
    this.#compare();
  }

  /** Ends looking. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#listeners = undefined;
  }

  #isDirect(ifindex: number): boolean {
    return this.#isWanted && !this.#listeners!.isListenedAt(ifindex);
  }

  /** Looks now, unless it does so every second already. */
  #wake(): void {
    if (this.#timer || !this.#isWanted) return;
    this.#listeners = this.#read();
    this.#timer = this.#clock.after(INTERVAL, () => {
      this.#timer = undefined;
      this.#wake();
      this.#compare();
    });
  }

  #compare(): void {
    const changed = new Set<number>();
    for (const [number, { ifindex, isDirect }] of this.#ports)
      if (this.#isDirect(ifindex) !== isDirect) changed.add(number);
    if (changed.size > 0) this.#changed(changed);
  }
}

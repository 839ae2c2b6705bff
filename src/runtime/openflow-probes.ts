import { Rconn } from "#protocols/rconn.js";
import type { Cancel, Clock } from "#util/clock.js";

/** What a probed connection can do. */
export interface Probed {
  probe(): void;
  /** The peer did not answer. */
  giveUp(): void;
}

/** Watches one connection that stands: a peer that has been silent for `interval` milliseconds is probed, and given up after as much again. */
export class InactivityProbes {
  readonly #clock: Clock;
  readonly #fsm: Rconn;
  readonly #probed: Probed;
  #timer: Cancel | undefined;

  constructor(clock: Clock, interval: number, probed: Probed) {
    this.#clock = clock;
    this.#probed = probed;
    this.#fsm = new Rconn(clock.now(), { probeInterval: interval });
    this.#fsm.accept(clock.now());
    this.#fsm.negotiated(clock.now());
    this.#schedule();
  }

  /** Something came from the peer. */
  activity(): void {
    const idle = this.#fsm.state === "IDLE";
    this.#fsm.activity(this.#clock.now());
    if (idle) this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#fsm.disable(this.#clock.now());
  }

  #schedule(): void {
    this.#timer?.cancel();
    const deadline = this.#fsm.deadline();
    if (deadline === undefined) return;
    this.#timer = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => {
      const action = this.#fsm.run(this.#clock.now());
      if (action === "disconnect") {
        this.stop();
        this.#probed.giveUp();
        return;
      }
      if (action === "probe") this.#probed.probe();
      this.#schedule();
    });
  }
}

import type { Upcall } from "#datapath/datapath.js";
import { cloneKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "../backer.js";
import type { LiveFilter } from "../translate/trace-live.js";
import type { LivePacket, LiveTrace } from "./live-trace.js";
import { tracePacket } from "./trace-packet.js";

/** Milliseconds that are waited, when enough packets were seen, for those that were recirculated. */
const PATIENCE = 100;

/** How long an asker waits. */
export interface LiveLimits {
  /** Milliseconds. */
  readonly timeout: number;
  /** Aborted when the asker has gone. */
  readonly gone: AbortSignal;
}

/**
 * Those who look at a datapath's packets as they pass. While somebody does, flows whose packets pass a filter begin with an action that sends a copy
 * up, and no flow holds packets of both sorts.
 */
export class LiveTraces {
  readonly #backer: Backer;
  readonly #running = new Map<LiveTrace, () => void>();
  #filters: readonly LiveFilter[] = [];

  constructor(backer: Backer) {
    this.#backer = backer;
  }

  get filters(): readonly LiveFilter[] {
    return this.#filters;
  }

  /** Looks until there are enough packets, or for as long as the limits say. Gives the packets. */
  run(trace: LiveTrace, { timeout, gone }: LiveLimits): Promise<readonly LivePacket[]> {
    return new Promise((resolve) => {
      const end = (): void => {
        if (!this.#running.delete(trace)) return;
        timer.cancel();
        gone.removeEventListener("abort", end);
        this.#changed();
        resolve(trace.packets);
      };
      const timer = this.#backer.clock.after(timeout, end);
      gone.addEventListener("abort", end);
      this.#running.set(trace, end);
      this.#changed();
      // Packets of known flows are to be seen from now on.
      this.#backer.revalidator.settle();
    });
  }

  /** Takes a copy of a packet. What became of it is found by doing it again, without effects. */
  receive(upcall: Upcall): void {
    const { key } = upcall;
    const port = this.#backer.origin(key);
    if (port === undefined) return;
    const asked = cloneKey(key);
    asked[W.inPort] = port.ofport;
    const { traced, answer } = tracePacket({ backer: this.#backer, port, key: asked, frame: undefined }, true, []);
    this.#backer.frozen.release(answer.frozen);
    for (const [trace, end] of this.#running) {
      if (!answer.live.includes(trace)) continue;
      trace.note(this.#backer, upcall, port, traced, answer.actions);
      if (trace.hasEnough) this.#finish(trace, end);
    }
  }

  /** Ends all, with what they have. */
  close(): void {
    for (const end of [...this.#running.values()]) end();
  }

  #finish(trace: LiveTrace, end: () => void): void {
    if (trace.isWhole) end();
    else this.#backer.clock.after(PATIENCE, end);
  }

  #changed(): void {
    this.#filters = [...this.#running.keys()];
    this.#backer.changed();
  }
}

import { W } from "#flow/layout.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { Upcall } from "../../datapath.js";
import type { ReceivedUpcalls } from "./received-upcalls.js";
import { UpcallQueue } from "./upcall-queue.js";

/** After so many milliseconds of handling upcalls, timers, sockets and other upcalls have their turn. */
const UPCALL_TURN = 4;
/** Upcalls handed over together at most, and the milliseconds that they should not exceed. */
const MAX_BATCH = 32;
const LONG_BATCH = 1;

/** The upcalls of all threads, which wait here, port by port, until the handler has taken them, a turn's worth at a time. */
export class UpcallTurns {
  handler: ((batch: readonly Upcall[]) => void) | undefined;
  readonly #clock: Clock;
  readonly #onTurnEnd: () => void;
  readonly #waiting = new UpcallQueue<ReceivedUpcalls>();
  /** Upcalls that are handed over together: fewer where they take long. */
  #together = 1;
  #next: Cancel | undefined;

  /** `onTurnEnd` is called after each turn. */
  constructor(clock: Clock, onTurnEnd: () => void) {
    this.#clock = clock;
    this.#onTurnEnd = onTurnEnd;
  }

  add(upcalls: ReceivedUpcalls): void {
    for (let at = upcalls.next(-1); at >= 0; at = upcalls.next(at)) {
      upcalls.waits();
      this.#waiting.add(upcalls.port(at), upcalls, at);
    }
    if (this.#next === undefined) this.#handleSome();
  }

  /** Handles what waits of a port at once. */
  finishPort(port: number): void {
    const waiting = this.#waiting.takePort(port);
    this.#handle(
      waiting.map(({ source, place }) => source.read(place)),
      waiting.map(({ source }) => source),
    );
  }

  close(): void {
    this.handler = undefined;
    this.#next?.cancel();
    this.#waiting.clear();
  }

  /** Handles what waits, port by port, for one turn's time at most; the rest has its turn when the event loop comes round again. */
  #handleSome(): void {
    const clock = this.#clock;
    let now = clock.now();
    const end = now + UPCALL_TURN;
    try {
      while (now < end && this.#waiting.size > 0) {
        this.#handleBatch();
        const after = clock.now();
        this.#together =
          after - now > LONG_BATCH ? Math.max(1, this.#together >> 1) : Math.min(MAX_BATCH, this.#together + 1);
        now = after;
      }
    } finally {
      this.#onTurnEnd();
      if (this.#waiting.size > 0) {
        this.#next = clock.after(0, () => {
          this.#next = undefined;
          this.#handleSome();
        });
      }
    }
  }

  #handleBatch(): void {
    const waiting = this.#waiting;
    const batch: Upcall[] = [];
    const sources: ReceivedUpcalls[] = [];
    while (batch.length < this.#together && waiting.take()) {
      batch.push(waiting.source.read(waiting.place));
      sources.push(waiting.source);
    }
    this.#handle(batch, sources);
  }

  #handle(batch: readonly Upcall[], sources: readonly ReceivedUpcalls[]): void {
    try {
      this.handler?.(batch);
    } finally {
      for (let i = 0, count = 1; i < batch.length; i++, count++) {
        const port = batch[i]!.key[W.inPort]!;
        if (batch[i + 1]?.key[W.inPort] === port && sources[i + 1]!.origin === sources[i]!.origin) continue;
        sources[i]!.origin.handled(port, count);
        count = 0;
      }
      for (let i = 0; i < sources.length; i++) sources[i]!.handled();
    }
  }
}

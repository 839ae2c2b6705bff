import type { FlowKey } from "#flow/key.js";
import { TokenBucket } from "#runtime/token-bucket.js";
import type { Frame } from "./frames/frame.js";
import type { HeadArena } from "./frames/head-arena.js";
import { shownFrame } from "./frames/shown-frame.js";
import type { UpcallSink } from "./sinks.js";

/** Copies are not to take the place of packets that have to go up: so many at once, and so many a minute. */
const AT_ONCE = 128;
const PER_MINUTE = 30_000;

/** Sends copies of packets up for live traces. What cannot go is no loss. */
export class LiveCopies {
  readonly #upcalls: UpcallSink;
  readonly #arena: HeadArena;
  readonly #limit = new TokenBucket(PER_MINUTE, AT_ONCE);

  constructor(upcalls: UpcallSink, arena: HeadArena) {
    this.#upcalls = upcalls;
    this.#arena = arena;
  }

  send(frame: Frame, key: FlowKey, now: number): void {
    if (!this.#limit.take(now)) return;
    const shown = shownFrame(frame, this.#arena);
    this.#upcalls.upcall(shown, shown.length, key, { kind: "live_trace" }, 0);
  }
}

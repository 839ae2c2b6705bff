import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { CtRequest } from "../../conntrack/ct-request.js";
import type { ForwardingThread } from "./forwarding-thread.js";

/** Questions about connections that a forwarding thread has not answered yet. */
export class TrackingCalls {
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;

  /** Asks a thread; rejects with `HostError` ENODEV where it is not there, or ends before it has answered. */
  ask(request: CtRequest, tracker: ForwardingThread): Promise<unknown> {
    if (!tracker.isThere) return Promise.reject(hasEnded());
    const call = ++this.#last;
    tracker.queue({ op: "ct", request, call });
    return new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject }));
  }

  answered(call: number, value: unknown): void {
    this.#waiting.get(call)?.resolve(value);
    this.#waiting.delete(call);
  }

  /** Nobody will answer any more. */
  rejectAll(): void {
    for (const { reject } of this.#waiting.values()) reject(hasEnded());
    this.#waiting.clear();
  }
}

function hasEnded(): HostError {
  return new HostError("asking the forwarding thread", "ENODEV", errnoNumber("ENODEV"), errnoText("ENODEV"));
}

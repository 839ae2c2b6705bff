import type { Json } from "#util/json.js";
import { isJsonObject } from "../json-members.js";

/** How a client stands to the lock it wants: not asked for (or not connected), waiting for an answer, had by it, had by another. */
export type LockState = "none" | "requested" | "held" | "contended";

/** Sends a request; `done` gets the result, or undefined where it was refused. */
type Request = (method: string, params: readonly Json[], done: (result: Json | undefined) => void) => void;

/** A lock (RFC 7047, 4.1.8 to 4.1.10) that is asked for anew with each connection. */
export class ReplicaLock {
  #name: string | undefined;
  #state: LockState = "none";
  /** Counts requests, so that the answer to one that is no longer meant is not taken for the present one's. */
  #round = 0;

  get name(): string | undefined {
    return this.#name;
  }

  get state(): LockState {
    return this.#state;
  }

  /** Wants a lock (or none) from now on. `steal` takes it from who has it, once. */
  want(name: string | undefined, steal: boolean, request: Request | undefined): void {
    const known = this.#state !== "none";
    if (name === this.#name && known && !steal) return;
    if (request && known && this.#name !== undefined) request("unlock", [this.#name], () => {});
    this.#name = name;
    this.#state = "none";
    if (request) this.#ask(steal ? "steal" : "lock", request);
  }

  connected(request: Request): void {
    this.#ask("lock", request);
  }

  disconnected(): void {
    this.#state = "none";
    this.#round++;
  }

  /** A `locked` or `stolen` notification; true if the state changed. */
  notified(method: string, name: Json | undefined): boolean {
    if (name !== this.#name || this.#state === "none") return false;
    const before = this.#state;
    this.#state = method === "locked" ? "held" : "contended";
    return before !== this.#state;
  }

  #ask(method: "lock" | "steal", request: Request): void {
    const round = ++this.#round;
    if (this.#name === undefined) return;
    this.#state = "requested";
    request(method, [this.#name], (result) => {
      // A notification may have come first and knows better.
      if (round !== this.#round || this.#state !== "requested") return;
      this.#state = isJsonObject(result) && result["locked"] === true ? "held" : "contended";
    });
  }
}

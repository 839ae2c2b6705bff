import type { Json } from "#util/json.js";

/** A request to be sent; its answer is to be handed to the engine with the same id. */
export interface OutgoingRequest {
  readonly kind: "request";
  readonly method: string;
  readonly params: readonly Json[];
  readonly id: string;
}

/** The answer to a request. */
export type Answer =
  | { readonly kind: "reply"; readonly result: Json }
  | { readonly kind: "error"; readonly error: Json };

/** What is to be done, and what has happened, after the engine was told something. */
export interface Effects {
  /** To be sent in this order. */
  readonly send: readonly OutgoingRequest[];
  /** Rows, the state, the lock or the conditions in force are others than before. */
  readonly changed: boolean;
  /** For the log. */
  readonly complaints: readonly string[];
  /** The connection is to be ended, and another server tried. */
  readonly leave: LeaveServer | undefined;
}

export interface LeaveServer {
  readonly why: string;
  /** Pointless where there is no other remote: this server may yet become good, and says so. */
  readonly onlyForAnother: boolean;
}

/** Gathers effects until they are taken. */
export class EffectCollector {
  #send: OutgoingRequest[] = [];
  #complaints: string[] = [];
  #changed = false;
  #leave: LeaveServer | undefined;

  send(request: OutgoingRequest): void {
    this.#send.push(request);
  }

  changed(): void {
    this.#changed = true;
  }

  complain(text: string): void {
    this.#complaints.push(text);
  }

  leave(why: string, onlyForAnother = false): void {
    this.#leave ??= { why, onlyForAnother };
  }

  take(): Effects {
    const effects = {
      send: this.#send,
      changed: this.#changed,
      complaints: this.#complaints,
      leave: this.#leave,
    };
    this.#send = [];
    this.#complaints = [];
    this.#changed = false;
    this.#leave = undefined;
    return effects;
  }
}

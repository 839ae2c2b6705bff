import { HEADER_LENGTH, MessageType } from "#openflow/header.js";
import { readEnvelope } from "#openflow/messages/codec.js";
import { OfpError } from "#openflow/ofp-error.js";

/** Kinds of messages that a controller may send a switch which it will not have. */
const preliminary: ReadonlySet<string> = new Set([
  "hello",
  "error",
  "echo_request",
  "echo_reply",
  "features_request",
  "features_reply",
  "get_config_request",
  "get_config_reply",
  "set_config",
  "queue_config_request",
  "queue_config_reply",
]);

/** Milliseconds after which a controller that only keeps the connection up has accepted the switch, too. */
const LONG_ENOUGH = 30_000;

function isAdmission(message: Uint8Array): boolean {
  if (message.length < HEADER_LENGTH || message[1]! <= MessageType.echoReply) return false;
  try {
    return !preliminary.has(readEnvelope(message).row.kind);
  } catch (error) {
    if (error instanceof OfpError) return false;
    throw error;
  }
}

/** Whether a controller, once connected, takes charge of the switch, and when it last showed. Times are the clock's milliseconds. */
export class Admission {
  #last: number;
  #connected: number | undefined;
  #isAdmitted = false;

  constructor(now: number) {
    this.#last = now;
  }

  connected(now: number): void {
    this.#connected = now;
    this.#isAdmitted = false;
  }

  disconnected(): void {
    this.#connected = undefined;
    this.#isAdmitted = false;
  }

  /** Any message came. */
  heard(now: number): void {
    if (this.#connected === undefined) return;
    this.#isAdmitted ||= now - this.#connected >= LONG_ENOUGH;
    if (this.#isAdmitted) this.#last = now;
  }

  /** A message came that is not only a sign of life. */
  received(now: number, message: Uint8Array): void {
    if (this.#connected === undefined) return;
    this.#isAdmitted ||= isAdmission(message);
    if (this.#isAdmitted) this.#last = now;
  }

  /** Seconds since the controller was in charge; 0 while it is. */
  silentFor(now: number): number {
    return this.#isAdmitted ? 0 : Math.floor((now - this.#last) / 1000);
  }
}

import { OvsdbError } from "#ovsdb/error.js";
import type { HostError } from "#util/errors.js";
import type { Json } from "#util/json.js";

/** A database file that could not be read or written. `cause` is strerror's text, told to clients as `io-error`. */
export class IoError extends OvsdbError {
  override name = "IoError";
  readonly reason: string;

  constructor(details: string, reason: string) {
    super("I/O error", details);
    this.reason = reason;
    this.message += ` (${reason})`;
  }

  override toJson(): { readonly [name: string]: Json } {
    return { details: this.details ?? "", error: this.tag, "io-error": this.reason };
  }
}

/** What the kernel said, without what was tried. */
export function reasonOf(error: HostError): string {
  return error.message.slice(error.tried.length + 2);
}

import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";

/** Turns what a `node:` call threw into a `HostError` with strerror's text; anything without an errno name keeps its message. */
export function toHostError(tried: string, cause: unknown): HostError {
  if (cause instanceof HostError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  // A failed name look-up: Open vSwitch reports every kind of it as a missing entry.
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return new HostError(tried, "ENOENT", 2, errnoText("ENOENT"));
  if (code === undefined || errnoNumber(code) === 0)
    return new HostError(tried, code ?? "EPROTO", errnoNumber("EPROTO"), message);
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}

/** Runs a `node:` call, its errors made `HostError`. */
export function tryHost<T>(tried: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toHostError(tried, error);
  }
}

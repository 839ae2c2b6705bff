import { WireError } from "#util/errors.js";
import type { ErrorName } from "./errors/error-row.js";

/** A peer sent what OpenFlow has an error for: caught once per session, and answered with that error's numbers. */
export class OfpError extends WireError {
  override name = "OfpError";
  readonly error: ErrorName;

  /** `detail` says more than the error's name, for the log. */
  constructor(error: ErrorName, detail?: string) {
    super(detail === undefined ? error : `${error}: ${detail}`);
    this.error = error;
  }
}

/** Makes the error; for a reader's end and the like. */
export function ofpError(error: ErrorName, detail?: string): () => OfpError {
  return () => new OfpError(error, detail);
}

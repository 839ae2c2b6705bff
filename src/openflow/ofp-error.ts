import { WireError } from "#util/errors.js";
import type { ErrorName } from "./errors/error-row.js";

/** A line for the log, by the module that upstream has for it. */
interface Complaint {
  readonly module: string;
  readonly text: string | (() => string);
}

/** A peer sent what OpenFlow has an error for: caught once per session, and answered with that error's numbers. */
export class OfpError extends WireError {
  override name = "OfpError";
  readonly error: ErrorName;
  #complaints: Complaint[] = [];

  /** `detail` says more than the error's name, for the log. */
  constructor(error: ErrorName, detail?: string) {
    super(detail === undefined ? error : `${error}: ${detail}`);
    this.error = error;
  }

  /** Adds what the log is to be told of it; as a function where making it takes time that is lost if nobody asks. */
  complain(module: string, text: string | (() => string)): this {
    this.#complaints.push({ module, text });
    return this;
  }

  /** Tells the log, once; without one there is nothing more to tell. */
  tell(warn?: (module: string, text: string) => void): void {
    for (const { module, text } of warn === undefined ? [] : this.#complaints)
      warn?.(module, typeof text === "string" ? text : text());
    this.#complaints = [];
  }
}

/** Makes the error; for a reader's end and the like. */
export function ofpError(error: ErrorName, detail?: string): () => OfpError {
  return () => new OfpError(error, detail);
}

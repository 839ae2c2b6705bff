import type { Json } from "#util/json.js";
import { formatJson } from "#util/json-text.js";

/**
 * An error the OVSDB protocol has a name for (RFC 7047 section 3.1 `<error>`). `tag` is the protocol's name, such as
 * `"constraint violation"`; `details` is for people; `syntax` is the JSON that was not understood. `message` is the
 * one-line form that the tools print.
 */
export class OvsdbError extends Error {
  override name = "OvsdbError";
  readonly tag: string;
  readonly details: string | undefined;
  readonly syntax: string | undefined;

  constructor(tag: string, details?: string, syntax?: string) {
    super((syntax === undefined ? "" : `syntax "${syntax}": `) + tag + (details === undefined ? "" : `: ${details}`));
    this.tag = tag;
    this.details = details;
    this.syntax = syntax;
  }

  /** The `<error>` object sent to a client. */
  toJson(): { readonly [name: string]: Json } {
    return {
      ...(this.details === undefined ? {} : { details: this.details }),
      error: this.tag,
      ...(this.syntax === undefined ? {} : { syntax: this.syntax }),
    };
  }

  /** The same error with `context: ` before its details. */
  within(context: string): OvsdbError {
    return new OvsdbError(this.tag, this.details === undefined ? context : `${context}: ${this.details}`, this.syntax);
  }
}

/** JSON that does not have the expected shape; `json` is quoted, if given. */
export function syntaxError(details: string, json?: Json): OvsdbError {
  return new OvsdbError("syntax error", details, json === undefined ? undefined : formatJson(json, { sorted: true }));
}

/** A value that its column, or the schema, forbids. */
export function constraintViolation(details: string): OvsdbError {
  return new OvsdbError("constraint violation", details);
}

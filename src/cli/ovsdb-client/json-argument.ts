import { UserError } from "#util/errors.js";
import type { Json } from "#util/json.js";
import { JsonSyntaxError, parseJson } from "#util/json-parse.js";

/** Reads an argument that is JSON. Throws `UserError` that quotes it. */
export function parseJsonArgument(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new UserError(`"${text}": ${error.message}`);
  }
}

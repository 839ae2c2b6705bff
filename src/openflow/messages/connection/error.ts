import { readError, writeError } from "../../error-message.js";
import type { ErrorName } from "../../errors/error-row.js";
import { MessageType } from "../../header.js";
import { always } from "../../version.js";
import { type MessageRow, ofpt } from "../message.js";

/** Refuses a request. */
export interface ErrorBody {
  readonly kind: "error";
  readonly error: ErrorName;
  /** The request, or its beginning; of a failed hello, text. */
  readonly data: Uint8Array;
}

/** Verbosity at which the request is printed, whatever the error's own. */
const QUOTED = 1;

export const error: MessageRow<ErrorBody> = {
  kind: "error",
  forms: [
    {
      name: "OFPT_ERROR",
      numbers: [ofpt(always, MessageType.error)],
      length: [4, 1],
      decode: (r, { version }) => ({ kind: "error", error: readError(r, version), data: r.rest() }),
      encode: (body, w, { version }) => {
        writeError(w, body.error, version);
        w.raw(body.data);
      },
    },
  ],
  format: (body, ctx) => {
    const about = body.error.startsWith("OFPHFC_")
      ? printable(body.data)
      : quoted(body.data, (bytes, verbosity) => ctx.bytes(bytes, verbosity));
    return ` ${body.error}${about === "" ? "" : "\n"}${about}`;
  },
};

function quoted(data: Uint8Array, print: (bytes: Uint8Array, verbosity: number) => string): string {
  return data.length === 0 ? "OpenFlow message is empty" : print(data, QUOTED).slice(0, -1);
}

/** Text whose unusual characters are written in octal. */
function printable(data: Uint8Array): string {
  let text = "";
  for (const c of data) {
    const isPlain = c >= 0x20 && c <= 0x7e && c !== 0x22 && c !== 0x5c;
    text += isPlain ? String.fromCharCode(c) : `\\${c.toString(8).padStart(3, "0")}`;
  }
  return text;
}

import { UserError } from "#util/errors.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { LONGEST, nx } from "./wire-form.js";

/** Does nothing: bytes that a controller keeps with a flow. */
export interface Note {
  readonly kind: "note";
  readonly bytes: Uint8Array;
}

/** Pairs of hex digits, with or without periods between them. Throws `UserError` with `complaint`. */
export function parseHex(text: string, complaint: string): Uint8Array {
  const digits = text.replaceAll(".", "");
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new UserError(complaint);
  return Uint8Array.from(digits.match(/../g) ?? [], (d) => Number.parseInt(d, 16));
}

export const note: ActionRow<Note> = {
  kind: "note",
  wire: [
    {
      ids: [nx(always, 8)],
      length: [16, LONGEST],
      decode: (r) => ({ kind: "note", bytes: r.rest() }),
      encode: ({ bytes }, w) => void w.raw(bytes).zeros(Math.max(0, 6 - bytes.length)),
    },
  ],
  format: ({ bytes }) => `note:${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join(".")}`,
  parse: { note: (text) => ({ kind: "note", bytes: parseHex(text, "bad hex digit in `note' argument") }) },
};

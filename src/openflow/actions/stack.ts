import { OfpError } from "../ofp-error.js";
import { formatSubfield, parseSubfield, type Subfield } from "../subfield.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { checkSubfield, isLongField, notWritable, readField, writeField } from "./field-id.js";
import { nx } from "./wire-form.js";

/** Puts a field's bits on the stack, or writes to it what lies on top. */
export interface StackAction {
  readonly kind: "push" | "pop";
  readonly subfield: Subfield;
}

function row(kind: StackAction["kind"], number: number): ActionRow<StackAction> {
  return {
    kind,
    wire: [
      {
        ids: [nx(always, number)],
        length: [24, 24],
        decode: (r) => {
          const start = r.u16();
          const named = { field: readField(r), start, bits: r.u16() };
          if (r.left > 6 || !r.zeros(r.left)) throw new OfpError("NXBRC_MUST_BE_ZERO");
          const subfield = checkSubfield(named);
          if (kind === "pop" && !subfield.field.writable) throw notWritable(subfield.field);
          return { kind, subfield };
        },
        encode: ({ subfield }, w) => {
          w.u16(subfield.start);
          writeField(subfield.field, w);
          w.u16(subfield.bits);
          w.zeros(isLongField(subfield.field) ? 2 : 6);
        },
      },
    ],
    format: ({ subfield }) => `${kind}:${formatSubfield(subfield)}`,
    parse: { [kind]: (text) => ({ kind, subfield: parseSubfield(text) }) },
  };
}

export const stackPush: ActionRow<StackAction> = row("push", 27);
export const stackPop: ActionRow<StackAction> = row("pop", 28);

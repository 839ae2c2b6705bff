import type { Field } from "#flow/fields/field.js";
import { fieldByName } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { readField, writeField } from "./field-id.js";
import { nx } from "./wire-form.js";

/** Takes a tunnel option out of what a tunnel will send. */
export interface DeleteField {
  readonly kind: "delete_field";
  readonly field: Field;
}

export const deleteField: ActionRow<DeleteField> = {
  kind: "delete_field",
  wire: [
    {
      ids: [nx(always, 50)],
      length: [24, 24],
      decode: (r) => {
        return { kind: "delete_field", field: readField(r) };
      },
      encode: ({ field }, w) => {
        writeField(field, w);
        w.zeros(10);
      },
    },
  ],
  format: ({ field }) => `delete_field:${field.name}`,
  parse: {
    delete_field: (text) => {
      const found = fieldByName(text);
      if (found === undefined) throw new UserError(`unknown field \`${text}'`);
      return { kind: "delete_field", field: found };
    },
  },
};

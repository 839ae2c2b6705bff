import { clearField, setField } from "#flow/access.js";
import { presenceBit } from "#flow/tlv-map.js";
import type { DeleteField } from "#openflow/actions/delete-field.js";
import type { TranslationContext } from "../context.js";

/** `delete_field`: takes a tunnel option from the packet. */
export function translateDeleteField({ flow }: TranslationContext, { field }: DeleteField): void {
  if (field.tlv === undefined) return;
  clearField(flow, field);
  setField(flow, presenceBit(field.tlv), 0);
}

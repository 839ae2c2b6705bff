import type { Field } from "#flow/fields/field.js";
import { fieldByName } from "#flow/fields/table.js";
import { UserError } from "#util/errors.js";
import { parseFieldText, valueBits } from "../../field-text.js";
import { parseKeyValues } from "../../key-value.js";
import { parseInteger } from "../../number-text.js";
import type { PortNames } from "../../port-number.js";
import { byFieldOrder, type HashedField, isMaskOf, wholeMask } from "./selection.js";

/**
 * Reads the fields that a group hashes: `field` for the whole of it, `field=mask` for some bits. Throws `UserError` in upstream's words, some of
 * which begin with what is left of the text.
 */
export function parseHashedFields(text: string, ports: PortNames): HashedField[] {
  const found: HashedField[] = [];
  let at = 0;
  for (const { key, value, whole } of parseKeyValues(text)) {
    at = text.indexOf(whole, at) + whole.length;
    // Words end at one separator, which is taken with them; a closing parenthesis is the end of its own.
    const rest = text.slice(whole.endsWith(")") ? at : at + 1);
    const field = namesOnly.test(key) ? undefined : fieldByName(key);
    if (field === undefined) throw new UserError(`${rest}: unknown field ${key}`);
    if (found.some((f) => f.field === field)) throw new UserError(`${key}: duplicate field`);
    let mask = wholeMask(field);
    if (value !== "") {
      const given = parseFieldText(field, value, ports);
      const ones = (1n << BigInt(valueBits(field))) - 1n;
      if (given.mask < ones) throw new UserError(`${value}: wildcards not allowed here`);
      // A number may have bits beyond the field's own.
      mask = (isNumeric(field) ? parseInteger(value) : undefined) ?? given.value;
      if (!isMaskOf({ field, mask })) throw new UserError(`${value}: invalid mask for field ${field.name}`);
      if (mask === 0n) throw new UserError(`${rest}: values are wildcards here and must not be all-zeros`);
    }
    found.push({ field, mask });
  }
  return found.sort(byFieldOrder);
}

const isNumeric = (f: Field): boolean => f.format === "decimal" || f.format === "hexadecimal";

/** Names on the wire are no words here. */
const namesOnly = /^(NXM|OXM|NXOXM|ONFOXM|ERICOXM)_/;

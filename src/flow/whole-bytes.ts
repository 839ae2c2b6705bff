import { unwildcard } from "./access.js";
import { fields } from "./fields/table.js";
import { type FlowMask, newKey } from "./key.js";

let allBits: FlowMask | undefined;

/** A new mask: `mask`, widened to whole bytes. Each byte in which it has a bit gets all of that byte's bits that belong to a field. */
export function wholeBytes(mask: FlowMask): FlowMask {
  allBits ??= bitsOfFields();
  const whole = newKey();
  for (let w = 0; w < mask.length; w++) {
    const bits = mask[w]!;
    if (bits === 0) continue;
    // The top bit of each byte that is not 0, then all of them.
    const top = (((bits & 0x7f7f7f7f) + 0x7f7f7f7f) | bits) & 0x80808080;
    whole[w] = (Math.imul(top >>> 7, 0xff) & allBits[w]!) | bits;
  }
  return whole;
}

function bitsOfFields(): FlowMask {
  const bits = newKey();
  for (const field of fields) unwildcard(bits, field);
  return bits;
}

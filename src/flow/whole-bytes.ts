import { unwildcard } from "./access.js";
import { fields } from "./fields/table.js";
import { type FlowMask, newKey } from "./key.js";

let allBits: FlowMask | undefined;

/** A mask of its own that holds every bit of `mask`, and of the bytes in which it has any all bits that are of a field. */
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

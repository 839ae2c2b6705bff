import { UserError } from "#util/errors.js";
import type { TlvMap } from "./tlv-table.js";

const number = "\\s*[-+]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\\d*)";
const mapping = new RegExp(`^\\{class=(${number}),type=(${number}),len=(${number})\\}->tun_metadata(${number})$`);

/** Reads `{class=0xffff,type=0,len=4}->tun_metadata0`, several between commas. Throws `UserError`. */
export function parseTlvMaps(text: string): TlvMap[] {
  if (text === "") return [];
  return text.split(/,(?=\{)/).map((one) => {
    const found = mapping.exec(one);
    if (found === null) throw new UserError("invalid tlv mapping");
    const [optionClass, optionType, length, index] = found.slice(1).map((n) => integer(n)) as [
      number,
      number,
      number,
      number,
    ];
    return {
      optionClass: optionClass & 0xffff,
      optionType: optionType & 0xff,
      length: length & 0xff,
      index: index & 0xffff,
    };
  });
}

/** As C reads `%i`: decimal, hexadecimal, or octal from a leading 0. */
function integer(text: string): number {
  const [, sign, digits] = /^\s*([-+]?)(.*)$/.exec(text)!;
  const value = /^0\d/.test(digits!) ? Number.parseInt(digits!, 8) : Number(digits);
  return sign === "-" ? -value : value;
}

import { fieldByCodepoint } from "#flow/fields/table.js";
import { WireReader } from "../wire-reader.js";

const EXPERIMENTER_CLASS = 0xffff;

const hexBytes = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
};

/** The name of a number: `NXM_OF_ETH_TYPE`; class and field where nobody knows it. */
function nameOf(oxmClass: number, number: number, experimenter: number | undefined, length: number): string {
  // mpls_ttl has the same number.
  if (oxmClass === 1 && number === 30 && length >= 8) return "NXM_NX_COOKIE";
  const field = fieldByCodepoint(oxmClass, number, experimenter);
  const known = [...(field?.nxm ?? []), ...(field?.oxm ?? [])].find(
    (c) => c.class === oxmClass && c.field === number && c.experimenter === experimenter,
  );
  return known?.name ?? `${oxmClass}:${number}`;
}

/**
 * A match's TLVs as they are, e.g. `NXM_OF_ETH_TYPE(0800), NXM_NX_REG0_W(00000003/000000ff)`; `<any>` for none. They must be as whole as `decodeOxm`
 * takes them.
 */
export function formatTlvs(bytes: Uint8Array): string {
  const r = new WireReader(bytes);
  const parts: string[] = [];
  while (r.left > 0) {
    const [oxmClass, number, length] = [r.u16(), r.u8(), r.u8()];
    const experimenter = oxmClass === EXPERIMENTER_CLASS ? r.u32() : undefined;
    const size = experimenter === undefined ? length : length - 4;
    const name = nameOf(oxmClass, number >> 1, experimenter, size);
    const hasMask = (number & 1) !== 0;
    const value = hexBytes(r.copy(hasMask ? size / 2 : size));
    parts.push(hasMask ? `${name}_W(${value}/${hexBytes(r.copy(size / 2))})` : `${name}(${value})`);
  }
  return parts.length === 0 ? "<any>" : parts.join(", ");
}

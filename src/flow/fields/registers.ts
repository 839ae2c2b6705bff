import { W } from "../layout.js";
import { nxmNx, pktReg, type Row, row } from "./field.js";

function times(n: number, make: (i: number) => Row): Row[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

/** reg0 … reg15, and the same words seen as xreg0 … xreg7 and xxreg0 … xxreg3. */
export const registerFields: readonly Row[] = [
  ...times(16, (i) =>
    row({ name: `reg${i}`, bits: 32, format: "hexadecimal", nxm: [nxmNx(`REG${i}`, i)], at: [W.reg + i, 0] }),
  ),
  ...times(8, (i) =>
    row({ name: `xreg${i}`, bits: 64, format: "hexadecimal", oxm: [pktReg(i)], at: [W.reg + 2 * i, 0] }),
  ),
  ...times(4, (i) =>
    row({
      name: `xxreg${i}`,
      bits: 128,
      format: "hexadecimal",
      nxm: [nxmNx(`XXREG${i}`, 111 + i)],
      at: [W.reg + 4 * i, 0],
    }),
  ),
];

import { W } from "../layout.js";
import { nxmNx, type Row, row } from "./field.js";

/** Connection tracking: state, zone, mark, label, and the connection's original direction tuple. */
export const conntrackFields: readonly Row[] = [
  row({
    name: "ct_state",
    bits: 8,
    bytes: 4,
    writable: false,
    format: "ctState",
    nxm: [nxmNx("CT_STATE", 105)],
    at: [W.ctState, 0],
  }),
  row({
    name: "ct_zone",
    bits: 16,
    maskable: false,
    writable: false,
    format: "hexadecimal",
    nxm: [nxmNx("CT_ZONE", 106)],
    at: [W.ctZone, 0],
  }),
  row({ name: "ct_mark", bits: 32, format: "hexadecimal", nxm: [nxmNx("CT_MARK", 107)], at: [W.ctMark, 0] }),
  row({ name: "ct_label", bits: 128, format: "hexadecimal", nxm: [nxmNx("CT_LABEL", 108)], at: [W.ctLabel, 0] }),
  row({
    name: "ct_nw_proto",
    bits: 8,
    maskable: false,
    writable: false,
    needs: "ct",
    format: "decimal",
    nxm: [nxmNx("CT_NW_PROTO", 119)],
    at: [W.ctZone, 16],
  }),
  ...(
    [
      ["ct_nw_src", 32, "ipv4", "NW_SRC", 120, W.ctNwSrc, 0],
      ["ct_nw_dst", 32, "ipv4", "NW_DST", 121, W.ctNwDst, 0],
      ["ct_ipv6_src", 128, "ipv6", "IPV6_SRC", 122, W.ctIpv6Src, 0],
      ["ct_ipv6_dst", 128, "ipv6", "IPV6_DST", 123, W.ctIpv6Dst, 0],
      ["ct_tp_src", 16, "decimal", "TP_SRC", 124, W.ctTp, 16],
      ["ct_tp_dst", 16, "decimal", "TP_DST", 125, W.ctTp, 0],
    ] as const
  ).map(([name, bits, format, nxm, id, word, shift]) =>
    row({ name, bits, writable: false, needs: "ct", format, nxm: [nxmNx(`CT_${nxm}`, id)], at: [word, shift] }),
  ),
];

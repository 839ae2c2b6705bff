import { W } from "../layout.js";
import { type Codepoint, type FieldFormat, nxEt, nxmNx, of13, type Row, row } from "./field.js";

type Tunnel = readonly [
  name: string,
  bits: number,
  bytes: number,
  format: FieldFormat,
  word: number,
  shift: number,
  nxm: Codepoint,
];

const plain: readonly Tunnel[] = [
  ["tun_src", 32, 4, "ipv4", W.tunSrc, 0, nxmNx("TUN_IPV4_SRC", 31)],
  ["tun_dst", 32, 4, "ipv4", W.tunDst, 0, nxmNx("TUN_IPV4_DST", 32)],
  ["tun_ipv6_src", 128, 16, "ipv6", W.tunIpv6Src, 0, nxmNx("TUN_IPV6_SRC", 109)],
  ["tun_ipv6_dst", 128, 16, "ipv6", W.tunIpv6Dst, 0, nxmNx("TUN_IPV6_DST", 110)],
  ["tun_flags", 1, 2, "tunnelFlags", W.tunMeta, 0, nxmNx("TUN_FLAGS", 104)],
  ["tun_gbp_id", 16, 2, "decimal", W.tunGbp, 16, nxmNx("TUN_GBP_ID", 38)],
  ["tun_gbp_flags", 8, 1, "hexadecimal", W.tunGbp, 8, nxmNx("TUN_GBP_FLAGS", 39)],
  ["tun_erspan_ver", 4, 1, "decimal", W.tunGbp, 0, nxEt("ERSPAN_VER", 12)],
  ["tun_erspan_idx", 20, 4, "hexadecimal", W.tunErspan, 0, nxEt("ERSPAN_IDX", 11)],
  ["tun_erspan_dir", 1, 1, "decimal", W.tunErspan, 20, nxEt("ERSPAN_DIR", 13)],
  ["tun_erspan_hwid", 6, 1, "hexadecimal", W.tunErspan, 24, nxEt("ERSPAN_HWID", 14)],
];

const readOnly: readonly Tunnel[] = [
  ["tun_gtpu_flags", 8, 1, "hexadecimal", W.tunGtpu, 8, nxEt("GTPU_FLAGS", 15)],
  ["tun_gtpu_msgtype", 8, 1, "decimal", W.tunGtpu, 0, nxEt("GTPU_MSGTYPE", 16)],
];

/** The outer header of a packet that came out of a tunnel, or shall go into one. */
export const tunnelFields: readonly Row[] = [
  row({
    name: "tun_id",
    aliases: ["tunnel_id"],
    bits: 64,
    format: "hexadecimal",
    oxm: [of13("TUNNEL_ID", 38)],
    nxm: [nxmNx("TUN_ID", 16)],
    at: [W.tunId, 0],
  }),
  ...plain.map(([name, bits, bytes, format, word, shift, nxm]) =>
    row({ name, bits, bytes, format, nxm: [nxm], at: [word, shift] }),
  ),
  ...readOnly.map(([name, bits, bytes, format, word, shift, nxm]) =>
    row({ name, bits, bytes, format, writable: false, nxm: [nxm], at: [word, shift] }),
  ),
  // The ttl and tos are matchable in no OpenFlow version, but tables and traces show them.
  row({ name: "tun_tos", bits: 8, maskable: false, writable: false, format: "decimal", at: [W.tunMeta, 24] }),
  row({ name: "tun_ttl", bits: 8, maskable: false, writable: false, format: "decimal", at: [W.tunMeta, 16] }),
];

/** Number of tun_metadata fields. */
const TUN_METADATA_FIELDS = 64;

/**
 * tun_metadata0 … tun_metadata63. Their rows have no words of the key: a bridge's TLV map places those that it maps
 * (`tlv-map.ts`), and gives a field of the real width.
 */
export const tunMetadataFields: readonly Row[] = Array.from({ length: TUN_METADATA_FIELDS }, (_, i) => ({
  ...row({
    name: `tun_metadata${i}`,
    bits: 0,
    bytes: 124,
    format: "hexadecimal",
    nxm: [nxmNx(`TUN_METADATA${i}`, 40 + i)],
    at: [W.tunMetadata, 0],
  }),
  tlv: i,
}));

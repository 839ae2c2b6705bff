import { describe, expect, it } from "vitest";
import { TlvMap } from "#flow/tlv-map.js";
import { parseFlowMatch } from "../match-parse.js";
import { formatMatch } from "../match-text.js";
import { OfpError } from "../ofp-error.js";
import { formatProtocols } from "../protocol.js";
import { OF10, OF11, OF13, type Version } from "../version.js";
import { WireReader } from "../wire-reader.js";
import { WireWriter } from "../wire-writer.js";
import { decodeMatch, decodeNxMatch, encodeMatch, encodeNxMatch } from "./match-codec.js";
import { matchProtocols } from "./protocols.js";

const reader = (hex: string): WireReader =>
  new WireReader(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")));

function fault(run: () => unknown): string {
  try {
    run();
  } catch (e) {
    if (e instanceof OfpError) return e.error;
    throw e;
  }
  return "";
}

describe("the match of a version's messages", () => {
  it.each([
    [OF10, 40],
    [OF11, 88],
    [OF13, 32],
  ] as const)("of version %d is written and read", (version, length) => {
    const w = new WireWriter(new Uint8Array(10).fill(0xa5));
    encodeMatch(parseFlowMatch("tcp,in_port=1,dl_vlan=5"), version as Version, w);
    expect(w.length).toBe(length);
    const r = new WireReader(w.done());
    expect(formatMatch(decodeMatch(r, version))).toBe("tcp,in_port=1,dl_vlan=5");
    expect(r.left).toBe(0);
  });

  // As ovs-ofctl 3.1.0 prints them.
  it.each([
    ["0002 0004 00000000", "OFPBMC_BAD_TYPE"],
    ["ffff 0004 00000000", "OFPBMC_BAD_TYPE"],
    ["0001 0003 00000000", "OFPBMC_BAD_LEN"],
    ["0001 0000 00000000", "OFPBMC_BAD_LEN"],
    ["0001 0010 00000000", "OFPBMC_BAD_LEN"],
    ["0001 0009 00000000", "OFPBMC_BAD_LEN"],
    ["0000 0058 00000000", "OFPBMC_BAD_LEN"],
    ["0000 0050 00000000", "OFPBMC_BAD_LEN"],
    ["", "OFPBMC_BAD_LEN"],
    ["0001 0004 00000001", ""],
  ])("%s is %s", (hex, error) => {
    for (const version of [OF11, OF13] as const) expect(fault(() => decodeMatch(reader(hex), version))).toBe(error);
  });

  it("has a cookie in Nicira's messages only", () => {
    const w = new WireWriter();
    const length = encodeNxMatch(parseFlowMatch("reg0=5"), w, { cookie: 5n, mask: 0xffn });
    expect(Buffer.from(w.done()).toString("hex")).toBe(
      "000100040000000500013d10000000000000000500000000000000ff00000000",
    );
    expect(length).toBe(28);
    const found = decodeNxMatch(new WireReader(w.done()), length, { strict: true, cookie: true });
    expect([formatMatch(found.match), found.cookie]).toEqual(["reg0=0x5", { cookie: 5n, mask: 0xffn }]);
    expect(fault(() => decodeNxMatch(new WireReader(w.done()), length))).toBe("OFPBMC_BAD_FIELD");
    const twice = "00013c080000000000000005 00013c080000000000000005";
    expect(fault(() => decodeNxMatch(reader(twice), 24, { strict: true, cookie: true }))).toBe("OFPBMC_DUP_FIELD");
  });

  it.each([
    ["tcp,in_port=1,dl_vlan=5,nw_src=10.0.0.0/8", "any"],
    ["ip,nw_src=10.0.0.1/255.0.0.255", "NXM,OXM,OpenFlow11"],
    ["metadata=5", "NXM,OXM,OpenFlow11"],
    ["reg0=5", "NXM,OXM"],
    ["ipv6,nw_proto=7", "NXM,OXM"],
    ["vlan_tci=5/5", "NXM,OXM"],
    ["skb_priority=5", "none"],
  ])("%s can be said by %s", (text, protocols) => {
    expect(formatProtocols(matchProtocols(parseFlowMatch(text)))).toBe(protocols);
  });
});

describe("tunnel metadata in matches", () => {
  const tlvs = TlvMap.empty.add([
    { class: 0xffff, type: 0, length: 4, index: 0 },
    { class: 0xffff, type: 1, length: 8, index: 5 },
  ]) as TlvMap;
  const decode = (hex: string, map?: TlvMap) => decodeMatch(reader(hex), OF13, { strict: true, tlvs: map });

  it.each(["tun_metadata0", "tun_metadata0=0", "tun_metadata5=0x5/0xf00f", "tun_metadata0=0x7,tun_metadata5"])(
    "%s comes back, with a map and without",
    (text) => {
      for (const map of [undefined, tlvs]) {
        const w = new WireWriter();
        encodeMatch(parseFlowMatch(text, { tlvs: map }), OF13, w);
        expect(formatMatch(decodeMatch(new WireReader(w.done()), OF13, { strict: true, tlvs: map }))).toBe(text);
      }
    },
  );

  it("have the place that the map gives, and the length of the option on the wire", () => {
    const match = decode("0001 0009 00015001 05 000000 00000000", tlvs);
    expect(match.tlvs).toBe(tlvs);
    const w = new WireWriter();
    encodeMatch(match, OF13, w);
    expect(Buffer.from(w.done()).toString("hex")).toBe("0001000c000150040000000500000000");
  });

  it.each([
    ["0001 0009 00015201 ff 000000 00000000", tlvs, "NXFMFC_INVALID_TLV_FIELD"],
    ["0001 000d 00015005 0100000000 000000", tlvs, "OFPBMC_BAD_LEN"],
    ["0001 000e 00015001 01 00015001 01 0000", undefined, "OFPBMC_DUP_FIELD"],
    ["0001 000a 00015102 0201 0000 00000000", undefined, "OFPBMC_BAD_WILDCARDS"],
  ])("%s is refused", (hex, map, error) => {
    expect(fault(() => decode(hex, map))).toBe(error);
  });
});

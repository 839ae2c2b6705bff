import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { getField, getFieldBig } from "./access.js";
import { composeFrame } from "./compose.js";
import { extractKey } from "./extract.js";
import { ExtractFault } from "./extract-fault.js";
import { field } from "./fields/table.js";
import { type FlowKey, newKey } from "./key.js";
import { type Layers, newLayers } from "./layers.js";
import { CORE_WORDS, KEY_WORDS, PACKET_START, W } from "./layout.js";
import { formatOdpKey } from "./odp-text.js";
import { packetMask } from "./packet-mask.js";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

const frames: Readonly<Record<string, string>> = {
  tcp: "505400000002 505400000001 0800 4500002c00010000400600000a0000010a000002 0050c0000000000100000002601204000000000001020304",
  qinq: "505400000002 505400000001 88a8 0064 8100 2005 0800 4500001c00010000401100000a0000010a000002 0035d43100080000",
  arp: "ffffffffffff 505400000001 0806 000108000604000150540000000 10a0000010000000000000a000002",
  mpls: "505400000002 505400000001 8847 00064040 00065140 45000014",
  nd: "505400000002 505400000001 86dd 6123456700203afffe800000000000000000000000000001ff020000000000000000000000000002 87000000 0000abcd fe800000000000000000000000000003 0101010203040506",
  extensions:
    "505400000002 505400000001 86dd 6123456700200040fe800000000000000000000000000001ff020000000000000000000000000002 2c00000000000000 1100000100000001 0035d43100100000aabbccddeeff0011",
  later: "505400000002 505400000001 0800 4500001c00012010401100000a0000010a000002 0035d43100080000",
  nsh: "505400000002 505400000001 894f 0fc60103123456ff00000001000000020000000300000004 45000014",
  igmp: "505400000002 505400000001 0800 4600002000010000010200000a000001e0000105 94040000 1600000ae0000105",
  sctp: "505400000002 505400000001 0800 4500002000010000408400000a0000010a000002 0007000800000001deadbeef",
  snap: "505400000002 505400000001 0024 aaaa030000000800 4500001c00010000401100000a0000010a000002 0035d43100080000",
};

function extract(frame: Uint8Array): { key: FlowKey; layers: Layers; fault: number } {
  const key = newKey();
  const layers = newLayers();
  const fault = extractKey(frame, 0, frame.length, newKey(), key, layers);
  return { key, layers, fault };
}

/** Frames that look like some, and frames that do not. */
const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .tuple(
      fc.constantFrom(...Object.values(frames)),
      fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
      fc.nat(30),
    )
    .map(([hex, changes, cut]) => {
      const frame = bytes(hex);
      for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
      return cut > 15 ? frame : frame.slice(0, frame.length - cut);
    }),
);

describe("extractKey", () => {
  it("finds the headers", () => {
    const tcp = extract(bytes(frames["tcp"]!));
    expect(tcp.layers).toEqual({ l2: 0, vlans: 12, l25: -1, l3: 14, l4: 34, payload: 58, end: 58, proto: 6 });
    expect(getFieldBig(tcp.key, field("eth_dst"))).toBe(0x505400000002n);
    expect(getFieldBig(tcp.key, field("eth_src"))).toBe(0x505400000001n);
    expect(getField(tcp.key, field("ip_src"))).toBe(0x0a000001);
    expect(getField(tcp.key, field("tcp_src"))).toBe(80);
    expect(getField(tcp.key, field("tcp_dst"))).toBe(0xc000);
    expect(getField(tcp.key, field("tcp_flags"))).toBe(0x012);

    const qinq = extract(bytes(frames["qinq"]!));
    expect(qinq.layers).toMatchObject({ l2: 0, vlans: 12, l3: 22, l4: 42, payload: 50 });
    expect([qinq.key[W.vlan0], qinq.key[W.vlan0 + 1]]).toEqual([0x88a81064, 0x81003005]);
    expect(getField(qinq.key, field("vlan_vid"))).toBe(0x64);

    const padded = extract(bytes(`${frames["tcp"]!}000000000000`));
    expect([padded.layers.end, padded.key]).toEqual([58, tcp.key]);
    expect(extract(bytes(frames["mpls"]!)).layers).toMatchObject({ l25: 14, l3: 22, l4: -1 });
    expect(extract(bytes(frames["extensions"]!)).layers).toMatchObject({ l3: 14, l4: 70, payload: 78, proto: 17 });
    expect(extract(bytes(frames["later"]!)).layers).toMatchObject({ l3: 14, l4: -1, payload: -1 });
    expect(extract(bytes(frames["snap"]!)).layers).toMatchObject({ l3: 22, l4: 42 });
  });

  it("reads neighbour discovery, IGMP, NSH and ARP", () => {
    const nd = extract(bytes(frames["nd"]!)).key;
    expect(getFieldBig(nd, field("nd_target"))).toBe(0xfe800000000000000000000000000003n);
    expect(getFieldBig(nd, field("nd_sll"))).toBe(0x010203040506n);
    expect([getField(nd, field("nd_reserved")), getField(nd, field("nd_options_type"))]).toEqual([0xabcd, 1]);
    const igmp = extract(bytes(frames["igmp"]!)).key;
    expect([igmp[W.tp], igmp[W.igmpGroup]]).toEqual([0x160000, 0xe0000105]);
    const nsh = extract(bytes(frames["nsh"]!)).key;
    expect([getField(nsh, field("nsh_spi")), getField(nsh, field("nsh_ttl")), nsh[W.nshContext + 3]]).toEqual([
      0x123456, 63, 4,
    ]);
    const arp = extract(bytes(frames["arp"]!)).key;
    expect([getField(arp, field("arp_op")), getField(arp, field("arp_tpa"))]).toEqual([1, 0x0a000002]);
    expect(getFieldBig(arp, field("arp_sha"))).toBe(0x505400000001n);
  });

  it("keeps metadata that is the key's own, copies another's, and takes the packet type from it", () => {
    const meta = newKey();
    for (let i = 0; i < KEY_WORDS; i++) meta[i] = i < PACKET_START || i >= CORE_WORDS ? i + 1 : 0xffffffff;
    meta[W.packetType] = 0x10800;
    const ip = bytes(frames["tcp"]!).slice(14);
    const key = newKey().fill(7);
    const layers = newLayers();
    expect(extractKey(ip, 0, ip.length, meta, key, layers)).toBe(ExtractFault.none);
    expect(layers).toMatchObject({ l2: -1, vlans: -1, l3: 0, l4: 20 });
    expect(key.subarray(0, PACKET_START)).toEqual(meta.subarray(0, PACKET_START));
    expect(key.subarray(CORE_WORDS)).toEqual(meta.subarray(CORE_WORDS));
    expect([...key.subarray(W.eth, W.ethType + 2)]).toEqual([0, 0, 0, 0x0800, 0]);
    const again = key.slice();
    extractKey(ip, 0, ip.length, again, again, layers);
    expect(again).toEqual(key);
  });

  it("reads as many tags as it is told to", () => {
    const qinq = bytes(frames["qinq"]!);
    const limited = (limit: number): string => {
      const key = newKey();
      extractKey(qinq, 0, qinq.length, key, key, newLayers(), limit);
      return formatOdpKey(key, packetMask(key), { vlanLimit: limit }).replace(/^.*?(?=eth_type)/, "");
    };
    // As Open vSwitch 3.1 writes them with other_config:vlan-limit of 1 and of 2.
    expect(limited(1)).toBe("eth_type(0x88a8),vlan(vid=100,pcp=0),encap(eth_type(0x8100))");
    expect(limited(2)).toBe(
      "eth_type(0x88a8),vlan(vid=100,pcp=0),encap(eth_type(0x8100),vlan(vid=5,pcp=1),encap(eth_type(0x0800)," +
        "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=53,dst=54321)))",
    );
  });

  it("says what is wrong", () => {
    const fault = (hex: string): number => extract(bytes(hex)).fault;
    const macs = "505400000002505400000001";
    expect(fault(macs)).toBe(ExtractFault.ethernet);
    expect(fault(`${macs}884700064040`)).toBe(ExtractFault.mpls);
    expect(fault(`${macs}08060001`)).toBe(ExtractFault.arp);
    expect(fault(`${macs}080045`)).toBe(ExtractFault.ipv4);
    expect(fault(`${macs}86dd60`)).toBe(ExtractFault.ipv6);
    expect(fault(`${macs}894f0f`)).toBe(ExtractFault.nsh);
    expect(fault(frames["tcp"]!.replace("6012", "f012"))).toBe(ExtractFault.transport);
  });

  it("takes any bytes, reads none beside the frame, and is canonical", () => {
    const layers = newLayers();
    fc.assert(
      fc.property(anyFrame, fc.nat(40), fc.nat(255), (frame, at, around) => {
        const { key, fault } = extract(frame);
        const inside = new Uint8Array(frame.length + at + 60).fill(around);
        inside.set(frame, at);
        const other = newKey().fill(0xdeadbeef);
        expect(extractKey(inside, at, frame.length, newKey(), other, layers)).toBe(fault);
        expect(other).toEqual(key);
        for (const offset of [layers.l2, layers.vlans, layers.l25, layers.l3, layers.l4, layers.payload, layers.end]) {
          if (offset !== -1) {
            expect(offset).toBeGreaterThanOrEqual(at);
            expect(offset).toBeLessThanOrEqual(at + frame.length);
          }
        }
      }),
      { numRuns: 3000, seed: 20_031 },
    );
  });

  it("takes every frame cut at every length", () => {
    for (const hex of Object.values(frames)) {
      const whole = bytes(hex);
      for (let length = 0; length <= whole.length; length++) {
        const cut = extract(whole.slice(0, length));
        const within = newKey();
        extractKey(whole, 0, length, newKey(), within, newLayers());
        expect(within).toEqual(cut.key);
        if (length < 14) expect(cut.key.every((w) => w === 0)).toBe(true);
      }
    }
  });
});

describe("composeFrame", () => {
  it("makes frames that have the key they were made of", () => {
    fc.assert(
      fc.property(anyFrame, fc.option(fc.nat(300), { nil: undefined }), (frame, extra) => {
        const { key, fault } = extract(frame);
        if (fault !== ExtractFault.none) return;
        const made = composeFrame(key);
        const again = extract(made);
        expect(again.key, Buffer.from(made).toString("hex")).toEqual(key);
        expect(again.fault).toBe(ExtractFault.none);
        if (extra !== undefined) {
          const headers = composeFrame(key, { payload: new Uint8Array(0) }).length;
          const sized = composeFrame(key, { length: headers + extra });
          expect(sized.length).toBe(headers + extra);
        }
      }),
      { numRuns: 3000, seed: 20_031 },
    );
  });
});

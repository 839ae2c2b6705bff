import { describe, expect, it } from "vitest";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { formatOdpKey } from "#flow/odp-text.js";
import { put16 } from "#util/big-endian.js";
import { hex, unhex } from "#util/hex.js";
import { checksum, finishSum, foldSum, pseudoSum4, sumBytes } from "#wire/checksum.js";
import { plainOffload } from "#wire/virtio-net.js";
import { parseDatapathActions } from "../../text/action-parse.js";
import { newTunnelPort } from "../../tunnel-kinds.js";
import { compileActions } from "../compile.js";
import { COUNTERS } from "../counters.js";
import { DROP } from "../drop-positions.js";
import { Forwarder } from "../forwarder.js";
import { HeadArena } from "../frames/head-arena.js";

const eth4 = (last: string): string => `eth(dst=f8:bc:12:44:34:${last},src=ee:b8:a3:41:5f:42,dl_type=0x0800)`;
const eth6 = "eth(dst=f8:bc:12:44:34:b6,src=ee:b8:a3:41:5f:42,dl_type=0x86dd)";
const ip4 = (dst: number, proto: number): string =>
  `ipv4(src=1.1.2.88,dst=1.1.2.${dst},proto=${proto},tos=0,ttl=64,frag=0x4000)`;
const ip6 = (proto: number): string =>
  `ipv6(src=2001:cafe::88,dst=2001:cafe::92,label=0,proto=${proto},tclass=0x0,hlimit=64)`;

/** A packet of 10.0.0.1 to 10.0.0.2, from the UDP port that is the case's number to port 0, as it was given to Open vSwitch 3.1. */
function innerFrame(sourcePort: number): Uint8Array {
  const frame = unhex(
    `50540000000250540000000108004500002e00000000401166bd0a0000010a00000200000000002c0000${"00".repeat(18)}`,
  )!;
  put16(frame, 34, sourcePort);
  put16(frame, 40, finishSum(sumBytes(frame, 34, 60, pseudoSum4(frame, 14, 17, 26))));
  return frame;
}

interface Case {
  /** Its number is the inner packet's source port. */
  readonly number: number;
  readonly header: string;
  /** What Open vSwitch sent up to the inner packet; a dot is a digit of ERSPAN's time stamp, which is another each time. */
  readonly sent: string;
  /** What it knew of the packet that it took out again, or undefined where that was not seen. */
  readonly tunnel?: string;
  /** The inner packet goes without its Ethernet header. */
  readonly withoutEthernet?: true;
}

const cases: readonly Case[] = [
  {
    number: 10,
    header: `size=50,type=4,${eth4("92")},${ip4(92, 17)},udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7b)`,
    sent: "f8bc12443492eeb8a3415f4208004500006000004000401133d8010102580101025cb0ac12b5004c00000800000000007b00",
    tunnel: "tunnel(tun_id=0x7b,src=1.1.2.88,dst=1.1.2.92,ttl=64,tp_src=45228,tp_dst=4789,flags(key))",
  },
  {
    number: 11,
    header: `size=50,type=4,${eth4("93")},${ip4(93, 17)},udp(src=0,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0x0)`,
    sent: "f8bc12443493eeb8a3415f4208004500006000004000401133d7010102580101025deb5212b5004c5e1a0800000000000000",
    tunnel: "tunnel(tun_id=0x0,src=1.1.2.88,dst=1.1.2.93,ttl=64,tp_src=60242,tp_dst=4789,flags(csum|key))",
  },
  {
    number: 13,
    header: `size=50,type=5,${eth4("93")},${ip4(93, 17)},udp(src=0,dst=6081,csum=0xffff),geneve(vni=0x0)`,
    sent: "f8bc12443493eeb8a3415f4208004500006000004000401133d7010102580101025d84a417c1004c62640000655800000000",
    tunnel: "tunnel(tun_id=0x0,src=1.1.2.88,dst=1.1.2.93,ttl=64,tp_src=33956,tp_dst=6081,flags(csum|key))",
  },
  {
    number: 14,
    header: `size=42,type=3,${eth4("92")},${ip4(92, 47)},gre((flags=0x2000,proto=0x6558),key=0x1c8)`,
    sent: "f8bc12443492eeb8a3415f4208004500005800004000402f33c2010102580101025c20006558000001c8",
    tunnel: "tunnel(tun_id=0x1c8,src=1.1.2.88,dst=1.1.2.92,ttl=64,flags(key))",
  },
  {
    number: 15,
    header: `size=50,type=3,${eth4("93")},${ip4(93, 47)},gre((flags=0xb000,proto=0x6558),csum=0x0,key=0x9,seq=0x0)`,
    sent: "f8bc12443493eeb8a3415f4208004500006000004000402f33b9010102580101025db0006558562000000000000900000000",
    tunnel: "tunnel(tun_id=0x9,src=1.1.2.88,dst=1.1.2.93,ttl=64,flags(csum|key))",
  },
  {
    number: 16,
    header: `size=50,type=107,${eth4("92")},${ip4(92, 47)},erspan(ver=1,sid=0x3,idx=0x7)`,
    sent: "f8bc12443492eeb8a3415f4208004500006000004000402f33ba010102580101025c100088be000000001000000300000007",
    tunnel: "tunnel(tun_id=0x3,src=1.1.2.88,dst=1.1.2.92,ttl=64,erspan(ver=1,idx=0x7),flags(key))",
  },
  {
    number: 17,
    header: `size=54,type=107,${eth4("93")},${ip4(93, 47)},erspan(ver=2,sid=0x4,dir=1,hwid=0x5)`,
    sent: "f8bc12443493eeb8a3415f4208004500006400004000402f33b5010102580101025d100022eb0000000020000004........00000058",
    tunnel: "tunnel(tun_id=0x4,src=1.1.2.88,dst=1.1.2.93,ttl=64,erspan(ver=2,dir=1,hwid=0x5),flags(key))",
  },
  {
    // But for the checksum: Open vSwitch sums before it fills in GTP-U's length (35ac), and then refuses what it has sent.
    number: 18,
    header: `size=50,type=110,${eth4("92")},${ip4(92, 17)},udp(src=0,dst=2152,csum=0x0),gtpu(flags=0x30,msgtype=255,teid=0x37)`,
    sent: "f8bc12443492eeb8a3415f4208004500005200004000401133e6010102580101025c9da00868003e357e30ff002e00000037",
    tunnel:
      "tunnel(tun_id=0x37,src=1.1.2.88,dst=1.1.2.92,ttl=64,tp_src=40352,tp_dst=2152,gtpu(flags=0x30,msgtype=255),flags(csum|key))",
    withoutEthernet: true,
  },
  {
    number: 21,
    header: `size=70,type=5,${eth6},${ip6(17)},udp(src=0,dst=6081,csum=0xffff),geneve(vni=0x6)`,
    sent: "f8bc124434b6eeb8a3415f4286dd60000000004c11402001cafe0000000000000000000000882001cafe000000000000000000000092919717c1004c7f0e0000655800000600",
    tunnel:
      "tunnel(tun_id=0x6,ipv6_src=2001:cafe::88,ipv6_dst=2001:cafe::92,ttl=64,tp_src=37271,tp_dst=6081,flags(csum|key))",
  },
  {
    number: 22,
    header: `size=62,type=109,${eth6},${ip6(47)},gre((flags=0x2000,proto=0x6558),key=0x6)`,
    sent: "f8bc124434b6eeb8a3415f4286dd6000000000442f402001cafe0000000000000000000000882001cafe0000000000000000000000922000655800000006",
    tunnel: "tunnel(tun_id=0x6,ipv6_src=2001:cafe::88,ipv6_dst=2001:cafe::92,ttl=64,flags(key))",
  },
  {
    number: 27,
    header: `size=42,type=3,${eth4("96")},${ip4(96, 47)},gre((flags=0x2000,proto=0x800),key=0x5)`,
    sent: "f8bc12443496eeb8a3415f4208004500004a00004000402f33cc01010258010102602000080000000005",
    tunnel: "tunnel(tun_id=0x5,src=1.1.2.88,dst=1.1.2.96,ttl=64,flags(key))",
    withoutEthernet: true,
  },
];

const TUNNEL = 9;

interface Came {
  readonly sent: { readonly frame: Uint8Array; readonly offload: ReturnType<typeof plainOffload> }[];
  readonly up: { readonly frame: Uint8Array; readonly key: Uint32Array }[];
  readonly drops: Float64Array;
}

function forwarder(protocol: "vxlan" | "geneve" | "gre" | "erspan" | "gtpu"): Came & { readonly core: Forwarder } {
  const came: Came = { sent: [], up: [], drops: new Float64Array(COUNTERS) };
  const core = new Forwarder(
    {
      send: (_port, head, headAt, headLength, tail, tailAt, tailLength, offload) => {
        const frame = new Uint8Array(headLength + tailLength);
        frame.set(head.subarray(headAt, headAt + headLength));
        frame.set(tail.subarray(tailAt, tailAt + tailLength), headLength);
        came.sent.push({ frame, offload: { ...offload } });
      },
    },
    {
      upcall: (frame, _length, key) => {
        came.up.push({ frame: frame.bytes(), key: key.slice() });
        return true;
      },
    },
    { counters: came.drops, arena: new HeadArena(new Uint8Array(1 << 16)), random: () => 0 },
  );
  core.addPort(1);
  core.addTunnelPort(TUNNEL, newTunnelPort(protocol));
  return { ...came, core };
}

const protocolOf = (header: string): "vxlan" => /(vxlan|geneve|gre|erspan|gtpu)\(/.exec(header)![1] as "vxlan";

function run(c: ReturnType<typeof forwarder>, frame: Uint8Array, actions: string, offload = plainOffload()): void {
  const key = newKey();
  extractKey(frame, 0, frame.length, key, key, newLayers());
  c.core.execute({ data: frame, offload }, key, compileActions(parseDatapathActions(actions), key));
}

const push = ({ header, withoutEthernet }: Case): string =>
  `${withoutEthernet ? "pop_eth," : ""}tnl_push(tnl_port(${TUNNEL}),header(${header}),out_port(1)),1`;

describe("tunnels", () => {
  it.each(cases)("case $number is sent as Open vSwitch sends it", (c) => {
    const bed = forwarder(protocolOf(c.header));
    const inner = innerFrame(c.number);
    run(bed, inner, push(c));
    const wanted = c.sent + hex(inner.subarray(c.withoutEthernet ? 14 : 0));
    const pattern = new RegExp(`^${wanted}$`);
    expect(hex(bed.sent[0]!.frame)).toMatch(pattern);
  });

  it.each(cases)("case $number is taken out again", (c) => {
    const bed = forwarder(protocolOf(c.header));
    const inner = innerFrame(c.number);
    const outer = unhex(c.sent.replaceAll(".", "7") + hex(inner.subarray(c.withoutEthernet ? 14 : 0)))!;
    run(bed, outer, `tnl_pop(${TUNNEL})`);
    expect(hex(bed.up[0]!.frame)).toBe(hex(inner.subarray(c.withoutEthernet ? 14 : 0)));
    const text = formatOdpKey(bed.up[0]!.key);
    expect(text).toContain(c.tunnel);
    expect(text).toContain(`in_port(${TUNNEL})`);
    expect(text).toContain(`packet_type(ns=${c.withoutEthernet ? "1,id=0x800" : "0,id=0"})`);
  });

  it("counts sequence numbers for each tunnel port", () => {
    const bed = forwarder("gre");
    const gre = cases.find((c) => c.number === 15)!;
    for (let i = 0; i < 3; i++) run(bed, innerFrame(15), push(gre));
    expect(bed.sent.map(({ frame }) => frame[49])).toEqual([0, 1, 2]);
  });

  it("leaves a partial checksum as it is, and gets the outer one right all the same", () => {
    const bed = forwarder("vxlan");
    const inner = innerFrame(11);
    const whole = inner.slice();
    put16(inner, 40, foldSum(pseudoSum4(inner, 14, 17, 26)));
    run(bed, inner, push(cases[1]!), { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 6 });
    const { frame, offload } = bed.sent[0]!;
    expect(offload).toMatchObject({ flags: 1, csumStart: 84, csumOffset: 6 });
    // What the device makes of it.
    put16(frame, 90, checksum(frame, 84, 84 + 26));
    expect(hex(frame)).toBe(cases[1]!.sent + hex(whole));
  });

  it("keeps a partial checksum of the inner packet when the outer headers go", () => {
    const bed = forwarder("vxlan");
    const outer = unhex(cases[0]!.sent + hex(innerFrame(10)))!;
    const offload = { ...plainOffload(), flags: 1, csumStart: 84, csumOffset: 6 };
    run(bed, outer, `tnl_pop(${TUNNEL}),1`, offload);
    expect(bed.sent[0]!.offload).toEqual(offload);
    const key = bed.up[0]!.key;
    expect(formatOdpKey(key)).toContain("udp(src=10,dst=0)");
  });

  it("cuts a large segment before it goes into a tunnel", () => {
    const bed = forwarder("vxlan");
    const payload = "ab".repeat(3000);
    const frame = unhex(
      `50540000000250540000000108004500${(40 + 3000).toString(16).padStart(4, "0")}00000000400600000a0000010a000002` +
        `0001000200000000000000005010ffff00000000${payload}`,
    )!;
    put16(frame, 24, checksum(frame, 14, 34));
    put16(frame, 50, foldSum(pseudoSum4(frame, 14, 6, 3020)));
    run(bed, frame, push(cases[0]!), {
      ...{ flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1400, csumStart: 34, csumOffset: 16 },
    });
    expect(bed.sent.map((s) => s.frame.length)).toEqual([50 + 54 + 1400, 50 + 54 + 1400, 50 + 54 + 200]);
    expect(bed.sent.every((s) => s.offload.gsoType === 0)).toBe(true);
  });

  it("drops what has not the port's headers, and says why", () => {
    const bed = forwarder("vxlan");
    const outer = unhex(cases[1]!.sent + hex(innerFrame(11)))!;
    const spoil = (at: number): Uint8Array => outer.map((b, i) => (i === at ? b ^ 0x41 : b));
    const bad = [spoil(24), spoil(40), spoil(42), spoil(49), spoil(60), outer.subarray(0, 48), innerFrame(10)];
    for (const frame of bad) run(bed, frame, `tnl_pop(${TUNNEL})`);
    run(bed, outer, "tnl_pop(77)");
    expect(bed.up).toEqual([]);
    expect(bed.drops[DROP.pop]).toBe(bad.length + 1);
    run(bed, innerFrame(10), push(cases[0]!).replace(`tnl_port(${TUNNEL})`, "tnl_port(77)"));
    run(bed, new Uint8Array(65535 - 20), push(cases[0]!));
    expect(bed.sent).toEqual([]);
    expect(bed.drops[DROP.push]).toBe(2);
  });
});

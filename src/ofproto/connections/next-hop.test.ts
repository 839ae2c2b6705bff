import { describe, expect, it } from "vitest";
import { parseIpv4 } from "#util/ip.js";
import { findNeighbour, findRoute } from "./next-hop.js";

const routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
br0	0000000A	00000000	0001	0	0	0	0000FFFF	0	0	0
br1	0000000A	00000000	0001	0	0	5	0000FFFF	0	0	0
br0	00010A0A	0100000A	0003	0	0	0	00FFFFFF	0	0	0
down	0000010B	00000000	0000	0	0	0	0000FFFF	0	0	0
`;
const arp = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.2         0x1         0x2         02:00:00:00:00:02     *        br0
10.0.0.3         0x1         0x0         00:00:00:00:00:00     *        br0
10.0.0.1         0x1         0x2         02:00:00:00:00:01     *        br0
`;

const way = (text: string) => findRoute(routes, parseIpv4(text)!);

describe("findRoute", () => {
  it("takes the longest prefix, then the least metric, and a gateway where there is one", () => {
    expect(way("10.0.0.2")).toEqual({ device: "br0", nextHop: parseIpv4("10.0.0.2") });
    expect(way("10.10.1.9")).toEqual({ device: "br0", nextHop: parseIpv4("10.0.0.1") });
    expect(way("8.8.8.8")).toEqual({ device: "eth0", nextHop: parseIpv4("192.0.2.1") });
  });

  it("knows none where there is none", () => {
    expect(findRoute("", 1)).toBeUndefined();
    expect(findRoute(routes.split("\n").slice(0, 1).join("\n"), 1)).toBeUndefined();
  });
});

describe("findNeighbour", () => {
  it("finds addresses that are known", () => {
    expect(findNeighbour(arp, way("10.10.1.9")!)).toBe("02:00:00:00:00:01");
    expect(findNeighbour(arp, way("10.0.0.2")!)).toBe("02:00:00:00:00:02");
    expect(findNeighbour(arp, way("10.0.0.3")!)).toBeUndefined();
    expect(findNeighbour(arp, way("8.8.8.8")!)).toBeUndefined();
  });
});

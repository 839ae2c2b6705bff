/**
 * Frames and bridges on which Weft's NORMAL switching is compared with Open vSwitch's. `switching-record.ts` gives them to the
 * installed switch and keeps its answers in `switching-recorded.json`; `switching.test.ts` gives them to ours.
 */

/** One 802.1Q or 802.1ad header. */
interface Tag {
  readonly tpid: number;
  readonly vid: number;
  readonly pcp: number;
}

export interface CorpusPort {
  readonly name: string;
  /** Columns of the Port row, as `ovs-vsctl set port` takes them. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface CorpusScenario {
  readonly name: string;
  readonly vlanLimit: 1 | 2;
  /** Columns of the Bridge row. */
  readonly bridge: Readonly<Record<string, string>>;
  readonly ports: readonly CorpusPort[];
  /** `[port, frame in hexadecimal]`; the FDB and the flows are flushed before each when `fresh`. */
  readonly packets: readonly (readonly [string, string])[];
  readonly fresh: boolean;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** An Ethernet frame in hexadecimal. `payload` is hexadecimal too. */
function frame(dst: string, src: string, tags: readonly Tag[], etherType: number, payload: string): string {
  const mac = (text: string): string => text.replaceAll(":", "");
  const tagged = tags.map((t) => hex(t.tpid, 4) + hex((t.pcp << 13) | t.vid, 4)).join("");
  return mac(dst) + mac(src) + tagged + hex(etherType, 4) + payload;
}

const q = (vid: number, pcp = 0): Tag => ({ tpid: 0x8100, vid, pcp });
const ad = (vid: number, pcp = 0): Tag => ({ tpid: 0x88a8, vid, pcp });

/** IPv4, UDP 1000 → 2000, 8 bytes of data. */
const udp = "45000024000100004011b6bd0a0000010a00000203e807d000100000" + "0102030405060708";
const arp = (op: number, sip: string, tip: string, sha = "020000000001"): string =>
  `00010800060400${hex(op, 2)}${sha}${sip}000000000000${tip}`;
const broadcast = "ff:ff:ff:ff:ff:ff";
const host = (n: number): string => `02:00:00:00:00:${hex(n, 2)}`;

const modes: readonly CorpusPort[] = [
  { name: "p1", columns: {} },
  { name: "p2", columns: { tag: "10" } },
  { name: "p3", columns: { tag: "20" } },
  { name: "p4", columns: { trunks: "10,20" } },
  { name: "p5", columns: { vlan_mode: "native-tagged", tag: "10", trunks: "10,20,30" } },
  { name: "p6", columns: { vlan_mode: "native-untagged", tag: "20", trunks: "10,20" } },
  { name: "p7", columns: { vlan_mode: "dot1q-tunnel", tag: "100", cvlans: "10,20" } },
  { name: "p8", columns: { vlan_mode: "dot1q-tunnel", tag: "100" } },
  { name: "p9", columns: { tag: "10", "other_config:priority-tags": "if-nonzero" } },
  { name: "p10", columns: { "other_config:priority-tags": "always" } },
  { name: "p11", columns: { tag: "10", protected: "true" } },
  { name: "p12", columns: { tag: "10", protected: "true" } },
  { name: "p13", columns: { vlan_mode: "dot1q-tunnel", tag: "100", "other_config:qinq-ethtype": "802.1q" } },
  { name: "p14", columns: { vlan_mode: "native-untagged", tag: "10", "other_config:priority-tags": "always" } },
];

const tagVariants: readonly (readonly Tag[])[] = [
  [],
  [q(0)],
  [q(0, 5)],
  [q(10)],
  [q(10, 3)],
  [q(20)],
  [q(30)],
  [q(100)],
  [ad(100), q(10)],
  [ad(100, 2), q(30, 4)],
  [q(10), q(20)],
  [ad(10)],
];

/** The frame with these tags that every port mode is asked to flood. */
function flooded(tags: readonly Tag[]): string {
  return frame(broadcast, host(1), tags, 0x0800, udp);
}

const everyMode = (vlanLimit: 1 | 2): CorpusScenario => ({
  name: `every VLAN mode floods, vlan-limit ${vlanLimit}`,
  vlanLimit,
  bridge: {},
  ports: modes,
  fresh: true,
  packets: modes.flatMap((p) => tagVariants.map((tags) => [p.name, flooded(tags)] as const)),
});

export const corpus: readonly CorpusScenario[] = [
  everyMode(1),
  everyMode(2),
  {
    name: "learned destinations in every VLAN mode",
    vlanLimit: 2,
    bridge: {},
    ports: modes,
    fresh: false,
    packets: [
      ["p2", frame(broadcast, host(2), [], 0x0800, udp)],
      ["p7", frame(broadcast, host(7), [q(10)], 0x0800, udp)],
      ["p6", frame(broadcast, host(6), [], 0x0800, udp)],
      ["p1", frame(host(2), host(1), [q(10)], 0x0800, udp)],
      ["p1", frame(host(2), host(1), [q(10, 6)], 0x0800, udp)],
      ["p9", frame(host(2), host(9), [], 0x0800, udp)],
      ["p2", frame(host(9), host(2), [], 0x0800, udp)],
      ["p4", frame(host(9), host(4), [q(10, 5)], 0x0800, udp)],
      ["p4", frame(host(6), host(4), [q(20, 1)], 0x0800, udp)],
      ["p3", frame(host(6), host(3), [], 0x0800, udp)],
      ["p6", frame(host(3), host(6), [], 0x0800, udp)],
      ["p6", frame(host(2), host(6), [q(10)], 0x0800, udp)],
      ["p1", frame(host(7), host(1), [ad(100), q(10)], 0x0800, udp)],
      ["p1", frame(host(7), host(1), [ad(100), q(20)], 0x0800, udp)],
      ["p1", frame(host(7), host(1), [ad(100), q(30)], 0x0800, udp)],
      ["p7", frame(host(1), host(7), [q(10, 7)], 0x0800, udp)],
      ["p11", frame(broadcast, host(11), [], 0x0800, udp)],
      ["p12", frame(host(11), host(12), [], 0x0800, udp)],
      ["p2", frame(host(11), host(2), [], 0x0800, udp)],
      ["p2", frame(host(2), host(2), [], 0x0800, udp)],
      ["p3", frame(host(2), host(3), [], 0x0800, udp)],
    ],
  },
  {
    name: "reserved addresses, multicast, odd sources",
    vlanLimit: 1,
    bridge: {},
    ports: modes.slice(0, 3),
    fresh: true,
    packets: [
      ["p1", frame("01:80:c2:00:00:00", host(1), [], 0x0026, "424203")],
      ["p1", frame("01:80:c2:00:00:01", host(1), [], 0x8808, "0001ffff")],
      ["p1", frame("01:80:c2:00:00:02", host(1), [], 0x8809, "0101")],
      ["p1", frame("01:80:c2:00:00:03", host(1), [], 0x888e, "0101")],
      ["p1", frame("01:80:c2:00:00:0e", host(1), [], 0x88cc, "0204")],
      ["p1", frame("01:80:c2:00:00:0f", host(1), [], 0x0800, udp)],
      ["p1", frame("01:80:c2:00:00:10", host(1), [], 0x0800, udp)],
      ["p1", frame("01:80:c2:00:00:20", host(1), [], 0x0800, udp)],
      ["p1", frame("01:80:c2:00:00:21", host(1), [], 0x0800, udp)],
      ["p1", frame("01:00:0c:cc:cc:cc", host(1), [], 0x0026, "aaaa03")],
      ["p1", frame("01:00:0c:cc:cc:cd", host(1), [], 0x0026, "aaaa03")],
      ["p1", frame("01:00:0c:cd:cd:cd", host(1), [], 0x0026, "aaaa03")],
      ["p1", frame("00:e0:2b:00:00:04", host(1), [], 0x0800, udp)],
      ["p1", frame("00:e0:2b:00:00:00", host(1), [], 0x0800, udp)],
      ["p1", frame("01:00:5e:00:00:05", host(1), [], 0x0800, udp)],
      [
        "p1",
        frame(
          "33:33:00:00:00:01",
          host(1),
          [],
          0x86dd,
          `6000000000083aff${"fe80".padEnd(32, "0")}${"ff02".padEnd(30, "0")}01${"8000000000010001"}`,
        ),
      ],
      ["p1", frame(broadcast, "01:00:00:00:00:01", [], 0x0800, udp)],
      ["p1", frame(broadcast, "00:00:00:00:00:00", [], 0x0800, udp)],
      ["p1", frame("00:00:00:00:00:00", host(1), [], 0x0800, udp)],
      ["p1", frame(host(1), host(1), [], 0x0800, udp)],
      ["p1", frame("aa:55:aa:55:00:00", host(1), [], 0x0800, udp)],
      ["p1", frame(host(2), "aa:55:aa:55:00:00", [], 0x0800, udp)],
      ["p1", frame(broadcast, host(1), [], 0x0806, arp(1, "0a000001", "0a000002"))],
      ["p1", frame(broadcast, host(1), [], 0x0806, arp(2, "0a000001", "0a000001"))],
      ["p1", frame(broadcast, host(1), [], 0x0806, arp(1, "0a000001", "0a000001"))],
      ["p1", frame(broadcast, host(1), [], 0x8847, `00064140${udp}`)],
      ["p1", frame(broadcast, host(1), [], 0x88b5, "0102030405060708")],
      ["p1", frame(broadcast, host(1), [], 0x0005, "aaaa030000000800")],
    ],
  },
  {
    name: "forward-bpdu",
    vlanLimit: 1,
    bridge: { "other_config:forward-bpdu": "true" },
    ports: modes.slice(0, 3),
    fresh: true,
    packets: [
      ["p1", frame("01:80:c2:00:00:00", host(1), [], 0x0026, "424203")],
      ["p1", frame("01:80:c2:00:00:0e", host(1), [], 0x88cc, "0204")],
      ["p2", frame("01:80:c2:00:00:02", host(1), [], 0x8809, "0101")],
    ],
  },
  {
    name: "flood_vlans are not learned",
    vlanLimit: 1,
    bridge: { flood_vlans: "20" },
    ports: modes.slice(0, 4),
    fresh: false,
    packets: [
      ["p3", frame(broadcast, host(3), [], 0x0800, udp)],
      ["p4", frame(host(3), host(4), [q(20)], 0x0800, udp)],
      ["p2", frame(broadcast, host(2), [], 0x0800, udp)],
      ["p4", frame(host(2), host(4), [q(10)], 0x0800, udp)],
    ],
  },
  {
    name: "a station moves",
    vlanLimit: 1,
    bridge: {},
    ports: ["p1", "p2", "p3"].map((name) => ({ name, columns: {} })),
    fresh: false,
    packets: [
      ["p1", frame(broadcast, host(1), [], 0x0800, udp)],
      ["p2", frame(host(1), host(2), [], 0x0800, udp)],
      ["p3", frame(broadcast, host(1), [], 0x0800, udp)],
      ["p2", frame(host(1), host(2), [], 0x0800, udp)],
      ["p3", frame(host(2), host(1), [], 0x0800, udp)],
      ["p1", frame(host(2), host(1), [], 0x0800, udp)],
      ["p2", frame(host(1), host(2), [], 0x0806, arp(2, "0a000002", "0a000001"))],
    ],
  },
  {
    name: "odd tags",
    vlanLimit: 2,
    bridge: {},
    ports: [
      { name: "p1", columns: {} },
      { name: "p2", columns: { vlan_mode: "native-untagged", tag: "10" } },
      { name: "p3", columns: { vlan_mode: "native-tagged", tag: "10", "other_config:priority-tags": "always" } },
      { name: "p4", columns: { vlan_mode: "dot1q-tunnel", tag: "10" } },
      { name: "p5", columns: { tag: "10", "other_config:priority-tags": "always" } },
      { name: "p6", columns: { vlan_mode: "access" } },
      { name: "p7", columns: { vlan_mode: "dot1q-tunnel" } },
      { name: "p8", columns: { vlan_mode: "native-untagged", tag: "0" } },
    ],
    fresh: true,
    packets: ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"].flatMap((port) =>
      [
        [q(0), q(20, 1)],
        [q(0, 4), q(20, 1)],
        [q(10), q(0)],
        [q(10, 2), q(0, 3)],
        [q(10, 2), ad(20, 3)],
        [ad(10, 3)],
        [ad(0, 3)],
        [],
      ].map((tags) => [port, flooded(tags)] as const),
    ),
  },
];

import { fragmentsOf, type Ip, icmp, ipv4, ipv6, packetOf, tcp, udp } from "../../support/ip-frames.js";
import type { Rules } from "./tracker.js";

export type Step =
  | { readonly port: 1 | 2; readonly frame: Uint8Array }
  | { readonly call: readonly string[] }
  | { readonly warp: number };

export interface Scenario {
  readonly name: string;
  readonly rules: Rules;
  readonly steps: readonly Step[];
}

const CLIENT = 1;
const SERVER = 2;
const NATTED = 9;

const c = (frame: Uint8Array): Step => ({ port: 1, frame });
const s = (frame: Uint8Array): Step => ({ port: 2, frame });
const call = (...words: string[]): Step => ({ call: words });
const timeouts = call("dpctl/dump-conntrack", "-s", "-m");

const plain: Rules = { fromClient: "ct(commit)", fromServer: "ct" };
const flipped = (frame: Uint8Array, at: number): Uint8Array => frame.map((byte, i) => (i === at ? byte ^ 1 : byte));

function handshake(ip: Ip, ports: readonly [number, number], scale?: number, seen = CLIENT): Step[] {
  const back: [number, number] = [ports[1], ports[0]];
  const option = scale === undefined ? {} : { scale };
  return [
    c(tcp(ip, CLIENT, SERVER, ports, "S", { sequence: 100, ...option })),
    s(tcp(ip, SERVER, seen, back, "SA", { sequence: 500, acknowledgment: 101, ...option })),
    c(tcp(ip, CLIENT, SERVER, ports, "A", { sequence: 101, acknowledgment: 501 })),
  ];
}

function say(ports: readonly [number, number], sequence: number, acknowledgment: number, data: string): Uint8Array {
  return tcp(ipv4, CLIENT, SERVER, ports, "PA", { sequence, acknowledgment, data });
}

function answer(ports: readonly [number, number], sequence: number, acknowledgment: number, data: string): Uint8Array {
  return tcp(ipv4, SERVER, CLIENT, ports, "PA", { sequence, acknowledgment, data });
}

function wholeConnection(ip: Ip, seen = CLIENT): Step[] {
  const ports: [number, number] = [1000, 80];
  const back: [number, number] = [80, 1000];
  // Translated again, upstream takes another port: the one of the connection that is over is not free to it yet.
  const again = [
    c(tcp(ip, CLIENT, SERVER, ports, "S", { sequence: 9000 })),
    s(tcp(ip, SERVER, seen, back, "RA", { sequence: 0, acknowledgment: 9001 })),
    timeouts,
  ];
  return [
    ...handshake(ip, ports, 7, seen),
    timeouts,
    c(tcp(ip, CLIENT, SERVER, ports, "PA", { sequence: 101, acknowledgment: 501, data: "hello" })),
    s(tcp(ip, SERVER, seen, back, "A", { sequence: 501, acknowledgment: 106 })),
    s(tcp(ip, SERVER, seen, back, "PA", { sequence: 501 + 900000, acknowledgment: 106, data: "too far" })),
    c(tcp(ip, CLIENT, SERVER, ports, "FA", { sequence: 106, acknowledgment: 501 })),
    timeouts,
    s(tcp(ip, SERVER, seen, back, "FA", { sequence: 501, acknowledgment: 107 })),
    timeouts,
    c(tcp(ip, CLIENT, SERVER, ports, "A", { sequence: 107, acknowledgment: 502 })),
    timeouts,
    ...(seen === CLIENT ? again : []),
  ];
}

function datagrams(ip: Ip, seen = CLIENT): Step[] {
  const error = ip === ipv4 ? [3, 3] : [1, 4];
  const sent = packetOf(udp(ip, seen, SERVER, [53, 99]));
  const answered = packetOf(udp(ip, SERVER, CLIENT, [99, 53]));
  const [type, code] = error as [number, number];
  return [
    c(udp(ip, CLIENT, SERVER, [53, 99])),
    timeouts,
    c(udp(ip, CLIENT, SERVER, [53, 99])),
    timeouts,
    s(udp(ip, SERVER, seen, [99, 53])),
    timeouts,
    c(udp(ip, CLIENT, SERVER, [53, 99])),
    s(icmp(ip, SERVER, seen, type, code, 0, sent)),
    s(icmp(ip, 77, seen, type, code, 0, sent)),
    c(icmp(ip, CLIENT, SERVER, type, code, 0, answered)),
    s(icmp(ip, SERVER, seen, type, code, 0, packetOf(udp(ip, seen, SERVER, [54, 99])))),
  ];
}

function pings(ip: Ip, seen = CLIENT): Step[] {
  const [request, reply] = ip === ipv4 ? [8, 0] : [128, 129];
  const data = Buffer.from("abcdefgh");
  const id = 0x00050001;
  return [
    s(icmp(ip, SERVER, seen, reply!, 0, id, data)),
    c(icmp(ip, CLIENT, SERVER, request!, 0, id, data)),
    timeouts,
    c(icmp(ip, CLIENT, SERVER, request!, 0, id, data)),
    s(icmp(ip, SERVER, seen, reply!, 0, id, data)),
    timeouts,
    c(icmp(ip, CLIENT, SERVER, request!, 0, id + 1, data)),
  ];
}

function oddPackets(): Step[] {
  const steps: Step[] = [];
  const flags = [
    "",
    "F",
    "P",
    "U",
    "R",
    "A",
    "S",
    "SP",
    "SU",
    "SR",
    "SF",
    "SA",
    "FA",
    "FPU",
    "RA",
    "RP",
    "SAP",
    "FR",
    "PA",
    "UA",
    "RFA",
  ];
  for (const [i, f] of flags.entries()) {
    steps.push(c(tcp(ipv4, CLIENT, SERVER, [2000 + i, 80], f, { sequence: 1, acknowledgment: 1 })));
  }
  const syn = tcp(ipv4, CLIENT, SERVER, [3000, 80], "S");
  steps.push(
    c(syn.subarray(0, 14 + 20 + 14)),
    c(flipped(syn, 24)),
    c(flipped(syn, 50)),
    c(Uint8Array.from([...syn, ...new Uint8Array(10)])),
    c(tcp(ipv4, CLIENT, SERVER, [0, 80], "S")),
    c(tcp(ipv4, CLIENT, SERVER, [80, 0], "S")),
    c(udp(ipv4, CLIENT, SERVER, [0, 5])),
    c(udp(ipv4, CLIENT, SERVER, [5, 0])),
    c(flipped(udp(ipv4, CLIENT, SERVER, [5, 6]), 39)),
    c(flipped(udp(ipv4, CLIENT, SERVER, [5, 6]), 44)),
    c(udp(ipv4, CLIENT, CLIENT, [7, 7])),
    c(udp(ipv4, CLIENT, CLIENT, [7, 7])),
    c(flipped(icmp(ipv4, CLIENT, SERVER, 8, 0, 5, new Uint8Array(8)), 40)),
  );
  for (let type = 0; type < 20; type++)
    steps.push(c(icmp(ipv4, CLIENT, SERVER, type, 0, type << 16, new Uint8Array(40))));
  for (const type of [1, 2, 3, 4, 127, 128, 129, 130, 133, 134, 135, 136, 137, 143]) {
    steps.push(c(icmp(ipv6, CLIENT, SERVER, type, 0, type << 16, new Uint8Array(40))));
  }
  for (const protocol of [0, 2, 33, 47, 50, 51, 58, 89, 132, 136, 255]) {
    steps.push(
      c(ipv4(CLIENT, SERVER, protocol, new Uint8Array(24))),
      s(ipv4(SERVER, CLIENT, protocol, new Uint8Array(24))),
    );
  }
  const none = Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0);
  const behind = udp(ipv6, CLIENT, SERVER, [3, 4]).subarray(54);
  steps.push(
    c(ipv6(CLIENT, SERVER, 17, behind, none, 0)),
    c(ipv6(CLIENT, SERVER, 17, behind, none, 60)),
    c(ipv6(CLIENT, SERVER, 17, behind, Uint8Array.of(17, 0, 0, 0, 0, 0, 0, 1), 44)),
  );
  return [...steps, timeouts, call("dpctl/ct-stats-show"), call("dpctl/ct-stats-show", "-m")];
}

function fragmented(): Step[] {
  const data = Uint8Array.from({ length: 3072 }, (_, i) => i);
  const frame = udp(ipv4, CLIENT, SERVER, [53, 99], data);
  const cut = (id: number, sizes: readonly number[] = [1400, 1400, 2000]): Uint8Array[] =>
    fragmentsOf(frame, sizes, id);
  const [a, b, d] = cut(3) as [Uint8Array, Uint8Array, Uint8Array];
  const overlapping = cut(5, [1408, 1400, 2000]);
  return [
    ...cut(1).map(c),
    ...cut(2).reverse().map(c),
    c(a),
    c(a),
    c(d),
    c(b),
    ...cut(4, [800, 800, 2000]).map(c),
    ...[cut(5)[0]!, overlapping[1]!].map(c),
    c(cut(6)[1]!),
    call("dpctl/ipf-get-status"),
    timeouts,
  ];
}

/** Fragments of an IPv6 datagram, in another order than they are cut. */
function fragmented6(): Step[] {
  const payload = udp(ipv6, CLIENT, SERVER, [53, 99], new Uint8Array(3000).fill(3)).subarray(54);
  const cut = (from: number, to: number): Uint8Array => {
    const word = from | (to < payload.length ? 1 : 0);
    const header = Uint8Array.of(17, 0, word >> 8, word & 0xff, 0, 0, 0, 9);
    return ipv6(CLIENT, SERVER, 17, payload.subarray(from, to), header, 44);
  };
  return [cut(2800, payload.length), cut(0, 1400), cut(1400, 2800)].map(c);
}

const nat = (side: string): Rules => ({ fromClient: `ct(commit,nat(${side}))`, fromServer: "ct(nat)" });

/** Packets, by what becomes of which everything is said that `ct` does. */
export const scenarios: readonly Scenario[] = [
  { name: "tcp", rules: plain, steps: wholeConnection(ipv4) },
  { name: "tcp over IPv6", rules: plain, steps: wholeConnection(ipv6) },
  { name: "udp and what is related to it", rules: plain, steps: datagrams(ipv4) },
  { name: "udp over IPv6", rules: plain, steps: datagrams(ipv6) },
  { name: "ping", rules: plain, steps: pings(ipv4) },
  { name: "ping over IPv6", rules: plain, steps: pings(ipv6) },
  { name: "odd packets", rules: plain, steps: oddPackets() },
  { name: "source translation, tcp", rules: nat("src=10.0.0.9"), steps: wholeConnection(ipv4, NATTED) },
  { name: "source translation, udp", rules: nat("src=10.0.0.9"), steps: datagrams(ipv4, NATTED) },
  { name: "source translation, ping", rules: nat("src=10.0.0.9"), steps: pings(ipv4, NATTED) },
  { name: "source translation, tcp over IPv6", rules: nat("src=fc00::9"), steps: wholeConnection(ipv6, NATTED) },
  { name: "source translation, udp over IPv6", rules: nat("src=fc00::9"), steps: datagrams(ipv6, NATTED) },
  { name: "source translation, ping over IPv6", rules: nat("src=fc00::9"), steps: pings(ipv6, NATTED) },
  { name: "no address", rules: nat("src=0.0.0.0"), steps: datagrams(ipv4) },
  {
    name: "ports that are in use",
    rules: nat("src=10.0.0.9"),
    steps: [
      ...[1, 3, 4].map((from) => c(udp(ipv4, from, SERVER, [53, 99]))),
      ...[1, 3, 4].map((from) => c(udp(ipv4, from, SERVER, [40000, 99]))),
      ...[53, 54, 55, 40000, 40001, 40002].map((port) => s(udp(ipv4, SERVER, NATTED, [99, port]))),
    ],
  },
  {
    name: "destination translation",
    rules: nat("dst=10.0.0.9:8080"),
    steps: [
      c(udp(ipv4, CLIENT, SERVER, [53, 99])),
      s(udp(ipv4, NATTED, CLIENT, [8080, 53])),
      c(udp(ipv4, CLIENT, 8, [53, 99])),
      s(udp(ipv4, NATTED, CLIENT, [8080, 54])),
      s(icmp(ipv4, NATTED, CLIENT, 3, 3, 0, packetOf(udp(ipv4, CLIENT, NATTED, [53, 8080])))),
      s(icmp(ipv4, 77, CLIENT, 11, 0, 0, packetOf(udp(ipv4, CLIENT, NATTED, [53, 8080])))),
      c(icmp(ipv4, CLIENT, SERVER, 3, 3, 0, packetOf(udp(ipv4, SERVER, CLIENT, [99, 53])))),
    ],
  },
  {
    name: "marks, labels, zones",
    rules: {
      fromClient: "ct(commit,zone=7,mark=0x5/0xf,label=0x3/0xf)",
      fromServer: "ct(commit,zone=7,mark=0x50/0xf0)",
    },
    steps: [...datagrams(ipv4), ...handshake(ipv4, [1000, 80])],
  },
  {
    name: "the other direction by force",
    rules: { fromClient: "ct(commit,zone=7,mark=0x5/0xf)", fromServer: "ct(force_commit,zone=7,mark=0xf0/0xf0)" },
    steps: datagrams(ipv4),
  },
  {
    name: "ftp",
    rules: { fromClient: "ct(commit,helper=ftp)", fromServer: "ct" },
    steps: [
      ...handshake(ipv4, [4000, 21]),
      c(say([4000, 21], 101, 501, "PORT 10,0,0,1,15,160\r\n")),
      s(answer([21, 4000], 501, 123, "200 ok\r\n")),
      s(tcp(ipv4, SERVER, CLIENT, [20, 4000], "S", { sequence: 9000 })),
      s(tcp(ipv4, SERVER, CLIENT, [20, 4001], "S", { sequence: 9000 })),
      c(say([4000, 21], 123, 509, "PASV\r\n")),
      s(answer([21, 4000], 509, 129, "227 Entering Passive Mode (10,0,0,2,20,10)\r\n")),
      c(tcp(ipv4, CLIENT, SERVER, [4002, 5130], "S", { sequence: 1 })),
      s(tcp(ipv4, SERVER, CLIENT, [5130, 4002], "SA", { sequence: 1, acknowledgment: 2 })),
      c(tcp(ipv4, CLIENT, SERVER, [4002, 5130], "A", { sequence: 2, acknowledgment: 2 })),
      call("dpctl/dump-conntrack"),
    ],
  },
  {
    name: "tftp",
    rules: { fromClient: "ct(commit,helper=tftp)", fromServer: "ct" },
    steps: [
      c(udp(ipv4, CLIENT, SERVER, [3000, 69], "\0\x01file\0octet\0")),
      s(udp(ipv4, SERVER, CLIENT, [5555, 3000], "\0\x03\0\x01data")),
    ],
  },
  { name: "not committed", rules: { fromClient: "ct", fromServer: "ct" }, steps: wholeConnection(ipv4) },
  {
    name: "translated, not committed",
    rules: { fromClient: "ct(nat)", fromServer: "ct(nat)" },
    steps: datagrams(ipv4),
  },
  {
    name: "time",
    rules: plain,
    steps: [
      ...handshake(ipv4, [1000, 80]),
      c(udp(ipv4, CLIENT, SERVER, [53, 99])),
      c(icmp(ipv4, CLIENT, SERVER, 8, 0, 7 << 16, new Uint8Array(8))),
      { warp: 20_500 },
      timeouts,
      s(udp(ipv4, SERVER, CLIENT, [99, 53])),
      timeouts,
      { warp: 29_000 },
      timeouts,
      { warp: 2_000 },
      timeouts,
      { warp: 12_000 },
      timeouts,
      s(udp(ipv4, SERVER, CLIENT, [99, 53])),
    ],
  },
  {
    name: "the commands",
    rules: { fromClient: "ct(commit,zone=3,mark=0x1/0x1,label=0x10000000000000001)", fromServer: "ct(zone=3)" },
    steps: [
      ...handshake(ipv4, [1000, 80], 7),
      ...[1, 2, 3].map((port) => c(udp(ipv4, CLIENT, SERVER, [port, 99]))),
      c(icmp(ipv4, CLIENT, SERVER, 8, 0, 5 << 16, new Uint8Array(8))),
      c(icmp(ipv6, CLIENT, SERVER, 128, 0, 5 << 16, new Uint8Array(8))),
      ...[
        ["dpctl/dump-conntrack"],
        ["dpctl/dump-conntrack", "-s"],
        ["dpctl/dump-conntrack", "zone=3"],
        ["dpctl/dump-conntrack", "zone=4"],
        ["dpctl/dump-conntrack", "zone=65539"],
        ["dpctl/ct-stats-show"],
        ["dpctl/ct-stats-show", "-m"],
        ["dpctl/ct-stats-show", "zone=3"],
        ["dpctl/ct-stats-show", "zone=4"],
        ["dpctl/ct-bkts"],
        ["dpctl/ct-bkts", "gt=100"],
        ["dpctl/ct-get-maxconns"],
        ["dpctl/ct-set-maxconns", "x"],
        ["dpctl/ct-set-maxconns", "123"],
        ["dpctl/ct-get-maxconns"],
        ["dpctl/ct-set-maxconns", "3000000"],
        ["dpctl/ct-get-maxconns", "nodp"],
        ["dpctl/ct-get-tcp-seq-chk"],
        ["dpctl/ct-disable-tcp-seq-chk"],
        ["dpctl/ct-get-tcp-seq-chk"],
        ["dpctl/ct-enable-tcp-seq-chk"],
        ["dpctl/ct-get-limits"],
        ["dpctl/ct-set-limits", "zone=8,limit=8", "zone=9,limit=5"],
        ["dpctl/ct-get-limits"],
        ["dpctl/ct-get-limits", "zone=9"],
        ["dpctl/ct-get-limits", "zone=9,8"],
        ["dpctl/ct-set-limits", "zone=4"],
        ["dpctl/ct-set-limits", "zone=x,limit=3"],
        ["dpctl/ct-set-limits", "foo"],
        ["dpctl/ct-set-limits", "zone=1,limit=3,x=4"],
        ["dpctl/ct-set-limits", "default=x"],
        ["dpctl/ct-del-limits", "bogus"],
        ["dpctl/ct-del-limits", "zone=x"],
        ["dpctl/ct-del-limits", "zone=9,8"],
        ["dpctl/ct-get-limits", "zone=x"],
        ["dpctl/ct-get-limits", "bogus"],
        ["dpctl/ct-get-limits", "bogus", "zone=1"],
        ["dpctl/ct-del-limits", "bogus", "zone=1"],
        ["dpctl/ct-set-limits", "bogus", "default=5"],
        ["dpctl/ipf-set-disabled", "v6"],
        ["dpctl/ipf-set-enabled", "x"],
        ["dpctl/ipf-set-enabled", "v6"],
        ["dpctl/ipf-set-min-frag", "v4", "300"],
        ["dpctl/ipf-set-min-frag", "v4", "500"],
        ["dpctl/ipf-set-min-frag", "x", "500"],
        ["dpctl/ipf-set-min-frag", "v4", "x"],
        ["dpctl/ipf-set-min-frag", "v4", "1200"],
        ["dpctl/ipf-set-max-nfrags", "6000"],
        ["dpctl/ipf-set-max-nfrags", "x"],
        ["dpctl/ipf-set-max-nfrags", "1000"],
        ["dpctl/flush-conntrack", "bogus"],
        ["dpctl/flush-conntrack", "zone=z"],
        ["dpctl/flush-conntrack", "ct_nw_src=1.2.3"],
        ["dpctl/flush-conntrack", "ct_nw_src=1.2.3.4", "ct_ipv6_src=::1"],
        ["dpctl/flush-conntrack", "ct_tp_src=5"],
        ["dpctl/flush-conntrack", "icmp_id=3"],
        ["dpctl/flush-conntrack", "ct_nw_proto=1,icmp_type=300"],
        ["dpctl/flush-conntrack", "ct_nw_src=1.2.3.4,ct_nw_src=1.2.3.4"],
        ["dpctl/flush-conntrack", "zone=4"],
        ["dpctl/flush-conntrack", "zone=3", "ct_nw_proto=17,ct_tp_src=2"],
        ["dpctl/dump-conntrack"],
        ["dpctl/flush-conntrack", "zone=3", "", "ct_nw_proto=17,ct_tp_dst=3"],
        ["dpctl/dump-conntrack"],
        [
          "dpctl/flush-conntrack",
          "zone=3",
          "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=1,icmp_type=8,icmp_code=0,icmp_id=5",
        ],
        ["dpctl/dump-conntrack"],
        ["dpctl/flush-conntrack", "zone=3"],
        ["dpctl/dump-conntrack"],
      ].map((words) => call(...words)),
    ],
  },
  {
    name: "limits of zones",
    rules: { fromClient: "ct(commit,zone=8)", fromServer: "ct(zone=8)" },
    steps: [
      call("dpctl/ct-set-limits", "default=3", "zone=8,limit=2", "zone=9,limit=1"),
      ...[1, 2, 3].map((port) => c(udp(ipv4, CLIENT, SERVER, [port, 99]))),
      ...[1, 2, 3].map((port) => s(udp(ipv4, SERVER, CLIENT, [99, port]))),
      call("dpctl/ct-get-limits", "zone=8,9,10"),
      call("dpctl/ct-set-limits", "zone=8,limit=3"),
      ...[3, 4, 5].map((port) => c(udp(ipv4, CLIENT, SERVER, [port, 99]))),
      call("dpctl/ct-get-limits", "zone=8"),
      call("dpctl/flush-conntrack", "zone=8", "ct_nw_proto=17,ct_tp_src=1"),
      ...[4, 5].map((port) => c(udp(ipv4, CLIENT, SERVER, [port, 99]))),
      call("dpctl/ct-get-limits", "zone=8"),
      call("dpctl/flush-conntrack"),
      call("dpctl/ct-get-limits", "zone=8"),
      call("dpctl/ct-del-limits", "zone=9"),
      // Theirs takes a limit of 0 for none at all, so that this one is as good as none.
      call("dpctl/ct-set-limits", "default=4000000000"),
    ],
  },
  {
    name: "as many connections as there may be",
    rules: plain,
    steps: [
      call("dpctl/ct-set-maxconns", "2"),
      ...[1, 2, 3].map((port) => c(udp(ipv4, CLIENT, SERVER, [port, 99]))),
      ...[1, 3].map((port) => s(udp(ipv4, SERVER, CLIENT, [99, port]))),
      call("dpctl/ct-get-nconns"),
      call("dpctl/ct-set-maxconns", "1"),
      c(udp(ipv4, CLIENT, SERVER, [1, 99])),
      call("dpctl/flush-conntrack", "zone=0", "ct_nw_proto=17,ct_tp_src=1"),
      c(udp(ipv4, CLIENT, SERVER, [3, 99])),
      call("dpctl/ct-get-nconns"),
      call("dpctl/ct-set-maxconns", "3000000"),
      c(udp(ipv4, CLIENT, SERVER, [3, 99])),
      call("dpctl/ct-get-nconns"),
    ],
  },
  {
    name: "sequence numbers, looked at or not",
    rules: plain,
    steps: [
      call("dpctl/ct-disable-tcp-seq-chk"),
      ...handshake(ipv4, [1000, 80]),
      c(tcp(ipv4, CLIENT, SERVER, [1000, 80], "PA", { sequence: 9_000_000, acknowledgment: 501, data: "far" })),
      s(tcp(ipv4, SERVER, CLIENT, [80, 1000], "RA", { sequence: 7_000_000, acknowledgment: 9_000_003 })),
      call("dpctl/ct-enable-tcp-seq-chk"),
      ...handshake(ipv4, [1001, 80]),
      c(tcp(ipv4, CLIENT, SERVER, [1001, 80], "PA", { sequence: 9_000_000, acknowledgment: 501, data: "far" })),
    ],
  },
  {
    name: "fragments that nobody puts together",
    rules: plain,
    steps: [
      call("dpctl/ipf-set-disabled", "v4"),
      ...fragmentsOf(udp(ipv4, CLIENT, SERVER, [53, 99], new Uint8Array(2000)), [1400, 1400], 21).map(c),
      call("dpctl/ipf-set-enabled", "v4"),
      call("dpctl/ipf-set-min-frag", "v4", "500"),
      ...fragmentsOf(udp(ipv4, CLIENT, SERVER, [53, 99], new Uint8Array(2000)), [488, 600, 1400], 22).map(c),
      ...fragmentsOf(udp(ipv4, CLIENT, SERVER, [53, 99], new Uint8Array(2000)), [472, 600, 1400], 23).map(c),
      call("dpctl/ipf-get-status"),
      call("dpctl/ipf-set-min-frag", "v4", "1200"),
    ],
  },
  // Last, since those that wait there come out some day.
  { name: "fragments", rules: plain, steps: fragmented() },
  { name: "fragments over IPv6", rules: plain, steps: fragmented6() },
  { name: "fragments over IPv6, translated", rules: nat("src=fc00::9"), steps: fragmented6() },
  { name: "fragments, translated", rules: nat("src=10.0.0.9"), steps: fragmented() },
];

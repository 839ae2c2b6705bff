import { put16, put32 } from "#util/big-endian.js";
import { checksum } from "#wire/checksum.js";
import { fragmentsOf, type Ip, icmp, ipv4, ipv6, packetOf, tcp, udp } from "../../support/ip-frames.js";
import { c, type KernelScenario, type Sent, s, translating } from "./kernel-scenario.js";

const CLIENT = 1;
const SERVER = 2;
const NATTED = 9;
/** A router on the way, which nobody knows. */
const ROUTER = 77;

const scenario = (name: string, ...steps: Sent[]): KernelScenario => ({ name, steps });
const out4 = translating("src=10.0.0.9", "ip saddr 10.0.0.1 snat ip to 10.0.0.9");
const out6 = translating("src=fc00::9", "ip6 saddr fc00::1 snat ip6 to fc00::9");
const in4 = translating("dst=10.0.0.8:8080", "ip daddr 10.0.0.2 meta l4proto { tcp, udp } dnat ip to 10.0.0.8:8080");
const in6 = translating("dst=[fc00::8]:8080", "ip6 daddr fc00::2 meta l4proto { tcp, udp } dnat ip6 to [fc00::8]:8080");

/** Packets from the client, whose port is 53, to the server's 99, and answers to whom the server sees. */
function streams(ip: Ip, seen = CLIENT, server = SERVER, port = 99): Sent[] {
  const ask = c(udp(ip, CLIENT, SERVER, [53, 99]));
  const answer = s(udp(ip, server, seen, [port, 53]));
  return [ask, ask, answer, ask, answer, c(udp(ip, CLIENT, SERVER, [54, 99])), s(udp(ip, server, seen, [port, 55]))];
}

const isIpv4 = (ip: Ip): boolean => ip === ipv4;
const echo = (ip: Ip): [number, number] => (isIpv4(ip) ? [8, 0] : [128, 129]);

function pings(ip: Ip, seen = CLIENT): Sent[] {
  const [request, reply] = echo(ip);
  const body = new Uint8Array(32).fill(7);
  const ping = (n: number): Sent => c(icmp(ip, CLIENT, SERVER, request, 0, (5 << 16) | n, body));
  const pong = (n: number): Sent => s(icmp(ip, SERVER, seen, reply, 0, (5 << 16) | n, body));
  return [ping(1), ping(2), pong(1), ping(3), pong(3), s(icmp(ip, SERVER, seen, reply, 0, 6 << 16, body)), pong(3)];
}

/** What routers and hosts complain of, of both directions. */
function errors(ip: Ip, seen = CLIENT): Sent[] {
  const [unreachable, exceeded, problem] = isIpv4(ip) ? [3, 11, 12] : [1, 3, 4];
  const about = (frame: Uint8Array): Uint8Array => packetOf(frame).slice(0, isIpv4(ip) ? 28 : 80);
  const asked = (): Uint8Array =>
    udp(ip, seen, SERVER, [53, 99], "a question of some length, so that much is left out");
  const answered = udp(ip, SERVER, CLIENT, [99, 53], "an answer of some length, so that much is left out");
  const [request] = echo(ip);
  const pinged = icmp(ip, seen, SERVER, request, 0, 5 << 16, new Uint8Array(32));
  const dialled = tcp(ip, seen, SERVER, [4000, 80], "S", { sequence: 1 });
  return [
    s(icmp(ip, SERVER, seen, unreachable, 3, 0, about(asked()))),
    c(udp(ip, CLIENT, SERVER, [53, 99], "a question of some length, so that much is left out")),
    s(icmp(ip, SERVER, seen, unreachable, 3, 0, about(asked()))),
    s(icmp(ip, ROUTER, seen, exceeded, 0, 0, about(asked()))),
    s(icmp(ip, ROUTER, seen, problem, 0, 0, packetOf(asked()))),
    s(udp(ip, SERVER, seen, [99, 53], "an answer of some length, so that much is left out")),
    c(icmp(ip, CLIENT, SERVER, unreachable, 3, 0, about(answered))),
    c(icmp(ip, ROUTER, SERVER, exceeded, 0, 0, about(answered))),
    c(icmp(ip, CLIENT, SERVER, request, 0, 5 << 16, new Uint8Array(32))),
    s(icmp(ip, ROUTER, seen, exceeded, 0, 0, about(pinged))),
    c(tcp(ip, CLIENT, SERVER, [4000, 80], "S", { sequence: 1 })),
    s(icmp(ip, ROUTER, seen, unreachable, 1, 0, about(dialled))),
    s(icmp(ip, ROUTER, seen, isIpv4(ip) ? 3 : 2, isIpv4(ip) ? 4 : 0, 1400, packetOf(dialled))),
    s(icmp(ip, ROUTER, seen, unreachable, 1, 0, about(udp(ip, seen, SERVER, [1, 2])))),
    s(icmp(ip, ROUTER, seen, unreachable, 1, 0, packetOf(asked()).slice(0, 27))),
    s(icmp(ip, ROUTER, seen, unreachable, 1, 0, new Uint8Array(0))),
    s(
      icmp(
        ip,
        ROUTER,
        seen,
        unreachable,
        1,
        0,
        about(s(icmp(ip, SERVER, seen, unreachable, 1, 0, new Uint8Array(8))).frame),
      ),
    ),
  ];
}

/** A packet to and fro of a protocol without anything known of it. */
function others(protocol: number, body: Uint8Array, seen = CLIENT): Sent[] {
  const go = c(ipv4(CLIENT, SERVER, protocol, body));
  return [go, go, s(ipv4(SERVER, seen, protocol, body)), go, s(ipv4(SERVER, CLIENT + 3, protocol, body))];
}

/** An SCTP packet of one chunk; its checksum is CRC-32C. */
function sctp(
  from: number,
  to: number,
  ports: [number, number],
  tag: number,
  type: number,
  body: readonly number[],
): Uint8Array {
  const b = new Uint8Array(12 + 4 + body.length);
  put16(b, 0, ports[0]);
  put16(b, 2, ports[1]);
  put32(b, 4, tag);
  b[12] = type;
  put16(b, 14, 4 + body.length);
  b.set(body, 16);
  let crc = 0xffffffff;
  for (const byte of b) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  new DataView(b.buffer).setUint32(8, ~crc >>> 0, true);
  return ipv4(from, to, 132, b);
}

function sctpStreams(): Sent[] {
  const init = [0, 0, 0, 9, 0, 0, 0x20, 0, 0, 1, 0, 1, 0, 0, 0, 1];
  const ack = [0, 0, 0, 8, ...init.slice(4), 0, 7, 0, 8, 1, 2, 3, 4];
  const go = (tag: number, type: number, ...body: number[]): Sent =>
    c(sctp(CLIENT, SERVER, [5000, 6000], tag, type, body));
  const back = (tag: number, type: number, ...body: number[]): Sent =>
    s(sctp(SERVER, CLIENT, [6000, 5000], tag, type, body));
  return [
    go(0, 1, ...init),
    back(9, 2, ...ack),
    go(8, 10, 1, 2, 3, 4),
    back(9, 11),
    go(8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 65, 66, 67, 68),
    back(9, 3, 0, 0, 0, 1, 0, 0, 32, 0, 0, 0, 0, 0),
    go(8, 7, 0, 0, 0, 1),
    back(9, 8),
    go(8, 14),
    c(sctp(CLIENT, SERVER, [5001, 6000], 0, 1, init)),
  ];
}

/** Datagrams whose header alone is summed; `protocol` is the number that is summed with it. */
function udpLite(protocol: number, seen = CLIENT): Sent[] {
  const lite = (from: number, to: number, ports: [number, number]): Uint8Array => {
    const b = new Uint8Array(16);
    put16(b, 0, ports[0]);
    put16(b, 2, ports[1]);
    put16(b, 4, 8);
    b.set([1, 2, 3, 4, 5, 6, 7, 8], 8);
    const covered = new Uint8Array(20);
    covered.set([10, 0, 0, from, 10, 0, 0, to, 0, protocol, 0, 16]);
    covered.set(b.subarray(0, 8), 12);
    put16(b, 6, checksum(covered, 0, 20));
    return ipv4(from, to, 136, b);
  };
  return [
    c(lite(CLIENT, SERVER, [53, 99])),
    s(lite(SERVER, seen, [99, 53])),
    c(lite(CLIENT, SERVER, [53, 99])),
    c(lite(CLIENT, SERVER, [54, 99])),
    s(lite(SERVER, seen, [98, 53])),
  ];
}

const long = Uint8Array.from({ length: 3072 }, (_, i) => i);

function cut(frame: Uint8Array, id: number, sizes: readonly number[] = [1400, 1400, 2000]): Uint8Array[] {
  return fragmentsOf(frame, sizes, id);
}

function fragments(seen = CLIENT): Sent[] {
  const ask = udp(ipv4, CLIENT, SERVER, [53, 99], long);
  const answer = udp(ipv4, SERVER, seen, [99, 53], long);
  const [request, reply] = echo(ipv4);
  return [
    ...cut(ask, 1).map(c),
    ...cut(answer, 2).reverse().map(s),
    ...cut(ask, 3).map(c),
    ...cut(icmp(ipv4, CLIENT, SERVER, request, 0, 7 << 16, long), 4).map(c),
    ...cut(icmp(ipv4, SERVER, seen, reply, 0, 7 << 16, long), 5).map(s),
  ];
}

function fragments6(seen = CLIENT): Sent[] {
  const piece = (from: number, to: number, ports: [number, number], id: number): Uint8Array[] => {
    const payload = udp(ipv6, from, to, ports, long).subarray(54);
    return [0, 1400, 2800].map((at) => {
      const end = Math.min(at + 1400, payload.length);
      const word = at | (end < payload.length ? 1 : 0);
      const header = Uint8Array.of(17, 0, word >> 8, word & 0xff, 0, 0, 0, id);
      return ipv6(from, to, 17, payload.subarray(at, end), header, 44);
    });
  };
  return [
    ...piece(CLIENT, SERVER, [53, 99], 1).map(c),
    ...piece(SERVER, seen, [99, 53], 2).reverse().map(s),
    ...piece(CLIENT, SERVER, [53, 99], 3).map(c),
  ];
}

const flipped = (frame: Uint8Array, at: number): Uint8Array => frame.map((byte, i) => (i === at ? byte ^ 1 : byte));
const unchecked = (frame: Uint8Array): Uint8Array => frame.map((byte, i) => (i === 40 || i === 41 ? 0 : byte));

/** UDP, ICMP and everything else without a handshake, translated or not. */
export const datagramScenarios: readonly KernelScenario[] = [
  scenario("udp", ...streams(ipv4)),
  scenario("udp over IPv6", ...streams(ipv6)),
  { name: "udp, source translated", ...out4, steps: streams(ipv4, NATTED) },
  { name: "udp over IPv6, source translated", ...out6, steps: streams(ipv6, NATTED) },
  { name: "udp, destination translated", ...in4, steps: streams(ipv4, CLIENT, 8, 8080) },
  { name: "udp over IPv6, destination translated", ...in6, steps: streams(ipv6, CLIENT, 8, 8080) },
  scenario(
    "udp without a checksum",
    c(unchecked(udp(ipv4, CLIENT, SERVER, [53, 99]))),
    s(unchecked(udp(ipv4, SERVER, CLIENT, [99, 53]))),
  ),
  {
    name: "udp without a checksum, translated",
    ...out4,
    steps: [c(unchecked(udp(ipv4, CLIENT, SERVER, [53, 99]))), s(unchecked(udp(ipv4, SERVER, NATTED, [99, 53])))],
  },
  scenario(
    "udp with a wrong checksum or length",
    c(flipped(udp(ipv4, CLIENT, SERVER, [53, 99]), 44)),
    c(flipped(udp(ipv4, CLIENT, SERVER, [53, 99]), 39)),
    c(udp(ipv4, CLIENT, SERVER, [53, 99])),
  ),
  scenario(
    "udp to port 0 and from port 0",
    c(udp(ipv4, CLIENT, SERVER, [0, 99])),
    c(udp(ipv4, CLIENT, SERVER, [53, 0])),
  ),
  scenario("ping", ...pings(ipv4)),
  scenario("ping over IPv6", ...pings(ipv6)),
  { name: "ping, source translated", ...out4, steps: pings(ipv4, NATTED) },
  { name: "ping over IPv6, source translated", ...out6, steps: pings(ipv6, NATTED) },
  scenario(
    "timestamps",
    c(icmp(ipv4, CLIENT, SERVER, 13, 0, 5 << 16, new Uint8Array(12))),
    s(icmp(ipv4, SERVER, CLIENT, 14, 0, 5 << 16, new Uint8Array(12))),
    s(icmp(ipv4, SERVER, CLIENT, 14, 0, 6 << 16, new Uint8Array(12))),
  ),
  scenario(
    "every type of ICMP alone",
    ...Array.from({ length: 20 }, (_, type) => c(icmp(ipv4, CLIENT, SERVER, type, 0, type << 16, new Uint8Array(40)))),
  ),
  scenario(
    "every type of ICMPv6 alone",
    ...[1, 2, 3, 4, 100, 127, 128, 129, 139, 140, 150].map((type) =>
      c(icmp(ipv6, CLIENT, SERVER, type, 0, type << 16, new Uint8Array(40))),
    ),
  ),
  scenario(
    "ICMP with a wrong checksum",
    c(flipped(icmp(ipv4, CLIENT, SERVER, 8, 0, 5 << 16, new Uint8Array(8)), 40)),
    c(flipped(icmp(ipv6, CLIENT, SERVER, 128, 0, 5 << 16, new Uint8Array(8)), 60)),
  ),
  scenario("errors", ...errors(ipv4)),
  scenario("errors over IPv6", ...errors(ipv6)),
  { name: "errors, source translated", ...out4, steps: errors(ipv4, NATTED) },
  { name: "errors over IPv6, source translated", ...out6, steps: errors(ipv6, NATTED) },
  {
    name: "errors, destination translated",
    ...in4,
    steps: [
      c(udp(ipv4, CLIENT, SERVER, [53, 99])),
      s(icmp(ipv4, 8, CLIENT, 3, 3, 0, packetOf(udp(ipv4, CLIENT, 8, [53, 8080])))),
      s(icmp(ipv4, ROUTER, CLIENT, 11, 0, 0, packetOf(udp(ipv4, CLIENT, 8, [53, 8080])))),
      s(udp(ipv4, 8, CLIENT, [8080, 53])),
      c(icmp(ipv4, CLIENT, SERVER, 3, 3, 0, packetOf(udp(ipv4, SERVER, CLIENT, [99, 53])))),
    ],
  },
  scenario(
    "protocols without ports",
    ...[2, 50, 51, 89, 99, 254].flatMap((protocol) => others(protocol, new Uint8Array(24))),
  ),
  { name: "protocols without ports, source translated", ...out4, steps: others(99, new Uint8Array(24), NATTED) },
  scenario("gre", ...others(47, Uint8Array.of(0, 0, 8, 0, ...new Uint8Array(20)))),
  scenario("sctp", ...sctpStreams()),
  scenario("udp-lite", ...udpLite(136)),
  scenario("udp-lite, summed as the kernel does", ...udpLite(17)),
  scenario("fragments", ...fragments()),
  { name: "fragments, source translated", ...out4, steps: fragments(NATTED) },
  scenario("fragments over IPv6", ...fragments6()),
  { name: "fragments over IPv6, source translated", ...out6, steps: fragments6(NATTED) },
];

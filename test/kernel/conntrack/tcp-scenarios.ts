import { type Ip, ipv4, ipv6, type Segment, tcp } from "../../support/ip-frames.js";
import { c, type KernelScenario, type Sent, s, translating } from "./kernel-scenario.js";

const CLIENT = 1;
const SERVER = 2;
/** As whom the client is known where it is translated. */
const NATTED = 9;

/** Two ends of a TCP connection, whose sequence numbers begin at 1000 and 5000: `at` and `acknowledgment` count from there. */
class Talk {
  readonly #ip: Ip;
  readonly #seen: number;
  readonly #port: number;

  constructor(ip: Ip = ipv4, seen: number = CLIENT, port = 4000) {
    this.#ip = ip;
    this.#seen = seen;
    this.#port = port;
  }

  c(flags: string, at: number, acknowledgment = 0, more: Segment = {}): Sent {
    const numbers = { sequence: (1000 + at) >>> 0, acknowledgment: flags.includes("A") ? 5000 + acknowledgment : 0 };
    return c(tcp(this.#ip, CLIENT, SERVER, [this.#port, 80], flags, { ...numbers, ...more }));
  }

  s(flags: string, at: number, acknowledgment = 0, more: Segment = {}): Sent {
    const numbers = { sequence: (5000 + at) >>> 0, acknowledgment: flags.includes("A") ? 1000 + acknowledgment : 0 };
    return s(tcp(this.#ip, SERVER, this.#seen, [80, this.#port], flags, { ...numbers, ...more }));
  }

  open(both: Segment = {}): Sent[] {
    return [this.c("S", 0, 0, both), this.s("SA", 0, 1, both), this.c("A", 1, 1)];
  }
}

const data = (length: number): Segment => ({ data: "d".repeat(length) });

function whole(t: Talk): Sent[] {
  return [
    ...t.open({ scale: 7 }),
    t.c("PA", 1, 1, data(100)),
    t.s("A", 1, 101),
    t.s("PA", 1, 101, data(1000)),
    t.c("A", 101, 1001),
    t.c("FA", 101, 1001),
    t.s("FA", 1001, 102),
    t.c("A", 102, 1002),
  ];
}

const t = new Talk();
const scenario = (name: string, ...steps: Sent[]): KernelScenario => ({ name, steps });
const option = (bytes: readonly number[]): Segment => ({ options: bytes });

/** TCP, as its sides begin, go on and end. */
export const tcpScenarios: readonly KernelScenario[] = [
  scenario("tcp: handshake, data, the client closes", ...whole(t)),
  scenario("tcp over IPv6", ...whole(new Talk(ipv6))),
  {
    name: "tcp, source translated",
    ...translating("src=10.0.0.9", "ip saddr 10.0.0.1 snat ip to 10.0.0.9"),
    steps: whole(new Talk(ipv4, NATTED)),
  },
  {
    name: "tcp over IPv6, source translated",
    ...translating("src=fc00::9", "ip6 saddr fc00::1 snat ip6 to fc00::9"),
    steps: whole(new Talk(ipv6, NATTED)),
  },
  scenario("the server closes", ...t.open(), t.s("FA", 1, 1), t.c("A", 1, 2), t.c("FA", 1, 2), t.s("A", 2, 2)),
  scenario("both close at once", ...t.open(), t.c("FA", 1, 1), t.s("FA", 1, 1), t.c("A", 2, 2), t.s("A", 2, 2)),
  scenario(
    "half closed for long",
    ...t.open(),
    t.c("FA", 1, 1),
    t.s("A", 1, 2),
    t.s("PA", 1, 2, data(500)),
    t.c("A", 2, 501),
    t.s("PA", 501, 2, data(500)),
    t.c("A", 2, 1001),
    t.s("FA", 1001, 2),
    t.c("A", 2, 1002),
  ),
  scenario(
    "FIN with data, sent again",
    ...t.open(),
    t.c("FPA", 1, 1, data(10)),
    t.c("FPA", 1, 1, data(10)),
    t.s("A", 1, 12),
    t.s("FA", 1, 12),
    t.s("FA", 1, 12),
    t.c("A", 12, 2),
    t.c("A", 12, 2),
  ),
  scenario("the client resets", ...t.open(), t.c("PA", 1, 1, data(9)), t.s("A", 1, 10), t.c("R", 10)),
  scenario("the server resets", ...t.open(), t.c("PA", 1, 1, data(9)), t.s("RA", 1, 10)),
  scenario(
    "a reset far out of the window",
    ...t.open(),
    t.s("A", 1, 1),
    t.s("R", 900_000),
    t.c("PA", 1, 1, data(9)),
    t.s("A", 1, 10),
  ),
  scenario(
    "a reset within the window, not at its beginning",
    ...t.open(),
    t.s("A", 1, 1),
    t.s("R", 900),
    t.c("PA", 1, 1, data(9)),
    t.s("A", 1, 10),
  ),
  scenario("refused: SYN, RST and ACK", t.c("S", 0), t.s("RA", 0, 1)),
  scenario("the client resets before a reply", t.c("S", 0), t.c("R", 1), t.s("SA", 0, 1)),
  scenario(
    "refused, and tried again",
    t.c("S", 0),
    t.s("RA", 0, 1),
    t.c("S", 77_000),
    t.s("SA", 0, 77_001),
    t.c("A", 77_001, 1),
  ),
  scenario("SYN sent again", t.c("S", 0), t.c("S", 0), t.s("SA", 0, 1), t.c("A", 1, 1)),
  scenario("SYN and ACK sent again", t.c("S", 0), t.s("SA", 0, 1), t.s("SA", 0, 1), t.c("A", 1, 1), t.s("SA", 0, 1)),
  scenario("a reply that acknowledges another SYN", t.c("S", 0), t.s("SA", 0, 9000), t.c("R", 9000)),
  scenario(
    "simultaneous open",
    t.c("S", 0),
    t.s("S", 0),
    t.s("SA", 0, 1),
    t.c("SA", 0, 1),
    t.c("A", 1, 1),
    t.c("PA", 1, 1, data(5)),
    t.s("A", 1, 6),
  ),
  scenario(
    "opened anew in TIME_WAIT",
    ...whole(t),
    t.c("S", 90_000),
    t.s("SA", 80_000, 90_001),
    t.c("A", 90_001, 80_001),
    t.c("PA", 90_001, 80_001, data(5)),
  ),
  scenario(
    "opened anew from the other side in TIME_WAIT",
    ...whole(t),
    t.s("S", 90_000),
    t.c("SA", 80_000, 90_001),
    t.s("A", 90_001, 80_001),
  ),
  scenario(
    "opened anew after a reset",
    ...t.open(),
    t.c("R", 1),
    t.c("S", 90_000),
    t.s("SA", 80_000, 90_001),
    t.c("A", 90_001, 80_001),
  ),
  scenario(
    "picked up in the middle",
    t.c("A", 1, 1),
    t.s("PA", 1, 1, data(100)),
    t.c("A", 1, 101),
    t.c("PA", 1, 101, data(1400)),
    t.s("A", 101, 1401),
    t.c("FA", 1401, 101),
    t.s("FA", 101, 1402),
    t.c("A", 1402, 102),
  ),
  scenario(
    "picked up in the middle with data",
    t.s("PA", 1, 1, data(1400)),
    t.s("PA", 1401, 1, data(1400)),
    t.c("A", 1, 2801),
  ),
  scenario(
    "data before the window",
    ...t.open(),
    t.s("A", 1, 1),
    t.c("PA", -90_000, 1, data(10)),
    t.c("PA", 1, 1, data(10)),
    t.s("A", 1, 11),
  ),
  scenario(
    "data beyond the window",
    ...t.open({ window: 1000 }),
    t.s("A", 1, 1, { window: 1000 }),
    t.c("PA", 100_000, 1, data(10)),
    t.c("PA", 1, 1, data(10)),
    t.s("A", 1, 11),
  ),
  scenario("acknowledges what was never sent", ...t.open(), t.s("A", 1, 1), t.c("A", 1, 300_000), t.c("A", 1, 1)),
  scenario(
    "acknowledges what was acknowledged long ago",
    ...t.open(),
    t.s("A", 1, 1),
    ...[0, 1, 2].map((i) => t.s("PA", 1 + 60_000 * i, 1, data(60_000 / 100))),
    t.c("A", 1, 1),
  ),
  scenario(
    "keepalives",
    ...t.open(),
    t.s("A", 1, 1),
    t.c("PA", 1, 1, data(10)),
    t.s("A", 1, 11),
    t.c("A", 10, 1),
    t.s("A", 1, 11),
    t.s("A", 0, 11),
    t.c("A", 11, 1),
    t.c("A", 10, 1, data(1)),
    t.s("A", 1, 11),
  ),
  scenario(
    "no window, and probes",
    ...t.open(),
    t.c("PA", 1, 1, data(100)),
    t.s("A", 1, 101, { window: 0 }),
    t.c("A", 101, 1, data(1)),
    t.s("A", 1, 101, { window: 0 }),
    t.s("A", 1, 101, { window: 5000 }),
    t.c("PA", 101, 1, data(1000)),
    t.s("A", 1, 1101),
  ),
  scenario(
    "scaled windows",
    ...t.open({ scale: 7, window: 1000 }),
    t.s("A", 1, 1, { window: 500 }),
    t.c("PA", 1, 1, data(1400)),
    t.c("PA", 50_001, 1, data(1400)),
    t.s("A", 1, 1401, { window: 500 }),
    t.c("PA", 70_000, 1, data(1)),
    t.s("A", 1, 51_401),
  ),
  scenario(
    "only the client offers to scale",
    t.c("S", 0, 0, { scale: 7, window: 1000 }),
    t.s("SA", 0, 1, { window: 1000 }),
    t.c("A", 1, 1, { window: 1000 }),
    t.s("PA", 1, 1, { window: 1000, ...data(900) }),
    t.c("A", 1, 901, { window: 1000 }),
    t.c("PA", 1, 901, { ...data(900), window: 1000 }),
  ),
  scenario(
    "a scale of 255",
    t.c("S", 0, 0, { scale: 255 }),
    t.s("SA", 0, 1, { scale: 255 }),
    t.c("A", 1, 1),
    t.c("PA", 1, 1, data(100)),
  ),
  scenario(
    "selective acknowledgments",
    ...t.open({ scale: 7, options: [4, 2, 1, 1] }),
    t.c("PA", 1, 1, data(1000)),
    t.c("PA", 2001, 1, data(1000)),
    t.s("A", 1, 1001, option([1, 1, 5, 10, ...u32(1000 + 2001), ...u32(1000 + 3001)])),
    t.s("A", 1, 1001, option([1, 1, 5, 10, ...u32(1000 + 900_000), ...u32(1000 + 900_100)])),
    t.c("PA", 1001, 1, data(1000)),
    t.s("A", 1, 3001, option([1, 1, 5, 10, ...u32(1001), ...u32(1101)])),
  ),
  scenario(
    "a SYN amid a connection",
    ...t.open(),
    t.s("A", 1, 1),
    t.c("S", 500),
    t.s("A", 1, 1),
    t.c("PA", 1, 1, data(10)),
    t.s("A", 1, 11),
  ),
  scenario(
    "a SYN amid a connection, far away, answered by a reset",
    ...t.open(),
    t.s("A", 1, 1),
    t.c("S", 900_000),
    t.s("A", 1, 1),
    t.c("R", 1),
    t.c("S", 900_000),
    t.s("SA", 700_000, 900_001),
    t.c("A", 900_001, 700_001),
  ),
  scenario(
    "a SYN of the server's amid a connection",
    ...t.open(),
    t.s("A", 1, 1),
    t.s("S", 500),
    t.c("A", 1, 1),
    t.c("PA", 1, 1, data(10)),
  ),
  scenario("a SYN and ACK without a SYN", t.s("SA", 0, 1), t.c("SA", 0, 1)),
  scenario("a FIN without a SYN", t.c("FA", 1, 1), t.s("A", 1, 2)),
  scenario("a reset without a SYN", t.c("R", 1), t.c("RA", 1, 1)),
  scenario(
    "flags of no sane sender",
    ...["", "F", "FPU", "SF", "SR", "SFR", "FSRPAU", "P", "U", "SPU", "SP", "SU", "RP", "RPA", "RU", "FR", "FRA"].map(
      (f, i) => new Talk(ipv4, CLIENT, 6000 + i).c(f, 1, 1),
    ),
  ),
  scenario(
    "flags of no sane sender amid a connection",
    ...t.open(),
    ...["", "F", "FPU", "SF", "P", "U", "SPA", "SR"].map((f) => t.c(f, 1, 1)),
    t.c("PA", 1, 1, data(3)),
  ),
  scenario("data with the SYN", t.c("S", 0, 0, data(50)), t.s("SA", 0, 51), t.c("A", 51, 1), t.s("PA", 1, 51, data(9))),
  scenario(
    "data with the SYN that is not taken",
    t.c("S", 0, 0, data(50)),
    t.s("SA", 0, 1),
    t.c("PA", 1, 1, data(50)),
    t.s("A", 1, 51),
  ),
  scenario("urgent data", ...t.open(), t.c("PUA", 1, 1, data(20)), t.s("A", 1, 21)),
  scenario(
    "lost and sent again, and late copies",
    ...t.open(),
    t.c("PA", 101, 1, data(100)),
    t.c("PA", 1, 1, data(100)),
    t.s("A", 1, 201),
    t.c("PA", 1, 1, data(100)),
    t.s("A", 1, 201),
    t.c("A", 1, 1),
  ),
  scenario(
    "numbers that wrap around",
    t.c("S", -1001),
    t.s("SA", -5001, -1000),
    t.c("A", -1000, -5000),
    t.c("PA", -1000, -5000, data(1400)),
    t.s("A", -5000, 400),
    t.s("PA", -5000, 400, data(1400)),
    t.c("A", 400, -3600),
  ),
  scenario("a wrong checksum", t.c("S", 0), { port: 2, frame: broken(t.s("SA", 0, 1).frame) }, t.s("SA", 0, 1), {
    port: 1,
    frame: broken(t.c("A", 1, 1).frame),
  }),
  scenario(
    "a header cut short",
    { port: 1, frame: t.c("S", 0).frame.map((b, i) => (i === 46 ? 0x40 : b)) },
    { port: 1, frame: t.c("S", 0).frame.map((b, i) => (i === 46 ? 0xf0 : b)) },
  ),
];

function u32(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

function broken(frame: Uint8Array): Uint8Array {
  return frame.map((byte, i) => (i === 50 ? byte ^ 1 : byte));
}

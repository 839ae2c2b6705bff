import { expect } from "vitest";
import { icmp, ipv4, tcp, udp } from "../../support/ip-frames.js";
import { c, type History, type KernelScenario, type Sent, s, translating } from "./kernel-scenario.js";

const SERVER = 2;
const NATTED = 9;

/** What of a step's only packet is looked at: last bytes of the addresses, and ports (of ICMP its identifier twice). */
function outcome(history: History, step: number): { source: number; destination: number; ports: [number, number] } {
  expect(history[step]).toHaveLength(1);
  const b = Buffer.from(history[step]![0]!.packet, "hex");
  const isPing = b[9] === 1;
  return {
    source: b[15]!,
    destination: b[19]!,
    ports: isPing ? [b.readUInt16BE(24), b.readUInt16BE(24)] : [b.readUInt16BE(20), b.readUInt16BE(22)],
  };
}

/** The server's answer to what came of a step. */
function answer(step: number): (history: History) => Sent {
  return (history) => {
    const { source, destination, ports } = outcome(history, step);
    return s(udp(ipv4, destination, source, [ports[1], ports[0]]));
  };
}

const ask = (from: number, port: number, to = SERVER): Sent => c(udp(ipv4, from, to, [port, 99]));

/** The steps from `at` on are answers to the first ones: each reaches who asked. */
function reach(history: History, at: number, asked: readonly (readonly [client: number, port: number])[]): void {
  for (const [i, [client, port]] of asked.entries()) {
    const { destination, ports } = outcome(history, at + i);
    expect([destination, ports[1]]).toEqual([client, port]);
  }
}

const steps = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const distinct = (history: History, count: number): Set<string> =>
  new Set(steps(count).map((i) => `${outcome(history, i).source} ${outcome(history, i).ports}`));

const both = {
  kernel: `chain in { type nat hook prerouting priority -100; ip daddr 10.0.0.2 udp dport 99 dnat ip to 10.0.0.8:8080; }
  chain out { type nat hook postrouting priority 100; oifname wfc2 ip saddr 10.0.0.1 snat ip to 10.0.0.9; }`,
  ours: {
    fromClient: "ct(commit,zone=1,nat(dst=10.0.0.8:8080));ct(commit,zone=2,nat(src=10.0.0.9))",
    fromServer: "ct(zone=2,nat);ct(zone=1,nat)",
  },
};

/** Translation where there is a choice, and where it is both ways. */
export const natScenarios: readonly KernelScenario[] = [
  {
    name: "the port stays",
    ...translating("src=10.0.0.9", "snat ip to 10.0.0.9"),
    steps: [100, 600, 1024, 40000, 65535].flatMap((port) => [ask(1, port), s(udp(ipv4, SERVER, NATTED, [99, port]))]),
  },
  {
    name: "ports that are in use",
    ...translating("src=10.0.0.9", "snat ip to 10.0.0.9"),
    steps: [ask(1, 100), ask(3, 100), ask(4, 700), ask(5, 700), ask(6, 5000), ask(7, 5000), ...steps(6).map(answer)],
    holds: (h) => {
      expect(distinct(h, 6).size).toBe(6);
      expect(outcome(h, 1).ports[0]).toBeLessThan(512);
      expect(outcome(h, 3).ports[0]).toBeLessThan(1024);
      expect(outcome(h, 5).ports[0]).toBeGreaterThan(1023);
      reach(h, 6, [
        [1, 100],
        [3, 100],
        [4, 700],
        [5, 700],
        [6, 5000],
        [7, 5000],
      ]);
    },
  },
  {
    name: "a range of ports, until none is left",
    ...translating("src=10.0.0.9:40000-40003", "udp sport 1-65535 snat ip to 10.0.0.9:40000-40003"),
    steps: [ask(1, 10), ask(1, 20), ask(3, 10), ask(3, 20), ...steps(4).map(answer), ask(4, 10)],
    holds: (h) => {
      expect(distinct(h, 4).size).toBe(4);
      for (const i of steps(4)) expect([40000, 40001, 40002, 40003]).toContain(outcome(h, i).ports[0]);
      reach(h, 4, [
        [1, 10],
        [1, 20],
        [3, 10],
        [3, 20],
      ]);
      expect(h[8]).toEqual([]);
    },
  },
  {
    name: "a range of ports is free again towards another server",
    ...translating("src=10.0.0.9:40000-40000", "udp sport 1-65535 snat ip to 10.0.0.9:40000"),
    steps: [ask(1, 10), ask(1, 20, 8), answer(0), answer(1)],
    holds: (h) => {
      reach(h, 2, [
        [1, 10],
        [1, 20],
      ]);
    },
  },
  {
    name: "a range of addresses",
    ...translating("src=10.0.0.20-10.0.0.23", "snat ip to 10.0.0.20-10.0.0.23"),
    steps: [...steps(12).map((i) => ask(1 + 2 * i, 1000 + i)), ...steps(12).map(answer)],
    holds: (h) => {
      for (const i of steps(12)) expect([20, 21, 22, 23]).toContain(outcome(h, i).source);
      expect(new Set(steps(12).map((i) => outcome(h, i).source)).size).toBeGreaterThan(1);
      reach(
        h,
        12,
        steps(12).map((i) => [1 + 2 * i, 1000 + i] as const),
      );
    },
  },
  {
    name: "a range of addresses, persistent",
    ...translating("src=10.0.0.20-10.0.0.23,persistent", "snat ip to 10.0.0.20-10.0.0.23 persistent"),
    steps: [...steps(4).map((i) => ask(1, 1000 + i, 30 + i)), ...steps(4).map((i) => ask(3, 1000 + i, 30 + i))],
    holds: (h) => {
      expect(new Set(steps(4).map((i) => outcome(h, i).source)).size).toBe(1);
      expect(new Set(steps(4).map((i) => outcome(h, 4 + i).source)).size).toBe(1);
    },
  },
  {
    name: "a range of addresses and ports at random",
    ...translating(
      "src=10.0.0.20-10.0.0.23:50000-50999,random",
      "udp sport 1-65535 snat ip to 10.0.0.20-10.0.0.23:50000-50999 random",
    ),
    steps: [...steps(20).map((i) => ask(1, 1000 + i)), ...steps(20).map(answer)],
    holds: (h) => {
      expect(distinct(h, 20).size).toBe(20);
      for (const i of steps(20)) {
        expect([20, 21, 22, 23]).toContain(outcome(h, i).source);
        expect(outcome(h, i).ports[0]).toBeGreaterThanOrEqual(50000);
        expect(outcome(h, i).ports[0]).toBeLessThan(51000);
      }
      reach(
        h,
        20,
        steps(20).map((i) => [1, 1000 + i] as const),
      );
    },
  },
  {
    name: "destinations by turns",
    ...translating("dst=10.0.0.30-10.0.0.33", "ip daddr 10.0.0.2 dnat ip to 10.0.0.30-10.0.0.33"),
    steps: [
      ...steps(8).map((i) => ask(1 + i, 1000 + i)),
      ...steps(8).map((i) => ask(1 + i, 1000 + i)),
      ...steps(8).map(answer),
    ],
    holds: (h) => {
      for (const i of steps(8)) {
        expect([30, 31, 32, 33]).toContain(outcome(h, i).destination);
        expect(outcome(h, 8 + i)).toEqual(outcome(h, i));
        expect(outcome(h, 16 + i)).toMatchObject({ source: SERVER, destination: 1 + i, ports: [99, 1000 + i] });
      }
    },
  },
  {
    name: "two destinations become one",
    ...translating("dst=10.0.0.8:8080", "udp dport 99 dnat ip to 10.0.0.8:8080"),
    steps: [ask(1, 53), ask(1, 53, 7), answer(0), answer(1)],
    holds: (h) => {
      expect(distinct(h, 2).size).toBe(2);
      expect(outcome(h, 2)).toMatchObject({ source: SERVER, destination: 1, ports: [99, 53] });
      expect(outcome(h, 3)).toMatchObject({ source: 7, destination: 1, ports: [99, 53] });
    },
  },
  {
    name: "pings of one identifier from two hosts",
    ...translating("src=10.0.0.9", "snat ip to 10.0.0.9"),
    steps: [
      ...[1, 3].map((from) => c(icmp(ipv4, from, SERVER, 8, 0, 5 << 16, new Uint8Array(8)))),
      ...[0, 1].map(
        (step) => (h: History) =>
          s(icmp(ipv4, SERVER, NATTED, 0, 0, outcome(h, step).ports[0] << 16, new Uint8Array(8))),
      ),
    ],
    holds: (h) => {
      expect(distinct(h, 2).size).toBe(2);
      expect(outcome(h, 2)).toMatchObject({ destination: 1, ports: [5, 5] });
      expect(outcome(h, 3)).toMatchObject({ destination: 3, ports: [5, 5] });
    },
  },
  {
    name: "masquerading",
    setup: "addr add 10.0.0.9/32 dev wfc2",
    ...translating("src=10.0.0.9", "ip saddr 10.0.0.1 masquerade"),
    steps: [
      ask(1, 53),
      s(udp(ipv4, SERVER, NATTED, [99, 53])),
      c(tcp(ipv4, 1, SERVER, [53, 99], "S")),
      s(tcp(ipv4, SERVER, NATTED, [99, 53], "SA", { acknowledgment: 1 })),
    ],
  },
  {
    name: "source and destination translated",
    ...both,
    steps: [ask(1, 53), s(udp(ipv4, 8, NATTED, [8080, 53])), ask(1, 53), s(udp(ipv4, 8, NATTED, [8080, 53]))],
  },
  {
    name: "hairpin: a client reaches its neighbour by the address that others use",
    kernel: `chain in { type nat hook prerouting priority -100; ip daddr 10.0.0.9 tcp dport 80 dnat ip to 10.0.0.3:8080; }
  chain out { type nat hook postrouting priority 100; ip daddr 10.0.0.3 ct status dnat snat ip to 10.0.0.9; }`,
    ours: {
      fromClient: "ct(commit,zone=1,nat(dst=10.0.0.3:8080));ct(commit,zone=2,nat(src=10.0.0.9))",
      fromServer: "ct(zone=2,nat);ct(zone=1,nat)",
    },
    steps: [
      c(tcp(ipv4, 1, NATTED, [4000, 80], "S", { sequence: 1 })),
      s(tcp(ipv4, 3, NATTED, [8080, 4000], "SA", { sequence: 7, acknowledgment: 2 })),
      c(tcp(ipv4, 1, NATTED, [4000, 80], "A", { sequence: 2, acknowledgment: 8 })),
      c(tcp(ipv4, 1, NATTED, [4000, 80], "PA", { sequence: 2, acknowledgment: 8, data: "hello" })),
      s(tcp(ipv4, 3, NATTED, [8080, 4000], "A", { sequence: 8, acknowledgment: 7 })),
    ],
  },
];

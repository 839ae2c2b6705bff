import { seededNumbers } from "../../support/seeded-numbers.js";

const STEPS = 60;

const ethernet = "eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02)";
const ipv4 = "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=PROTO,tos=0,ttl=64,frag=no)";
const ipv6 = "eth_type(0x86dd),ipv6(src=fc00::1,dst=fc00::2,label=0,proto=PROTO,tclass=0,hlimit=64,frag=no)";
const transports = [
  ["6", "tcp(src=9,dst=10)"],
  ["17", "udp(src=9,dst=10)"],
] as const;

/** Frames of different lengths, each metered by one of three meters. */
const frames: readonly string[] = [ipv4, ipv6].flatMap((ip) =>
  transports.map(([protocol, header]) => `${ethernet},${ip.replace("PROTO", protocol)},${header}`),
);

/** Meters of all kinds, packets and time, by seed: lines for `GroupSwitch.run`. */
export function randomMeters(seed: number): readonly string[] {
  const next = seededNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[next(from.length)]!;
  const meter = (id: number): string => {
    const hasBurst = next(2) === 0;
    const unit = pick(["kbps", "pktps"]);
    const bands = Array.from({ length: 1 + next(4) }, () => {
      const burst = hasBurst ? `,burst_size=${pick([0, 1, 2, 5, 17, 100])}` : "";
      return `type=drop,rate=${pick([1, 2, 3, 7, 10, 33, 1000])}${burst}`;
    });
    return `meter=${id},${unit},${hasBurst ? "burst," : ""}stats,bands=${bands.join(",")}`;
  };
  const ids = [1, 2, 3];
  const matches = ["tcp", "udp", "tcp6", "udp6"];
  const lines = [
    ...ids.map((id) => `add-meter ${meter(id)}`),
    ...matches.map(
      (match, i) => `add-flow in_port=6,${match},actions=meter:${1 + (i % 3)},${i === 1 ? "meter:3," : ""}output:1`,
    ),
  ];
  // Theirs goes on with the flows of the scene before until a revalidator has seen that they are no longer right.
  lines.push("warp 1000", "settle", "warp 1000");
  for (let i = 0; i < STEPS; i++) {
    const what = next(20);
    if (what < 11) lines.push(`receive p6 ${pick(frames)} ${pick([1, 1, 2, 5, 20, 40])}`);
    else if (what < 18) lines.push("meter-stats", `warp ${pick([1, 3, 10, 100, 333, 1000, 2500, 100_000])}`);
    else if (what < 19) lines.push("meter-stats");
    else lines.push(`mod-meter ${meter(pick(ids))}`);
  }
  lines.push("meter-stats");
  return lines;
}

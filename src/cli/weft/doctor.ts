import type { Probe } from "#host/linux/probe.js";
import type { Json } from "#util/json.js";

/** One answer of `weft doctor`. `works` is null where it cannot be told. */
interface Finding {
  readonly [name: string]: Json;
  readonly name: string;
  readonly title: string;
  readonly works: boolean | null;
  readonly reason: string;
}

/** What each lack means for the switch, and what to do about it. */
const advice: Readonly<Record<string, string>> = {
  kernel: "use a newer kernel",
  net_admin: "run as root, or try 'weft demo', which makes a user namespace where it may",
  tun: "internal ports are veth pairs instead; type=tap does not work",
  packet_socket: "system interfaces cannot be plugged in without it",
  hide: "the host's own stack will also see what arrives on captured interfaces",
  bpf: "the slower input (packet sockets) is used",
  tcx: "the slower input (packet sockets) is used",
  ring: "the slower input (packet sockets) is used",
  user_namespaces: "'weft demo' needs root here",
  ipv6: "listening and connecting by IPv6 address does not work",
};

/** Asks every probe. */
export function examine(probes: readonly Probe[]): Finding[] {
  return probes.map(({ name, title, run }) => {
    const { works, reason } = run();
    return { name, title, works: works ?? null, reason };
  });
}

/** The answers as a table, with advice below what does not work. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((f) => f.title.length));
  const lines = findings.flatMap(({ name, title, works, reason }) => {
    const answer = works === null ? "unknown" : works ? "yes" : "no";
    const line = `${title.padEnd(width)}  ${answer.padEnd(7)}  ${reason}`;
    return works === true ? [line] : [line, `${" ".repeat(width + 11)}→ ${advice[name] ?? ""}`];
  });
  return `${lines.join("\n")}\n`;
}

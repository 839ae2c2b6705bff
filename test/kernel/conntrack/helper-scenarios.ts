import { expect } from "vitest";
import { put16 } from "#util/big-endian.js";
import { checksum } from "#wire/checksum.js";
import { type Ip, ipv4, ipv6, tcp, udp } from "../../support/ip-frames.js";
import { c, type History, type KernelScenario, type KernelStep, type Sent, s } from "./kernel-scenario.js";

const CLIENT = 1;
const SERVER = 2;
const NATTED = 9;

/** The control connection of FTP: counts its own sequence numbers, and those that the other side sees. */
class Control {
  readonly #ip: Ip;
  readonly #seen: number;
  readonly #server: number;
  readonly #sent = [1000, 5000];
  /** By how much what a side says is longer when it arrives. */
  readonly #grown = [0, 0];

  constructor(ip: Ip, seen = CLIENT, server = SERVER) {
    this.#ip = ip;
    this.#seen = seen;
    this.#server = server;
  }

  #put(side: 0 | 1, flags: string, data = "", grows = 0): Sent {
    const other = (1 - side) as 0 | 1;
    const acknowledgment = flags.includes("A") ? this.#sent[other]! + this.#grown[other]! : 0;
    const segment = { sequence: this.#sent[side]!, acknowledgment, data };
    this.#sent[side]! += data.length + (flags.includes("S") ? 1 : 0);
    this.#grown[side]! += grows;
    if (side === 0) return c(tcp(this.#ip, CLIENT, SERVER, [4000, 21], flags, segment));
    return s(tcp(this.#ip, this.#server, this.#seen, [21, 4000], flags, segment));
  }

  /** Up to where a line has been said by both: before that, the kernel does not know where lines begin. */
  open(): Sent[] {
    const handshake = [this.#put(0, "S"), this.#put(1, "SA"), this.#put(0, "A")];
    return [...handshake, ...this.server("220 ready"), ...this.client("USER a"), ...this.server("230 in")];
  }

  /** The client says a line, which is `grows` bytes longer for the server; the server acknowledges it. */
  client(line: string, grows = 0): Sent[] {
    return [this.#put(0, "PA", `${line}\r\n`, grows), this.#put(1, "A")];
  }

  server(line: string, grows = 0): Sent[] {
    return [this.#put(1, "PA", `${line}\r\n`, grows), this.#put(0, "A")];
  }
}

/** A connection from the server to the client's port, as both see each other. */
function toClient(ip: Ip, port: number, seen: number, from = 20): Sent[] {
  return [
    s(tcp(ip, SERVER, seen, [from, port], "S", { sequence: 1 })),
    c(tcp(ip, CLIENT, SERVER, [port, from], "SA", { sequence: 8, acknowledgment: 2 })),
    s(tcp(ip, SERVER, seen, [from, port], "A", { sequence: 2, acknowledgment: 9 })),
  ];
}

function toServer(ip: Ip, port: number, seen: number, from = 4002): Sent[] {
  return [
    c(tcp(ip, CLIENT, SERVER, [from, port], "S", { sequence: 1 })),
    s(tcp(ip, SERVER, seen, [port, from], "SA", { sequence: 8, acknowledgment: 2 })),
    c(tcp(ip, CLIENT, SERVER, [from, port], "A", { sequence: 2, acknowledgment: 9 })),
  ];
}

const helpers = `ct helper ftp-h { type "ftp" protocol tcp; }
  ct helper tftp-h { type "tftp" protocol udp; }
  chain help { type filter hook prerouting priority 0; tcp dport 21 ct helper set "ftp-h"; udp dport 69 ct helper set "tftp-h"; }`;
const out = (family: string, from: string, to: string): string =>
  `chain nat { type nat hook postrouting priority 100; oifname wfc2 ${family} saddr ${from} snat ${family} to ${to}; }`;

const plainRules = { kernel: helpers, ours: { fromClient: "ct(commit,helper=ftp)", fromServer: "ct(commit)" } };
const translated = {
  kernel: `${helpers}\n${out("ip", "10.0.0.1", "10.0.0.9")}`,
  ours: { fromClient: "ct(commit,helper=ftp,nat(src=10.0.0.9))", fromServer: "ct(commit,nat)" },
};
const translated6 = {
  kernel: `${helpers}\n${out("ip6", "fc00::1", "fc00::9")}`,
  ours: { fromClient: "ct(commit,helper=ftp,nat(src=fc00::9))", fromServer: "ct(commit,nat)" },
};
const longer = {
  kernel: `${helpers}\n${out("ip", "10.0.0.1", "10.100.100.209")}`,
  ours: { fromClient: "ct(commit,helper=ftp,nat(src=10.100.100.209))", fromServer: "ct(commit,nat)" },
};
const published = {
  kernel: `${helpers}\n  chain nat { type nat hook prerouting priority -100; ip daddr 10.0.0.2 dnat ip to 10.0.0.8; }`,
  ours: { fromClient: "ct(commit,helper=ftp,nat(dst=10.0.0.8))", fromServer: "ct(commit,nat)" },
};
const tftp = { kernel: helpers, ours: { fromClient: "ct(commit,helper=tftp)", fromServer: "ct(commit)" } };
const tftpTranslated = {
  kernel: translated.kernel,
  ours: { fromClient: "ct(commit,helper=tftp,nat(src=10.0.0.9))", fromServer: "ct(commit,nat)" },
};

/** As `ipv4`, but 10.0.0.9 is 10.100.100.209. */
const farIpv4: Ip = (from, to, protocol, payload) => {
  const frame = ipv4(from, to, protocol, payload);
  for (const [at, last] of [
    [26, from],
    [30, to],
  ] as const) {
    if (last === NATTED) frame.set([10, 100, 100, 209], at);
  }
  put16(frame, 24, 0);
  put16(frame, 24, checksum(frame, 14, 34));
  return frame;
};

function active(ip: Ip, line: string, seen = CLIENT, grows = 0): readonly KernelStep[] {
  const control = new Control(ip, seen);
  return [
    ...control.open(),
    ...control.client(line, grows),
    ...control.server("200 command successful"),
    ...toClient(ip, 4000 + 16, seen),
    ...control.client("QUIT"),
    s(tcp(ip, SERVER, seen, [20, 4017], "S", { sequence: 1 })),
  ];
}

function passive(ip: Ip, line: string, port: number, seen = CLIENT): readonly KernelStep[] {
  const control = new Control(ip, seen);
  return [
    ...control.open(),
    ...control.client("PASV"),
    ...control.server(line),
    ...toServer(ip, port, seen),
    ...control.client("QUIT"),
  ];
}

/** The step of `active` in which the client says where it listens. */
const EPRT_STEP = 9;

/** As `active` to the server that sees the client by its translated address; what it acknowledges is as long as what came. */
function activeBy(ip: Ip, line: string): readonly KernelStep[] {
  const grown = (history: History): number =>
    Buffer.from(history[EPRT_STEP]![0]!.packet, "hex").length - 60 - line.length - 2;
  const known = active(ip, line, NATTED);
  return known.map((sent, i) => (i <= EPRT_STEP ? sent : (history) => sentAgain(line, i, grown(history))));
  function sentAgain(text: string, step: number, grows: number): Sent {
    return active(ip, text, NATTED, grows)[step] as Sent;
  }
}

/** 4016 as FTP writes it. */
const PORT = "15,176";

/** FTP and TFTP, whose data connections belong to their control connections. */
export const helperScenarios: readonly KernelScenario[] = [
  { name: "ftp, active", ...plainRules, steps: active(ipv4, `PORT 10,0,0,1,${PORT}`) },
  { name: "ftp, passive", ...plainRules, steps: passive(ipv4, "227 Entering Passive Mode (10,0,0,2,20,10)", 5130) },
  { name: "ftp, passive, written otherwise", ...plainRules, steps: passive(ipv4, "227 =10,0,0,2,20,10", 5130) },
  { name: "ftp over IPv6, active", ...plainRules, steps: active(ipv6, "EPRT |2|fc00::1|4016|") },
  {
    name: "ftp over IPv6, passive",
    ...plainRules,
    steps: passive(ipv6, "229 Entering Extended Passive Mode (|||5130|)", 5130),
  },
  { name: "ftp, extended active", ...plainRules, steps: active(ipv4, "EPRT |1|10.0.0.1|4016|") },
  {
    name: "ftp, extended passive",
    ...plainRules,
    steps: passive(ipv4, "229 Entering Extended Passive Mode (|||5130|)", 5130),
  },
  { name: "ftp, somebody else's address", ...plainRules, steps: active(ipv4, `PORT 10,0,0,7,${PORT}`) },
  { name: "ftp, active, source translated", ...translated, steps: active(ipv4, `PORT 10,0,0,1,${PORT}`, NATTED) },
  {
    name: "ftp, passive, source translated",
    ...translated,
    steps: passive(ipv4, "227 Entering Passive Mode (10,0,0,2,20,10)", 5130, NATTED),
  },
  {
    name: "ftp, active, source translated to a longer address",
    ...longer,
    steps: active(farIpv4, `PORT 10,0,0,1,${PORT}`, NATTED, "10,100,100,209".length - "10,0,0,1".length),
  },
  {
    // The kernel writes addresses with all their zeros, so the lengths differ, and with them the numbers that follow.
    name: "ftp over IPv6, active, source translated",
    ...translated6,
    steps: activeBy(ipv6, "EPRT |2|fc00::1|4016|"),
    holds: (history) => {
      const line = Buffer.from(history[EPRT_STEP]![0]!.packet, "hex").subarray(60).toString("latin1");
      expect(line).toMatch(/^EPRT \|2\|fc00:(:|[0:]+)0*9\|4016\|\r\n$/);
    },
  },
  {
    name: "ftp, passive, destination translated",
    ...published,
    steps: ((): KernelStep[] => {
      const control = new Control(ipv4, CLIENT, 8);
      return [
        ...control.open(),
        ...control.client("PASV"),
        ...control.server("227 Entering Passive Mode (10,0,0,8,20,10)"),
        c(tcp(ipv4, CLIENT, SERVER, [4002, 5130], "S", { sequence: 1 })),
        s(tcp(ipv4, 8, CLIENT, [5130, 4002], "SA", { sequence: 8, acknowledgment: 2 })),
      ];
    })(),
  },
  {
    name: "tftp",
    ...tftp,
    steps: [
      c(udp(ipv4, CLIENT, SERVER, [3000, 69], "\0\x01file\0octet\0")),
      s(udp(ipv4, SERVER, CLIENT, [5555, 3000], "\0\x03\0\x01data")),
      c(udp(ipv4, CLIENT, SERVER, [3000, 5555], "\0\x04\0\x01")),
      s(udp(ipv4, SERVER, CLIENT, [5556, 3000], "\0\x03\0\x01data")),
    ],
  },
  {
    name: "tftp, source translated",
    ...tftpTranslated,
    steps: [
      c(udp(ipv4, CLIENT, SERVER, [3000, 69], "\0\x02file\0octet\0")),
      s(udp(ipv4, SERVER, NATTED, [5555, 3000], "\0\x04\0\0")),
      c(udp(ipv4, CLIENT, SERVER, [3000, 5555], "\0\x03\0\x01data")),
    ],
  },
];

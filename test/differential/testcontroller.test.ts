import { join } from "node:path";
import { expect, it } from "vitest";
import { makeMessage } from "#openflow/header.js";
import { describeWith, program } from "../support/needs.js";
import { ScriptedSwitch } from "../support/openflow-script.js";

const real = "/usr/bin/ovs-testcontroller";
const ours = join(import.meta.dirname, "../../bin/ovs-testcontroller");
const flowFiles = join(import.meta.dirname, "testcontroller-flows");

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const u16 = (n: number): string => n.toString(16).padStart(4, "0");
const u32 = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");

interface PacketIn {
  readonly port: number;
  readonly frame: string;
  readonly buffer?: number;
  readonly reason?: number;
}

/** A packet-in of versions 1.0 to 1.5. Ports are given in 16 bits. */
function packetIn(version: number, { port, frame, buffer = 0xffffffff, reason = 0 }: PacketIn): Uint8Array {
  const data = frame.replaceAll(" ", "");
  const length = u16(data.length / 2);
  const why = reason.toString(16).padStart(2, "0");
  const port32 = u32(port >= 0xff00 ? 0xffff0000 + port : port);
  const match = `0001 000c 80000004 ${port32} 00000000`;
  const bodies: Readonly<Record<number, string>> = {
    1: `${u32(buffer)} ${length} ${u16(port)} ${why} 00 ${data}`,
    2: `${u32(buffer)} ${port32} ${port32} ${length} ${why} 00 ${data}`,
    3: `${u32(buffer)} ${length} ${why} 00 ${match} 0000 ${data}`,
  };
  const since13 = `${u32(buffer)} ${length} ${why} 00 0000000000000000 ${match} 0000 ${data}`;
  return makeMessage(version, 10, 0, bytes(bodies[version] ?? since13));
}

/** Two ports, p1 and p2, in the versions whose features tell of ports. */
function featuresReply(version: number): Uint8Array {
  const head = "00000000000000b0 00000000 fe 00 0000 000000c7 00000000";
  const name = (n: number): string => `70 ${(0x30 + n).toString(16)} ${"00".repeat(14)}`;
  const port = (n: number): string =>
    version === 1
      ? `${u16(n)} aa55aa55000${n} ${name(n)} ${"00".repeat(24)}`
      : `${u32(n)} 00000000 aa55aa55000${n} 0000 ${name(n)} ${"00".repeat(32)}`;
  return makeMessage(version, 6, 2, bytes(head + (version <= 3 ? port(1) + port(2) : "")));
}

const [a, b, c] = ["505400000005", "505400000007", "505400000009"] as const;
const group = "015400000009";
const reserved = "0180c2000000";
const broadcast = "ffffffffffff";
const ip = "0800 45 04 0028 1234 4000 40 06 0000 c0a80001 c0a80002 0008 0009 00000000 00000000 5002 0000 0000 0000";
const udp = "0800 45 b8 0020 1234 0000 40 11 0000 c0a80001 c0a80002 1388 0035 000c 0000 00000000";
const fragment = "0800 45 00 0020 1234 2005 40 11 0000 c0a80001 c0a80002 1388 0035 000c 0000 00000000";
const arp = "0806 0001 0800 06 04 0002 505400000007 01020304 505400000005 05060708";
const icmp6 = `8100 6007 86dd 60000000 0010 3a 40 ${"00".repeat(15)}01 ${"00".repeat(15)}02 8000 1234 0001 0002 0000000000000000`;
const unknown = "1234 0000";
const mpls = "8847 00014140 4500";

/** What comes in, in turn; every kind of decision is among it. */
const packets: readonly PacketIn[] = [
  { port: 1, frame: b + a + ip },
  { port: 2, frame: a + b + udp },
  { port: 1, frame: b + a + ip },
  { port: 1, frame: b + a + ip, buffer: 9 },
  { port: 2, frame: a + b + fragment },
  { port: 2, frame: broadcast + b + arp },
  { port: 2, frame: broadcast + b + arp, buffer: 10 },
  { port: 2, frame: a + b + arp },
  { port: 2, frame: reserved + b + arp },
  { port: 1, frame: a + a + ip },
  { port: 1, frame: a + a + ip, buffer: 11 },
  { port: 2, frame: a + c + icmp6 },
  { port: 1, frame: c + a + mpls },
  { port: 2, frame: a + group + unknown },
  { port: 1, frame: a + b + udp },
  { port: 2, frame: a + b + udp, reason: 1 },
  { port: 0xfffe, frame: a + c + unknown },
  { port: 2, frame: c + a + unknown },
  { port: 2, frame: `${a}0000` },
  { port: 3, frame: "" },
];

function script(version: number): readonly Uint8Array[] {
  const other = [
    makeMessage(version, 1, 5, bytes("0001 0001")),
    makeMessage(version, version === 1 ? 19 : 21, 6, new Uint8Array(0)),
    makeMessage(version, 5, 7, new Uint8Array(0)),
    makeMessage(version, 10, 0, bytes("ffffffff")),
  ];
  return [
    makeMessage(version, 0, 1, new Uint8Array(0)),
    packetIn(version, packets[0]!),
    featuresReply(version),
    ...packets.map((packet) => packetIn(version, packet)),
    ...other,
    packetIn(version, packets[0]!),
  ];
}

async function transcript(controller: string, options: readonly string[], version: number): Promise<string[][]> {
  const peer = await ScriptedSwitch.start(controller, options, version);
  try {
    const all: string[][] = [];
    for (const message of script(version)) all.push(await peer.say(message));
    return all;
  } finally {
    peer.close();
  }
}

const cases: readonly (readonly [options: string, versions: readonly number[]])[] = [
  ["", [1, 2, 3, 4, 5]],
  ["-n", [1, 4]],
  ["-H", [1, 4]],
  ["-H -n", [1, 4]],
  ["-w", [1, 3, 4]],
  ["-w2000EC --max-idle=permanent", [1, 4]],
  ["--wildcards=3fffff --max-idle=7", [1, 4]],
  ["-w0x82", [1, 2, 5]],
  ["-q 5 -Q p2:7", [1, 2, 3]],
  ["-q 0", [1, 4]],
  ["-q 3 -n -N -H", [1, 4]],
  ["-O OpenFlow10,OpenFlow12", [1, 3]],
  [`--with-flows=${flowFiles}/plain`, [1, 2, 4]],
  [`--with-flows=${flowFiles}/registers`, [1, 4]],
  [`--with-flows=${flowFiles}/tables -n`, [1, 3, 5]],
];

// Open vSwitch 3.1.0's ends by a signal on a packet of OpenFlow 1.5.
describeWith([program(real, "openvswitch-testcontroller")], "ovs-testcontroller beside the installed one", () => {
  for (const [options, versions] of cases) {
    it(`says the same with ${options.replace(`${flowFiles}/`, "") || "no options"}`, { timeout: 60_000 }, async () => {
      const words = options.split(" ").filter((word) => word !== "");
      for (const version of versions) {
        const [said, expected] = await Promise.all([
          transcript(ours, words, version),
          transcript(real, words, version),
        ]);
        expect(said, `OpenFlow 1.${version - 1}`).toEqual(expected);
      }
    });
  }
});

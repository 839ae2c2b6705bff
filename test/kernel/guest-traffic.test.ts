import { spawn } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import type { FrameSource, NetHost } from "#host/net.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";

const needs = [root, program("/usr/bin/iperf3", "iperf3"), program("/usr/bin/nsenter", "util-linux")];

function enter(namespace: TestNamespace, ...command: string[]): [string, string[]] {
  return ["nsenter", [`--net=/proc/${process.pid}/fd/${namespace.fd}`, ...command]];
}

interface Way {
  readonly open: (net: NetHost, name: string) => FrameSource;
  /** Segments come through uncut. */
  readonly keepsSegments: boolean;
  /** What the guests' own devices must leave to others: options of `ethtool -K`. */
  readonly off?: string;
}

const xdp = { queues: 1, needWakeup: true };

const ways: Readonly<Record<string, Way>> = {
  "input by ring": { open: (net, name) => net.capture(name, { input: "ring" }), keepsSegments: true },
  "input by socket": { open: (net, name) => net.capture(name, { input: "socket" }), keepsSegments: true },
  "native AF_XDP": { open: (net, name) => net.openXdp(name, { ...xdp, modes: ["native"] }), keepsSegments: false },
  "generic AF_XDP": {
    open: (net, name) => net.openXdp(name, { ...xdp, modes: ["generic"] }),
    keepsSegments: false,
    off: "tso off gso off",
  },
};

for (const [way, { open, keepsSegments, off }] of Object.entries(ways)) {
  describeWith(needs, `guests' own traffic between two ports, ${way}`, () => {
    let host: TestNamespace;
    let guests: TestNamespace[];
    let captures: FrameSource[];
    let io: LinuxFrameIo;
    let whole = 0;

    beforeEach(() => {
      host = testNamespace();
      io = new LinuxFrameIo();
      whole = 0;
      guests = [];
      captures = [];
      for (const i of [0, 1]) {
        const guest = testNamespace();
        host.net.createVeth(`wct${i}`, "eth0", guest.fd);
        host.net.setUp(`wct${i}`, true);
        guest.ip("link set eth0 up");
        guest.ip(`addr add 10.9.0.${i + 1}/24 dev eth0`);
        if (off) guest.run("ethtool", "-K", "eth0", ...off.split(" "));
        guest.ip(`addr add fd09::${i + 1}/64 dev eth0 nodad`);
        const capture = open(host.net, `wct${i}`);
        io.attach(i, capture.frames);
        captures.push(capture);
        guests.push(guest);
      }
    });
    afterEach(() => {
      io.close();
      for (const capture of captures) capture.close();
      for (const guest of guests) guest.close();
      host.close();
    });

    /** Moves frames between the two ports until `stop` says so, leaving the event loop its turns. */
    async function forward(stop: () => boolean): Promise<void> {
      while (!stop()) {
        const count = io.receive(256, (port, memory, at, length, offload) => {
          if (offload.gsoType !== 0) whole++;
          io.send(port ^ 1, memory, at, 0, memory, at, length, offload);
        });
        io.flush();
        if (count === 0) {
          io.wait(1);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    }

    /** Bytes of a TCP transfer from guest 0 to `address` of guest 1 that had arrived when the last was sent. */
    async function transfer(address: string, megabytes: number): Promise<number> {
      const server = spawn(...enter(guests[1]!, "iperf3", "-s", "-1", "--forceflush"), {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const listening = new Promise((resolve) => server.stdout.once("data", resolve));
      await listening;
      const client = spawn(...enter(guests[0]!, "iperf3", "-c", address, "-n", `${megabytes}M`, "-J"), {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let text = "";
      client.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      let done = false;
      client.once("exit", () => {
        done = true;
      });
      const limit = setTimeout(() => client.kill(), 20_000);
      await forward(() => done);
      clearTimeout(limit);
      server.kill();
      return JSON.parse(text).end?.sum_received?.bytes ?? 0;
    }

    const checksumFaults = (): number =>
      guests
        .flatMap((guest) => [...guest.run("cat", "/proc/net/snmp").stdout.matchAll(/^(Tcp|Udp): .*?(\d+)$/gm)])
        .reduce((sum, match) => sum + (match[1] === "Tcp" ? Number(match[2]) : 0), 0);

    /** A ring that fills while this process waits for a processor loses a frame, which TCP sends again. */
    function expectFewLost(port: number): void {
      const { rxDropped, rxPackets } = io.counters(port)!;
      expect(rxDropped).toBeLessThan(rxPackets / 100);
    }

    for (const address of ["10.9.0.2", "fd09::2"])
      it(`carries TCP to ${address}${off ? "" : " with every offload on"}${keepsSegments ? ", whole" : ""}`, async () => {
        expect(await transfer(address, 50)).toBeGreaterThan(30 << 20);
        if (keepsSegments) expect(whole).toBeGreaterThan(100);
        expect(checksumFaults()).toBe(0);
        expect(io.counters(0)).toMatchObject({ txDropped: 0, rxUnusable: 0 });
        expectFewLost(0);
      });

    // What has been begun of a checksum inside a tunnel cannot be told by AF_XDP.
    if (!keepsSegments) return;
    for (const checksum of ["noudpcsum", "udpcsum"])
      it(`carries TCP inside the guests' own VXLAN, ${checksum}`, async () => {
        for (const [i, guest] of guests.entries()) {
          const ends = `local 10.9.0.${i + 1} remote 10.9.0.${2 - i}`;
          guest.ip(`link add vx0 type vxlan id 7 ${ends} dstport 4789 ${checksum}`);
          guest.ip(`addr add 10.10.0.${i + 1}/24 dev vx0`);
          guest.ip("link set vx0 up");
        }
        expect(await transfer("10.10.0.2", 10)).toBeGreaterThan(5 << 20);
        expect(checksumFaults()).toBe(0);
        expect(io.counters(0)!.rxUnusable).toBe(0);
        expect(io.counters(1)!.txDropped).toBe(0);
        expectFewLost(0);
      });
  });
}

import { existsSync, ftruncateSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import * as sys from "#host/linux/syscalls.js";
import { LinuxVhostHost } from "#host/linux/vhost/vhost-host.js";
import type { VhostSource } from "#host/vhost.js";
import {
  encodeVhostMessage,
  featureBits,
  type VhostMessage,
  VIRTIO_F_EVENT_IDX,
  VIRTIO_F_INDIRECT_DESC,
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_MRG_RXBUF,
} from "#wire/vhost-user.js";
import { type Offload, plainOffload, VNET_GSO_TCPV4, VNET_NEEDS_CSUM } from "#wire/virtio-net.js";
import { eventually } from "../support/eventually.js";
import { tcpChecksumHolds, tcpFrame } from "../support/partial-frames.js";
import { type DriverOptions, VhostDriver } from "../support/vhost-driver.js";

const offloads = [VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_HOST_TSO4];

function frame(length: number, mark = 0): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, mark]);
  return bytes;
}

/** A frame as a port gave it. */
interface Seen {
  readonly port: number;
  readonly data: Uint8Array;
  readonly offload: Offload;
}

describe("vhost-user ports", () => {
  let directory: string;
  let io: LinuxFrameIo;
  let sources: VhostSource[];
  let drivers: VhostDriver[];
  let log: string[];
  let host: LinuxVhostHost;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wd-vhost-"));
    io = new LinuxFrameIo();
    sources = [];
    drivers = [];
    log = [];
    host = new LinuxVhostHost({
      after(ms, action) {
        // Reconnecting is quick here, so that no test waits.
        const timer = setTimeout(action, ms / 100);
        return { cancel: () => clearTimeout(timer) };
      },
      log: (_level, text) => void log.push(text),
    });
  });
  afterEach(() => {
    for (const driver of drivers) driver.close();
    io.close();
    for (const source of sources) source.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function open(mode: "server" | "client" = "server"): string {
    const number = sources.length;
    const path = join(directory, `wd${number}`);
    const source = host.openVhost(`wd${number}`, path, mode);
    sources.push(source);
    io.attach(number, source.frames);
    return path;
  }

  async function plug(options: DriverOptions = {}): Promise<VhostDriver> {
    const driver = await VhostDriver.connect(open(), options);
    drivers.push(driver);
    return driver;
  }

  function receive(): Seen[] {
    const seen: Seen[] = [];
    for (;;) {
      io.wait(0);
      const got = io.receive(256, (port, memory, at, length, offload) => {
        seen.push({ port, data: memory.slice(at, at + length), offload: { ...offload } });
      });
      if (got === 0) return seen;
    }
  }

  function send(port: number, data: Uint8Array, offload: Offload = plainOffload()): void {
    io.send(port, data, 0, 20, data, 20, data.length - 20, offload);
    io.flush();
  }

  it("carry frames both ways, and say that they are up", async () => {
    const guest = await plug();
    expect(sources[0]!.status()).toMatchObject({ isConnected: true, isUp: true, rings: [64, 64] });
    guest.transmit(frame(60, 1));
    guest.transmit(frame(1514, 2), { pieces: 3 });
    expect(receive().map(({ data }) => data)).toEqual([frame(60, 1), frame(1514, 2)]);
    expect(guest.transmitted()).toBe(2);
    send(0, frame(100, 3));
    expect(guest.received()).toMatchObject([{ buffers: 1, data: frame(100, 3) }]);
    expect(sources[0]!.stats()).toMatchObject({ rxPackets: 2, rxBytes: 1574, txPackets: 1, txBytes: 100 });
  });

  it("exchange more than a ring holds, and more than 65536", async () => {
    const [a, b] = [await plug({ size: 16 }), await plug({ size: 16, features: featureBits(VIRTIO_F_EVENT_IDX) })];
    let count = 0;
    for (let i = 0; i < 4700; i++) {
      for (let k = 0; k < 14; k++) a!.transmit(frame(60, k));
      for (const { data } of receive()) {
        io.send(1, data, 0, data.length, data, 0, 0, plainOffload());
        io.flush();
      }
      count += b!.received().length;
    }
    expect(count).toBe(4700 * 14);
    expect(io.counters(1)).toMatchObject({ txPackets: 4700 * 14, txDropped: 0 });
  });

  it("merge buffers for a large segment, and give checksums to fill in", async () => {
    const guest = await plug({ features: featureBits(VIRTIO_NET_F_MRG_RXBUF, ...offloads), buffer: 1526 });
    const large = tcpFrame(8000);
    const offload = {
      flags: VNET_NEEDS_CSUM,
      gsoType: VNET_GSO_TCPV4,
      headerLength: 54,
      gsoSize: 1448,
      csumStart: 34,
      csumOffset: 16,
    };
    send(0, large, offload);
    const [got] = guest.received();
    expect(got).toMatchObject({ buffers: 6, offload });
    expect(Buffer.compare(got!.data, large)).toBe(0);
    guest.transmit(large, { offload, pieces: 3 });
    expect(receive()).toMatchObject([{ data: large, offload }]);
  });

  it("cut and complete for a guest that does neither", async () => {
    const guest = await plug();
    const large = tcpFrame(3000);
    send(0, large, {
      flags: VNET_NEEDS_CSUM,
      gsoType: VNET_GSO_TCPV4,
      headerLength: 54,
      gsoSize: 1448,
      csumStart: 34,
      csumOffset: 16,
    });
    const got = guest.received();
    expect(got.map(({ data }) => data.length)).toEqual([1502, 1502, 158]);
    for (const { data, offload } of got) {
      expect(offload).toEqual(plainOffload());
      expect(tcpChecksumHolds(data)).toBe(true);
    }
  });

  it("take what a guest says of a frame only where it can be so", async () => {
    const guest = await plug({ features: featureBits(...offloads) });
    const gso = { flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, csumStart: 34, csumOffset: 16 };
    const lies: Partial<Offload>[] = [
      { ...gso, csumStart: 5000 },
      { ...gso, gsoSize: 0 },
      { ...gso, gsoType: 3 },
      { ...gso, gsoType: 4 },
      { ...gso, flags: 0 },
      { flags: 1, csumStart: 1400, csumOffset: 60000 },
      { flags: 1, csumStart: 2, csumOffset: 6 },
    ];
    for (const offload of lies) guest.transmit(tcpFrame(1400), { offload });
    expect(receive()).toEqual([]);
    expect(io.counters(0)).toMatchObject({ rxUnusable: lies.length, rxDropped: lies.length });
    guest.transmit(frame(60), { offload: { flags: 2, gsoSize: 9, csumStart: 60000, headerLength: 60000 } });
    expect(receive()).toMatchObject([{ offload: plainOffload() }]);
  });

  it("read tables of descriptors", async () => {
    const guest = await plug({ features: featureBits(VIRTIO_F_INDIRECT_DESC) });
    guest.transmit(frame(1000, 4), { indirect: true, pieces: 5 });
    expect(receive()).toMatchObject([{ data: frame(1000, 4) }]);
  });

  it("sleep until the guest kicks, and ask for kicks only then", async () => {
    const guest = await plug({ features: featureBits(VIRTIO_F_EVENT_IDX) });
    const ring = guest.rings[1]!;
    io.wait(0);
    guest.transmit(frame(60));
    guest.transmit(frame(60));
    expect(ring.kicks).toBe(1);
    io.wait(-1);
    expect(io.receive(10, () => undefined)).toBe(2);
    guest.transmit(frame(60));
    expect(ring.kicks).toBe(1);
    expect(receive()).toHaveLength(1);
    guest.transmit(frame(60));
    expect(ring.kicks).toBe(2);
  });

  it("notify the guest as it asked to be", async () => {
    const guest = await plug({ features: featureBits(VIRTIO_F_EVENT_IDX) });
    guest.calls(0);
    guest.setUsedEvent(0, 2);
    send(0, frame(60));
    send(0, frame(60));
    expect(guest.calls(0)).toBe(0);
    send(0, frame(60));
    expect(guest.calls(0)).toBe(1);
    send(0, frame(60));
    expect(guest.calls(0)).toBe(0);
  });

  it("drop what a full guest does not take, and go on with others", async () => {
    const [full, other] = [await plug({ size: 4 }), await plug()];
    for (let i = 0; i < 10; i++) {
      io.send(0, frame(60, i), 0, 60, frame(60), 0, 0, plainOffload());
      io.send(1, frame(60, i), 0, 60, frame(60), 0, 0, plainOffload());
    }
    io.flush();
    expect(full!.received()).toHaveLength(4);
    expect(other!.received()).toHaveLength(10);
    expect(io.counters(0)).toMatchObject({ txPackets: 4, txDropped: 6, txErrors: new Map([["ENOBUFS", 6]]) });
    expect(sources[0]!.stats()).toMatchObject({ txPackets: 4, txDropped: 6 });
  });

  it("use several queue pairs, and keep a flow in one", async () => {
    const guest = await plug({ pairs: 4 });
    expect(sources[0]!.status().rings).toHaveLength(8);
    await eventually(() => sources[0]!.frames.queues === 4, "as many queues as there are pairs");
    io.detach(0);
    io.attach(0, sources[0]!.frames);
    for (let pair = 0; pair < 4; pair++) guest.transmit(frame(60, pair), { pair });
    io.wait(-1);
    expect(
      receive()
        .map(({ data }) => data[14])
        .sort(),
    ).toEqual([0, 1, 2, 3]);
    expect(io.queueCounts(0).map(({ queue, frames }) => [queue, frames])).toEqual(
      [0, 1, 2, 3].map((queue) => [queue, 1]),
    );
    for (let port = 0; port < 64; port++) for (let i = 0; i < 2; i++) send(0, tcpFrame(10, 1000 + port));
    const pairs = [0, 1, 2, 3].map((pair) => guest.received(pair).map(({ data }) => (data[34]! << 8) | data[35]!));
    for (const ports of pairs) expect(ports.length).toBeGreaterThan(8);
    for (const ports of pairs) expect(ports.length).toBe(2 * new Set(ports).size);
  });

  it("stop a ring where it is, and go on from there", async () => {
    const guest = await plug();
    for (let i = 0; i < 5; i++) guest.transmit(frame(60, i));
    receive();
    send(0, frame(60));
    expect([await guest.stopRing(0), await guest.stopRing(1)]).toEqual([1, 5]);
    expect(sources[0]!.status()).toMatchObject({ isConnected: true, isUp: false, rings: [] });
    guest.transmit(frame(60, 6));
    expect(receive()).toEqual([]);
    send(0, frame(60));
    expect(io.counters(0)!.txErrors).toEqual(new Map([["ENETDOWN", 1]]));
    await guest.startRing(0, 1);
    await guest.startRing(1, 5);
    expect(receive()).toMatchObject([{ data: frame(60, 6) }]);
    send(0, frame(60, 9));
    expect(guest.received().map(({ data }) => data[14])).toEqual([0, 9]);
  });

  it("go on over an exchange of memory", async () => {
    const guest = await plug();
    guest.transmit(frame(60, 1));
    expect(receive()).toHaveLength(1);
    await guest.setMemory();
    guest.transmit(frame(60, 2));
    expect(receive()).toMatchObject([{ data: frame(60, 2) }]);
    send(0, frame(60, 3));
    expect(guest.received()).toHaveLength(1);
  });

  it("log the pages that they write to while a migration asks for it", async () => {
    const guest = await plug();
    const log = await guest.startLogging();
    /** Pages of the guest's memory, counted from its beginning. */
    const dirty = (): number[] =>
      [...log.bytes].flatMap((byte, i) =>
        [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => 8 * i + bit - 0x4000_0000 / 4096),
      );
    expect(dirty()).toEqual([]);
    guest.transmit(frame(100));
    receive();
    // The used ring of the second ring.
    expect(dirty()).toEqual([0x6000 / 4096]);
    send(0, frame(100));
    send(0, frame(100));
    expect(dirty()).toEqual([0x2000 / 4096, 0x6000 / 4096, 0x100000 / 4096, 0x101000 / 4096]);
    await guest.stopLogging();
    send(0, frame(100));
    expect(dirty()).toHaveLength(4);
    expect(guest.received()).toHaveLength(3);
    log.release();
  });

  it("throw away what a disabled ring has", async () => {
    const guest = await plug();
    await guest.enable(1, false);
    guest.transmit(frame(60));
    expect(receive()).toEqual([]);
    expect(guest.transmitted()).toBe(1);
    await guest.enable(1, true);
    guest.transmit(frame(60));
    expect(receive()).toHaveLength(1);
    await guest.enable(0, false);
    expect(sources[0]!.status().isUp).toBe(false);
  });

  it("survive the guest's end, and take the next", async () => {
    const path = open();
    for (let i = 0; i < 3; i++) {
      const guest = await VhostDriver.connect(path);
      guest.transmit(frame(60, i));
      expect(receive()).toMatchObject([{ data: frame(60, i) }]);
      guest.transmit(frame(60, i));
      guest.close();
      await eventually(() => !sources[0]!.status().isConnected, "the end of the connection");
      expect(sources[0]!.status()).toMatchObject({ isUp: false, rings: [], features: 0n });
      expect(receive()).toEqual([]);
      send(0, frame(60));
    }
    expect(io.counters(0)!.txErrors).toEqual(new Map([["ENETDOWN", 3]]));
  });

  it("connect to a virtual machine whenever there is one", async () => {
    const path = open("client");
    for (let i = 0; i < 2; i++) {
      const guest = await VhostDriver.serve(path);
      guest.transmit(frame(60, i));
      expect(receive()).toMatchObject([{ data: frame(60, i) }]);
      guest.close();
      rmSync(path);
      await eventually(() => !sources[0]!.status().isConnected, "the end of the connection");
    }
    expect(log.filter((text) => text.endsWith("No such file or directory; trying again"))).not.toEqual([]);
  });

  it("take away a socket that nobody listens at, and no other", async () => {
    const path = open();
    expect(() => host.openVhost("wd9", path, "server")).toThrow("Address already in use");
    sources.pop()!.close();
    expect(existsSync(path)).toBe(false);
    io.detach(0);
    writeFileSync(path, "kept");
    const open0 = readdirSync("/proc/self/fd").length;
    expect(() => host.openVhost("wd9", path, "server")).toThrow("Address already in use");
    expect(readFileSync(path, "utf8")).toBe("kept");
    expect(readdirSync("/proc/self/fd")).toHaveLength(open0);
  });

  it("end the connection of a front-end out of its senses, and say why", async () => {
    const path = open();
    const file = sys.memfdCreate("wd-file", 0);
    ftruncateSync(file, 2 ** 40);
    const call = { kind: "SET_VRING_CALL", ring: 0, hasDescriptor: true } as const;
    const nonsense: [Uint8Array, string, ...number[]][] = [
      [Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0), "vhost-user version 2"],
      [encodeVhostMessage({ kind: "SET_VRING_NUM", ring: 0, value: 3 }), "ring of 3 descriptors"],
      [encodeVhostMessage({ kind: "SET_VRING_NUM", ring: 99, value: 4 }), "SET_VRING_NUM of ring 99"],
      [encodeVhostMessage({ kind: "SET_FEATURES", features: 1n << 60n }), "vhost-user features 0x1000000000000000"],
      [
        encodeVhostMessage({ kind: "SET_MEM_TABLE", regions: [{ guest: 0n, size: 1n, user: 0n, offset: 0n }] }),
        "SET_MEM_TABLE of 1 regions with 0 descriptors",
      ],
      [encodeVhostMessage({ kind: "unknown", request: 77 }), "vhost-user request 77"],
      [
        encodeVhostMessage({
          kind: "SET_VRING_ADDR",
          ring: 0,
          flags: 0,
          descriptors: 16n,
          used: 0n,
          available: 0n,
          log: 0n,
        }),
        "ring part of 1024 bytes at 0x10",
      ],
      [encodeVhostMessage(call), "a call descriptor that is no eventfd", file],
      [encodeVhostMessage({ ...call, kind: "SET_VRING_ERR" }), "an error descriptor that is no eventfd", file],
      [encodeVhostMessage({ ...call, kind: "SET_VRING_KICK", ring: 1 }), "a kick descriptor that is no eventfd", file],
      [encodeVhostMessage({ kind: "SET_LOG_BASE", size: 2n ** 40n, offset: 0n }), "log of 1099511627776 bytes", file],
    ];
    for (const [bytes, reason, ...descriptors] of nonsense) {
      const guest = await VhostDriver.connect(path);
      guest.say(bytes, descriptors);
      await eventually(() => guest.hasEnded(), "the end of the connection");
      expect(log.at(-1)).toBe(`${path}: disconnected (${reason})`);
      guest.close();
    }
    sys.close(file);
  });

  it("end the connection of a front-end that sends descriptors without end", async () => {
    const path = open();
    const guest = await VhostDriver.connect(path);
    const event = sys.eventfd(0, 0);
    const open0 = readdirSync("/proc/self/fd").length;
    for (const byte of [1, 0, 0]) guest.say(Uint8Array.of(byte), new Array<number>(8).fill(event));
    await eventually(() => guest.hasEnded(), "the end of the connection");
    expect(log.at(-1)).toBe(`${path}: disconnected (a message with too many descriptors)`);
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(open0);
    guest.close();
    sys.close(event);
  });

  it("serve a ring full of nonsense no more, and tell so", async () => {
    const [bad, good] = [await plug(), await plug()];
    bad!.memory.view.setUint16(0x4000 + 0x1002, 5000, true);
    bad!.kick(bad!.rings[1]!);
    good!.transmit(frame(60));
    expect(receive()).toHaveLength(1);
    await eventually(() => log.some((text) => text.includes("ring 1 makes no sense")), "the complaint");
    expect(receive()).toEqual([]);
    bad!.memory.view.setUint16(0x4000 + 0x1002, 0, true);
    await bad!.stopRing(1);
    await bad!.startRing(1, 0);
    bad!.transmit(frame(60, 5));
    expect(receive()).toMatchObject([{ port: 0, data: frame(60, 5) }]);
  });

  it("count buffers that lie elsewhere", async () => {
    const guest = await plug();
    guest.descriptor(1, 7, 0x1234, 100, 0);
    guest.offer(guest.rings[1]!, 7);
    guest.transmit(frame(60));
    expect(receive()).toHaveLength(1);
    expect(sources[0]!.stats()).toMatchObject({ rxPackets: 1, rxDropped: 1, rxErrors: 1 });
    expect(io.counters(0)).toMatchObject({ rxPackets: 1, rxDropped: 1, rxUnusable: 1 });
    for (let i = 0; i < guest.size; i++) guest.descriptor(0, i, 0x1234, 2048, 2);
    send(0, frame(60));
    expect(io.counters(0)).toMatchObject({ txErrors: new Map([["EFAULT", 1]]) });
  });

  it("bear a guest and a front-end that do anything, and leave nothing behind", async () => {
    const path = open();
    const ring = fc.integer({ min: 0, max: 3 });
    const user = fc.integer({ min: -16, max: 0x9000 }).map((at) => 0x7f00_0000_0000n + BigInt(at & ~3));
    const said = fc.oneof(
      fc.record({ kind: fc.constantFrom("SET_OWNER", "RESET_OWNER", "GET_FEATURES") }),
      fc.record({ kind: fc.constant("SET_FEATURES"), features: fc.constantFrom(0n, featureBits(15, 29, 30, 32)) }),
      fc.record({
        kind: fc.constantFrom("SET_VRING_NUM", "SET_VRING_BASE", "GET_VRING_BASE", "SET_VRING_ENABLE"),
        ring,
        value: fc.constantFrom(0, 1, 64, 256, 65535),
      }),
      fc.record({
        kind: fc.constant("SET_VRING_ADDR"),
        ring,
        flags: fc.constant(0),
        descriptors: user.map((at) => at & ~15n),
        used: user,
        available: user,
        log: fc.constant(0n),
      }),
      fc.record({
        kind: fc.constantFrom("SET_VRING_KICK", "SET_VRING_CALL", "SET_VRING_ERR"),
        ring,
        hasDescriptor: fc.constant(true),
      }),
    ) as fc.Arbitrary<VhostMessage>;
    const step = fc.oneof(
      { weight: 1, arbitrary: said },
      { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 0, max: 0x7fff }), fc.integer({ min: 0, max: 255 })) },
      { weight: 2, arbitrary: fc.constantFrom("transmit", "receive", "send", "memory") },
    );
    const spare = sys.eventfd(0, 0x800);
    const open0 = readdirSync("/proc/self/fd").length;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const guest = await VhostDriver.connect(path, { features: featureBits(VIRTIO_F_EVENT_IDX) });
        try {
          for (const s of steps) {
            if (Array.isArray(s)) guest.memory.bytes[s[0]] = s[1];
            else if (typeof s === "object") {
              const brings = s.kind === "SET_VRING_KICK" || s.kind === "SET_VRING_CALL" || s.kind === "SET_VRING_ERR";
              guest.say(s, brings ? [spare] : []);
              await new Promise((resolve) => setImmediate(resolve));
            } else if (s === "transmit") guest.transmit(frame(100));
            else if (s === "memory") await guest.setMemory();
            else if (s === "send") send(0, frame(100));
            else io.receive(64, () => undefined);
          }
        } catch (error) {
          // The port has had enough.
          expect(String(error)).toMatch(/no reply|Broken pipe|Connection reset/);
        }
        guest.close();
        await eventually(() => !sources[0]!.status().isConnected, "the end of the connection");
        receive();
      }),
      { seed: 11, numRuns: 60 },
    );
    sys.close(spare);
    const guest = await VhostDriver.connect(path);
    drivers.push(guest);
    guest.transmit(frame(60));
    expect(receive()).toHaveLength(1);
    guest.close();
    drivers.pop();
    await eventually(() => !sources[0]!.status().isConnected, "the end of the connection");
    expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(open0 + 2);
  });

  it("let a second front-end wait outside", async () => {
    const guest = await plug();
    await expect(VhostDriver.connect(join(directory, "wd0"))).rejects.toThrow(/no reply|Connection reset/);
    guest.transmit(frame(60));
    expect(receive()).toHaveLength(1);
  });
});

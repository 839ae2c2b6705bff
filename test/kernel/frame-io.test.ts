import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RingPlace } from "#host/capture-rings.js";
import type { FrameIo } from "#host/frame-io.js";
import { LinuxCaptureRings } from "#host/linux/capture-rings.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { createNamespace, type NetworkNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import * as sys from "#host/linux/syscalls.js";
import type { FrameInput, FrameSource } from "#host/net.js";
import { copyOffload, type Offload, plainOffload } from "#wire/virtio-net.js";
import { describeWith, root, tun } from "../support/needs.js";

interface Seen {
  readonly port: number;
  readonly data: Uint8Array;
  readonly offload: Offload;
}

/** A frame between two made-up stations; the type is one that no host answers. */
function frame(length: number, type = 0x88b5, ...header: number[]): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => i & 0xff);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type >> 8, type & 0xff, ...header]);
  return bytes;
}

/** An IPv4/TCP frame with `payload` bytes of data and a checksum still to be filled in. */
function tcpFrame(payload: number): { data: Uint8Array; offload: Offload } {
  const data = frame(54 + payload, 0x0800);
  const view = new DataView(data.buffer);
  data.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  view.setUint16(16, 40 + payload);
  data.set([0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0], 34);
  const gso = payload > 1448;
  return {
    data,
    offload: {
      flags: 1,
      gsoType: gso ? 1 : 0,
      headerLength: gso ? 54 : 0,
      gsoSize: gso ? 1448 : 0,
      csumStart: 34,
      csumOffset: 16,
    },
  };
}

/** True for frames of `frame`; the rest is the hosts' own chatter. */
function isMine(data: Uint8Array): boolean {
  return data[6] === 2 && data[11] === 2;
}

/** Turns the loop until `count` frames that are `wanted` are in, or nothing has come for a while. */
function collect(io: FrameIo, count: number, wanted: (data: Uint8Array) => boolean = isMine): Seen[] {
  const seen: Seen[] = [];
  const end = performance.now() + 100;
  while (seen.length < count && performance.now() < end) {
    const got = io.receive(64, (port, memory, at, length, offload) => {
      const own = plainOffload();
      copyOffload(own, offload);
      const data = memory.slice(at, at + length);
      if (wanted(data)) seen.push({ port, data, offload: own });
    });
    if (got === 0) io.wait(20);
  }
  return seen;
}

function put(io: FrameIo, port: number, data: Uint8Array, offload: Offload = plainOffload()): void {
  io.send(port, data, 0, 0, data, 0, data.length, offload);
  io.flush();
}

for (const input of ["ring", "socket"] as const satisfies readonly FrameInput[]) {
  describeWith([root, tun], `FrameIo: Linux, input by ${input}`, () => {
    let namespace: NetworkNamespace;
    let net: LinuxNetHost;
    let near: LinuxFrameIo;
    let far: LinuxFrameIo;
    let sources: FrameSource[];
    /** Ports 1 and 2 of `near`, whose wires end at ports 1 and 2 of `far`. */
    let captures: ReturnType<LinuxNetHost["capture"]>[];

    beforeEach(() => {
      namespace = createNamespace();
      net = new LinuxNetHost(namespace);
      near = new LinuxFrameIo();
      far = new LinuxFrameIo();
      sources = [];
      captures = [];
      for (const port of [1, 2]) {
        net.createVeth(`wlf${port}`, `wlg${port}`);
        net.setUp(`wlf${port}`, true);
        net.setUp(`wlg${port}`, true);
        const capture = net.capture(`wlf${port}`, { input });
        const other = net.capture(`wlg${port}`, { input: "socket" });
        near.attach(port, capture.frames);
        far.attach(port, other.frames);
        captures.push(capture);
        sources.push(capture, other);
      }
    });
    afterEach(() => {
      near.close();
      far.close();
      for (const source of sources) source.close();
      net.close();
      namespace.close();
    });

    it("carries frames of every length from one port to another unchanged", () => {
      expect(captures[0]!.frames.input).toBe(input);
      const lengths = [14, 60, 61, 63, 64, 65, 1024, 1513, 1514];
      for (const length of lengths) put(far, 1, frame(length));
      const seen = collect(near, lengths.length);
      expect(seen.map((s) => [s.port, s.data.length])).toEqual(lengths.map((length) => [1, length]));
      for (const { data } of seen) put(near, 2, data);
      const back = collect(far, lengths.length);
      expect(back.map((s) => s.port)).toEqual(lengths.map(() => 2));
      for (const [i, { data }] of back.entries()) expect(data).toEqual(frame(lengths[i]!));
    });

    it("puts VLAN tags back where the kernel took them out", () => {
      const tagged = frame(100, 0x8100, 0x60, 0x2a, 0x88, 0xb5);
      const double = frame(100, 0x88a8, 0x00, 0x07, 0x81, 0x00, 0x20, 0x08, 0x88, 0xb5);
      put(far, 1, tagged);
      put(far, 1, double);
      const seen = collect(near, 2);
      expect(seen.map((s) => s.data)).toEqual([tagged, double]);
      for (const { data } of seen) put(near, 2, data);
      expect(collect(far, 2).map((s) => s.data)).toEqual([tagged, double]);
    });

    it("keeps checksum and segmentation state from input to output", () => {
      for (const payload of [100, 8000, 64_000]) {
        const { data, offload } = tcpFrame(payload);
        put(far, 1, data, offload);
        const seen = collect(near, 1);
        expect(seen).toHaveLength(1);
        expect(seen[0]!.data).toEqual(data);
        expect(seen[0]!.offload).toMatchObject({ ...offload, headerLength: seen[0]!.offload.headerLength });
        put(near, 2, seen[0]!.data, seen[0]!.offload);
        const back = collect(far, 1);
        expect(back[0]!.data).toEqual(data);
        const { flags, gsoType, gsoSize, csumStart, csumOffset } = offload;
        expect(back[0]!.offload).toMatchObject({ flags, gsoType, gsoSize, csumStart, csumOffset });
      }
    });

    it("shifts the checksum's place behind a tag that it puts back", () => {
      const { data, offload } = tcpFrame(100);
      const tagged = new Uint8Array(data.length + 4);
      tagged.set(data.subarray(0, 12));
      tagged.set([0x81, 0, 0, 5], 12);
      tagged.set(data.subarray(12), 16);
      put(far, 1, tagged, { ...offload, csumStart: 38 });
      const [seen] = collect(near, 1);
      expect(seen!.data).toEqual(tagged);
      expect(seen!.offload).toMatchObject({ flags: 1, csumStart: 38, csumOffset: 16 });
    });

    it("joins head and tail, from memory of its own and of others", () => {
      const whole = frame(300);
      near.scratch.set(whole.subarray(0, 40), 1000);
      near.send(1, near.scratch, 1000, 40, whole, 40, 260, plainOffload());
      near.send(1, whole, 0, 100, whole, 100, 200, plainOffload());
      near.send(1, whole, 0, 300, whole, 0, 0, plainOffload());
      near.flush();
      expect(collect(far, 3).map((s) => s.data)).toEqual([whole, whole, whole]);
    });

    it("sends more than a batch at once", () => {
      const bytes = frame(60);
      for (let i = 0; i < 200; i++) near.send(1, bytes, 0, 0, bytes, 0, 60, plainOffload());
      near.flush();
      expect(collect(far, 200)).toHaveLength(200);
      expect(near.counters(1)).toMatchObject({ txPackets: 200, txBytes: 12_000, txDropped: 0 });
    });

    it("counts what it drops, by reason", () => {
      put(near, 1, frame(1519));
      put(near, 1, frame(1518)); // 4 bytes more than an untagged frame may have: the kernel refuses
      put(near, 1, frame(1514));
      near.setMtu(1, 1000);
      put(near, 1, frame(1514));
      expect(near.counters(1)!.txErrors).toEqual(
        new Map([
          ["oversize", 2],
          ["EMSGSIZE", 1],
        ]),
      );
      expect(near.counters(1)).toMatchObject({ txPackets: 1, txDropped: 3 });
    });

    it("goes on with other ports when one is down or gone", () => {
      net.setUp("wlf1", false);
      put(near, 1, frame(60));
      put(far, 2, frame(60));
      expect(collect(near, 1).map((s) => s.port)).toEqual([2]);
      expect([...near.counters(1)!.txErrors.keys()]).toEqual(["ENETDOWN"]);
      net.setUp("wlf1", true);
      put(far, 1, frame(60));
      expect(collect(near, 1).map((s) => s.port)).toEqual([1]);
      net.deleteLink("wlf1");
      put(near, 1, frame(60));
      put(far, 2, frame(60));
      expect(collect(near, 1).map((s) => s.port)).toEqual([2]);
      expect(near.counters(1)!.txDropped).toBe(2);
      near.detach(1);
      put(far, 2, frame(60));
      expect(collect(near, 1).map((s) => s.port)).toEqual([2]);
    });

    it("loses nothing on a link that was down when it was captured, and down again for a while", () => {
      net.createVeth("wlf3", "wlg3");
      net.setUp("wlg3", true);
      const capture = net.capture("wlf3", { input });
      const other = net.capture("wlg3", { input: "socket" });
      sources.push(capture, other);
      near.attach(3, capture.frames);
      far.attach(3, other.frames);
      for (let i = 0; i < 2; i++) {
        net.setUp("wlf3", true);
        put(near, 3, frame(60));
        put(near, 3, frame(61));
        expect(collect(far, 2).map((s) => s.data.length)).toEqual([60, 61]);
        put(far, 3, frame(62));
        put(far, 3, frame(63));
        expect(collect(near, 2).map((s) => s.data.length)).toEqual([62, 63]);
        net.setUp("wlf3", false);
      }
      expect(near.counters(3)).toMatchObject({ txPackets: 4, txDropped: 0, rxPackets: expect.any(Number) });
    });

    it("gives frames to nobody after a port is detached, and to the new one after it is attached again", () => {
      put(far, 1, frame(60));
      near.detach(1);
      put(far, 1, frame(61));
      expect(collect(near, 1)).toEqual([]);
      near.attach(7, captures[0]!.frames);
      put(far, 1, frame(62));
      expect(collect(near, 1).map((s) => [s.port, s.data.length])).toEqual([[7, 62]]);
    });

    if (input === "ring")
      it("goes on with a ring whose last frames were nobody's", () => {
        const rings = new LinuxCaptureRings();
        const ring = rings.open();
        const { frames } = captures[0]!;
        near.detach(1);
        const places = [ring.takePlace(), ring.takePlace()];
        const use = (place: RingPlace): LinuxFrameIo => {
          near.close();
          near = new LinuxFrameIo({ ring: ring.handle });
          rings.feed(frames, [{ ring, place }]);
          near.attach(1, frames, [{ queue: 0, place }]);
          return near;
        };
        const first = use(places[0]!);
        put(far, 1, frame(60));
        expect(collect(first, 1)).toHaveLength(1);
        first.detach(1);
        for (let i = 0; i < 3; i++) put(far, 1, frame(61));
        expect(collect(first, 1)).toEqual([]);
        const second = use(places[1]!);
        put(far, 1, frame(62));
        expect(collect(second, 1).map((s) => s.data.length)).toEqual([62]);
        ring.close();
      });

    it("hides the link from the host's stack until closed", () => {
      // The far side sees whether the near side's stack answers an ARP request.
      const mac = net.link("wlf1")!.mac;
      const arp = frame(
        42,
        0x0806,
        0,
        1,
        8,
        0,
        6,
        4,
        0,
        1,
        2,
        0,
        0,
        0,
        0,
        2,
        10,
        9,
        0,
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        10,
        9,
        0,
        1,
      );
      arp.set(mac, 0);
      const answers = (): number => collect(far, 1, (data) => data[13] === 0x06 && data[21] === 2).length;
      addIpv4(namespace, "wlf1", "10.9.0.1/24");
      put(far, 1, arp);
      expect(answers()).toBe(0);
      near.detach(1);
      put(far, 1, arp);
      expect(answers()).toBe(0);
      captures[0]!.close();
      sources = sources.filter((source) => source !== captures[0]);
      put(far, 1, arp);
      expect(answers()).toBe(1);
    });

    it("carries frames of a TAP", () => {
      const tap = net.openTap("wltap", { persist: false });
      sources.push(tap);
      net.setUp("wltap", true);
      near.attach(5, tap.frames);
      const outside = net.capture("wltap", { input: "socket" });
      sources.push(outside);
      far.attach(5, outside.frames);
      const { data, offload } = tcpFrame(9000);
      put(far, 5, data, offload);
      const [seen] = collect(near, 1);
      expect(seen!.data).toEqual(data);
      expect(seen!.offload).toMatchObject({ flags: 1, gsoType: 1, gsoSize: 1448, csumStart: 34 });
      put(near, 5, seen!.data, seen!.offload);
      const [back] = collect(far, 1);
      expect(back!.data).toEqual(data);
      net.setUp("wltap", false);
      put(near, 5, frame(60));
      expect(near.counters(5)!.txErrors).toEqual(new Map([["EIO", 1]]));
      net.deleteLink("wltap");
      put(far, 2, frame(60));
      expect(collect(near, 1).map((s) => s.port)).toEqual([2]);
    });

    it("counts frames that were lost because nobody took them in time", () => {
      const bytes = frame(1514);
      const total = 40_000;
      for (let i = 0; i < total; i++) far.send(1, bytes, 0, 0, bytes, 0, bytes.length, plainOffload());
      far.flush();
      let received = 0;
      for (let got = 1; got > 0; ) {
        got = near.receive(256, (_port, memory, at) => {
          if (isMine(memory.subarray(at, at + 14))) received++;
        });
      }
      const counters = near.counters(1)!;
      expect(counters.rxDropped).toBeGreaterThan(0);
      expect(received + counters.rxDropped).toBeGreaterThanOrEqual(total);
      expect(received + counters.rxDropped).toBeLessThan(total + 100);
      put(far, 1, frame(60));
      expect(collect(near, 1)).toHaveLength(1);
    });

    it("sends full frames with an 802.1ad tag", () => {
      const { data, offload } = tcpFrame(1460);
      const tagged = Uint8Array.from([...data.subarray(0, 12), 0x88, 0xa8, 0, 10, ...data.subarray(12)]);
      expect(tagged.length).toBe(1518);
      put(near, 1, tagged, { ...offload, gsoType: 0, gsoSize: 0, headerLength: 0, csumStart: 38 });
      expect(near.counters(1)).toMatchObject({ txPackets: 1, txDropped: 0 });
      const [seen] = collect(far, 1);
      expect(seen!.data).toEqual(tagged);
      expect(seen!.offload).toMatchObject({ flags: 1, gsoType: 0, csumStart: 38 });
    });

    it("leaves room for a port that begins while another sends more than can be taken", () => {
      for (const length of [60, 1514]) {
        const flood = frame(length);
        for (let i = 0; i < 100_000; i++) far.send(1, flood, 0, 0, flood, 0, length, plainOffload());
        far.flush();
        const victim = Uint8Array.from(flood);
        for (let i = 0; i < 50; i++) far.send(2, victim, 0, 0, victim, 0, length, plainOffload());
        far.flush();
        const waiting = collect(near, Number.POSITIVE_INFINITY);
        expect(waiting.filter((s) => s.port === 2)).toHaveLength(50);
        expect(waiting.filter((s) => s.port === 1).length).toBeLessThan(50_000);
      }
      expect(near.counters(1)!.rxDropped).toBeGreaterThan(90_000);
      expect(near.counters(2)!.rxDropped).toBe(0);
    });

    it("can be woken by another thread", () => {
      const one = new Uint8Array(8);
      one[0] = 1;
      expect(sys.write(near.wakeFd, one, 8)).toBe(8);
      const start = performance.now();
      // Receiving is not sleeping: the wake-up is still there.
      near.receive(64, () => undefined);
      near.wait(5000);
      expect(performance.now() - start).toBeLessThan(1000);
      near.wait(0);
    });
  });
}

function addIpv4(namespace: NetworkNamespace, device: string, address: string): void {
  const path = `/proc/${process.pid}/fd/${namespace.fd}`;
  const result = spawnSync("nsenter", [`--net=${path}`, "ip", "addr", "add", address, "dev", device], {
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(result.stderr);
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { mov } from "#bpf/alu.js";
import { callHelper, exit } from "#bpf/control.js";
import { FAN_OUT_LONGEST, fanTrailer } from "#bpf/forward/layout.js";
import { helper } from "#bpf/helpers.js";
import { mapType } from "#bpf/map-spec.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r1, r2 } from "#bpf/registers.js";
import { parseDatapathActions } from "#datapath/text/action-parse.js";
import { Counter } from "#datapath/userspace/counters.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { attachTcx } from "#host/linux/bpf/link.js";
import { BpfMap } from "#host/linux/bpf/map.js";
import { mapInfo, openObject } from "#host/linux/bpf/object.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { LinuxFanOut } from "#host/linux/fan-out.js";
import { FanOutMaps } from "#host/linux/fan-out-maps.js";
import { removeFanOut } from "#host/linux/fan-out-pin.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { inNamespace } from "#host/linux/namespaces.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import { Pins } from "#host/linux/pins.js";
import * as sys from "#host/linux/syscalls.js";
import { plainOffload } from "#wire/virtio-net.js";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { eventually } from "../support/eventually.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root, tun } from "../support/needs.js";
import { tcpChecksumHolds, tcpFrame } from "../support/partial-frames.js";
import { type KernelBed, kernelBed } from "./engine-bed.js";

const DEVICE = "weft_fan";

/** Has what comes in by a device come in by another one. */
function redirect(from: number, to: number): number {
  const program = loadProgram({
    type: programType.schedCls,
    attach: attachType.tcxIngress,
    name: "wf_redirect",
    items: () => [mov.imm(r1, to), mov.imm(r2, 1), callHelper(helper.redirect), exit()],
  });
  const link = attachTcx(program, from, attachType.tcxIngress);
  sys.close(program);
  return link;
}

describeWith([root, tun], "the device that copies packets", () => {
  let namespace: TestNamespace;
  let net: LinuxNetHost;
  let directory: string;

  beforeEach(() => {
    namespace = testNamespace();
    net = new LinuxNetHost(namespace);
    directory = mkdtempSync(join(tmpdir(), "weft-fan-out-"));
  });
  afterEach(() => {
    net.close();
    new Pins(directory).remove();
    namespace.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const isUp = (): boolean => ((net.link(DEVICE)?.flags ?? 0) & 1) === 1;
  const pinned = (): string => {
    const place = join(new Pins(directory).need(), "maps", "wf-dp", "1");
    mkdirSync(place, { recursive: true });
    return place;
  };

  it("sends what comes in with a trailer to all of a set, without the trailer, and goes on when its process has left", async () => {
    const fanOut = new LinuxFanOut(net, pinned());
    const [ends, ports] = [["wfa", "wfb", "wfc"], [] as number[]];
    for (const end of ends) {
      net.createVeth(end, `${end}p`);
      net.setUp(end, true);
      net.setUp(`${end}p`, true);
      ports.push(net.link(`${end}p`)!.ifindex);
    }
    fanOut.put(5, [ports[0]!, ports[2]!]);
    fanOut.put(1023, [ports[1]!]);
    // Frames get into the device by way of a veth's other end and a redirection.
    net.createVeth("wfi", "wfip");
    net.setUp("wfi", true);
    net.setUp("wfip", true);
    const link = net.within(() => redirect(net.link("wfip")!.ifindex, fanOut.ifindex));
    const io = new LinuxFrameIo();
    const sources = [...ends, "wfi"].map((end) => net.capture(end, { input: "socket" }));
    for (const [i, { frames }] of sources.entries()) io.attach(i, frames);
    const got: string[] = [];
    const frame = Uint8Array.from({ length: 61 }, (_, i) => i);
    const send = (set: number): void => {
      const data = new Uint8Array(frame.length + fanTrailer.size);
      data.set(frame);
      const view = new DataView(data.buffer);
      view.setUint16(frame.length + fanTrailer.set, set, true);
      view.setUint16(frame.length + fanTrailer.inverse, set ^ 0xffff, true);
      io.send(3, data, 0, 0, data, 0, data.length, plainOffload());
      io.flush();
    };
    send(5);
    send(1023);
    send(7);
    const receive = (): number => {
      io.wait(0);
      io.receive(
        64,
        (port, memory, at, length) =>
          void (length < 70 && got.push(`${port} ${length} ${[...memory.subarray(at, at + length)].at(-1)}`)),
      );
      return got.length;
    };
    await eventually(() => receive() >= 3, "the frames");
    expect(got.sort()).toEqual(["0 61 60", "1 61 60", "2 61 60"]);
    fanOut.close(true);
    send(1023);
    await eventually(() => receive() >= 4, "the frame behind it");
    expect(got.sort()).toEqual(["0 61 60", "1 61 60", "1 61 60", "2 61 60"]);
    io.close();
    sys.close(link);
    for (const source of sources) source.close();
  });

  it("has many sets at once without waiting for each, of any size, and puts others into their places", () => {
    const maps = new FanOutMaps();
    net.createVeth("wfa", "wfb");
    const [a, b] = ["wfa", "wfb"].map((name) => net.link(name)!.ifindex);
    const outer = new BpfMap(maps.fd, {
      ...{ type: mapType.arrayOfMaps, keySize: 4, valueSize: 4 },
      entries: 1024,
      name: "",
    });
    const key = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(number).buffer);
    const value = (map: BpfMap, i: number): number | undefined => {
      const bytes = map.lookup(key(i));
      return bytes && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    };
    const devices = (set: number): (number | undefined)[] => {
      const fd = openObject("map", value(outer, set)!)!;
      const { entries } = mapInfo(fd);
      const map = new BpfMap(fd, { type: mapType.devmap, keySize: 4, valueSize: 4, entries, name: "" });
      const all = Array.from({ length: entries }, (_, i) => value(map, i)).filter((each) => each !== undefined);
      map.close();
      return all;
    };
    const many = (count: number): number[] => Array.from({ length: count }, (_, i) => (i % 2 ? a! : b!));
    const put = (set: number, ...ifindexes: number[]): void => net.within(() => maps.put(set, ifindexes));
    const began = performance.now();
    for (let set = 0; set < 200; set++) put(set, a!, b!);
    // One by one they would take some seconds.
    expect(performance.now() - began).toBeLessThan(1000);
    expect([devices(0), devices(7), devices(8), devices(199)]).toEqual(Array.from({ length: 4 }, () => [a, b]));
    for (const list of [many(300), [b!], many(8), [a!, b!]]) {
      for (const set of [3, 200, 1023]) {
        put(set, ...list);
        expect(devices(set)).toEqual(list);
      }
    }
    expect(() => put(5, a!, 99999, b!)).toThrow();
    put(5, b!);
    expect([devices(5), devices(4), devices(201)]).toEqual([[b], [a, b], []]);
    maps.close();
  });

  it("is brought up again, and tells when it has been taken away", async () => {
    const fanOut = new LinuxFanOut(net, undefined);
    let lost = 0;
    fanOut.onLost = () => void lost++;
    expect(isUp()).toBe(true);
    namespace.ip(`link set ${DEVICE} down`);
    await eventually(isUp, "the device to be up");
    expect(lost).toBe(0);
    namespace.ip(`link del ${DEVICE}`);
    await eventually(() => lost > 0, "word of it");
    // Changes that were told of before it went count for nothing.
    expect(lost).toBe(1);
    fanOut.close(false);
  });

  it("goes where somebody has moved it to another namespace, and does no harm when it goes while it is looked at", async () => {
    const fanOut = new LinuxFanOut(net, pinned());
    let lost = 0;
    fanOut.onLost = () => void lost++;
    const [links, other] = [net.links(), testNamespace()];
    namespace.ip(`link set ${DEVICE} netns /proc/${process.pid}/fd/${other.fd}`);
    await eventually(() => lost > 0, "word of it");
    expect(other.net.link(DEVICE)).toBeUndefined();
    fanOut.close(true);
    other.close();
    const again = new LinuxFanOut(net, undefined);
    again.onLost = () => void lost++;
    // As it was before it went.
    const isDown = links.map((link) => ({ ...link, ifindex: again.ifindex, name: DEVICE, flags: 0 }));
    const seen = vi.spyOn(net, "links").mockReturnValueOnce(isDown);
    namespace.ip(`link del ${DEVICE}`);
    await eventually(() => seen.mock.calls.length > 0, "a look");
    seen.mockRestore();
    again.close(false);
  });

  it("is one of its own for each daemon, and outlasts a process that leaves it", () => {
    const place = pinned();
    const first = new LinuxFanOut(net, place);
    const second = new LinuxFanOut(net, undefined);
    expect(net.link(`${DEVICE}2`)?.ifindex).toBe(second.ifindex);
    for (const each of [first, second]) each.close(true);
    expect([net.link(DEVICE)?.ifindex, net.link(`${DEVICE}2`)]).toEqual([first.ifindex, undefined]);
    inNamespace(namespace, () => removeFanOut(place));
    expect([net.link(DEVICE), existsSync(place)]).toEqual([undefined, true]);
  });

  it("goes with the pins of its daemon, and only where it is", () => {
    const first = new LinuxFanOut(net, pinned());
    first.close(true);
    const other = testNamespace();
    // A device of the same number, and none of ours.
    for (let i = 0; other.net.links().at(-1)!.ifindex < first.ifindex; i++) other.net.createVeth(`wfo${i}`, `wfp${i}`);
    const before = other.net.links().length;
    inNamespace(other, () => removeFanOut(pinned()));
    expect([other.net.links().length, isUp()]).toEqual([before, true]);
    other.close();
    inNamespace(namespace, () => new Pins(directory).remove());
    expect(net.link(DEVICE)).toBeUndefined();
  });
});

describeWith([root, tun], "packets for many ports", () => {
  let worker: BuiltProgram;
  let bed: KernelBed;
  const run = (...args: string[]): void => {
    const [command, ...rest] = [...bed.enter, ...args];
    const { status, stderr } = spawnSync(command!, rest, { encoding: "utf8" });
    expect(status, stderr).toBe(0);
  };
  const byThread = (): number => bed.engine.threads()[0]!.counters[Counter.received]!;
  const frame = Uint8Array.from({ length: 64 }, (_, i) => (i === 12 ? 0x88 : i === 13 ? 0xb5 : 2 * i));

  beforeAll(async () => {
    worker = await buildProgram("userspace-worker");
    bed = kernelBed(worker, { forwardsInKernel: true });
    for (const port of [1, 2, 3, 4, 5, 6]) bed.addPort(`k${port}`, port);
    const [key, mask] = [newKey(), newKey()];
    [key[W.inPort], mask[W.inPort]] = [1, 0xffffffff];
    bed.datapath.putFlow({ ufid: "1".repeat(32), key, mask, actions: parseDatapathActions("2,3,4,5") });
    await bed.datapath.settled();
    await bed.settle();
  });
  afterAll(() => {
    bed?.close();
    worker?.remove();
  });

  const put = (port: number): void => bed.put(port, { data: frame, offload: plainOffload() });
  /** Ports at which the frame arrives that `send` sends, and how many of its packets the thread had to do with. */
  async function arrivals(send: () => void = () => put(1)): Promise<readonly [number[], number]> {
    const before = byThread();
    send();
    await bed.settle();
    const ports = [1, 2, 3, 4, 5, 6].filter((each) => {
      const got = bed.take(each).map(({ data }) => Buffer.from(data).toString("hex"));
      if (got.length > 0) expect(got).toEqual([Buffer.from(frame).toString("hex")]);
      return got.length > 0;
    });
    return [ports, byThread() - before];
  }
  const sets = (): number => bed.engine.kernel.table!.fill().sets.used;

  it("are copied at once by the kernel", async () => {
    expect([await arrivals(), sets()]).toEqual([[[2, 3, 4, 5], 0], 1]);
  });

  it("are the thread's where traffic control has had them come in", async () => {
    bed.net.createVeth("wfx", "wfy");
    for (const end of ["wfx", "wfy"]) bed.net.setUp(end, true);
    run("tc", "qdisc", "add", "dev", "wfy", "clsact");
    const toPort = ["action", "mirred", "ingress", "redirect", "dev", "wek1"];
    run("tc", "filter", "add", "dev", "wfy", "ingress", "protocol", "all", "u32", "match", "u8", "0", "0", ...toPort);
    const [source, io] = [bed.net.capture("wfx", { input: "socket" }), new LinuxFrameIo()];
    io.attach(9, source.frames);
    const send = (): void => {
      io.send(9, frame, 0, 0, frame, 0, frame.length, plainOffload());
      io.flush();
    };
    expect(await arrivals(send)).toEqual([[2, 3, 4, 5], 1]);
    io.close();
    source.close();
  });

  it("are the thread's where they are too long for it, and there is no room for copies one by one", async () => {
    bed.net.createVeth("wek7", "wfk7");
    for (const port of [2, 3, 4, 5, 7]) for (const end of ["we", "wf"]) bed.net.setMtu(`${end}k${port}`, 65535);
    bed.addPort("k7", 7);
    const [key, mask] = [newKey(), newKey()];
    [key[W.inPort], mask[W.inPort]] = [7, 0xffffffff];
    const actions = parseDatapathActions(Array.from({ length: 8 }, () => "2,3,4,5").join());
    bed.datapath.putFlow({ ufid: "7".repeat(32), key, mask, actions });
    await bed.datapath.settled();
    await bed.settle();
    const lengths = [14, 61, 9018, FAN_OUT_LONGEST, FAN_OUT_LONGEST + 1, 16_400];
    const seen = [];
    for (const length of lengths) {
      const before = byThread();
      bed.put(7, { data: Uint8Array.from({ length }, (_, i) => frame[i] ?? i), offload: plainOffload() });
      await bed.settle();
      const got = [2, 3, 4, 5].flatMap((port) => bed.take(port));
      expect(
        got.every(({ data }) => data.length === length && data.at(-1) === (frame[length - 1] ?? (length - 1) & 0xff)),
      ).toBe(true);
      seen.push([got.length, byThread() - before]);
    }
    expect(seen).toEqual(lengths.map((length) => [32, length > FAN_OUT_LONGEST ? 1 : 0]));
    bed.datapath.deleteFlow("7".repeat(32));
  });

  it("are summed at a port that is not to leave that to others", async () => {
    const data = tcpFrame(20);
    const partial = { data, offload: { ...plainOffload(), flags: 1, csumStart: 34, csumOffset: 16 } };
    const at = async (port: number): Promise<readonly [number, boolean]> => {
      bed.put(1, partial);
      await bed.settle();
      const got = [2, 3, 4, 5].flatMap((each) => bed.take(each).map((packet) => ({ each, packet })));
      expect(got.length).toBe(4);
      const { packet } = got.find(({ each }) => each === port)!;
      return [packet.offload.flags & 1, tcpChecksumHolds(packet.data)];
    };
    expect(await at(4)).toEqual([1, false]);
    run("ethtool", "-K", "wek4", "tx", "off");
    await eventually(() => bed.net.directWay("wek4") === undefined, "the change");
    await bed.settle();
    expect(await at(4)).toEqual([0, true]);
    expect(await at(3)).toEqual([1, false]);
    run("ethtool", "-K", "wek4", "tx", "on");
    expect(bed.net.directWay("wek4")).toBeDefined();
    run("ethtool", "-K", "wek4", "tx-checksum-ip-generic", "off");
    expect(bed.net.directWay("wek4")).toBeUndefined();
    run("ethtool", "-K", "wek4", "tx-checksum-ip-generic", "on");
    await bed.settle();
    expect(await at(4)).toEqual([1, false]);
  });

  it("are queued at a port that has a queueing discipline, and copied one by one where the device has gone", async () => {
    const [table, before] = [bed.engine.kernel.table!, sets()];
    run("tc", "qdisc", "add", "dev", "wek3", "root", "pfifo");
    await eventually(() => {
      table.refreshPort(3);
      return sets() === before && table.fill().flows.used === 1;
    }, "the flow");
    expect(await arrivals()).toEqual([[2, 3, 4, 5], 0]);
    run("tc", "-s", "qdisc", "show", "dev", "wek3");
    run("tc", "qdisc", "del", "dev", "wek3", "root");
    table.refreshPort(3);
    expect(await arrivals()).toEqual([[2, 3, 4, 5], 0]);
    run("ip", "link", "del", DEVICE);
    await eventually(() => sets() === 0, "word of it");
    expect(await arrivals()).toEqual([[2, 3, 4, 5], 0]);
  });
});

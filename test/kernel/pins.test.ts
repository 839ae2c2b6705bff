import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { counterRow, FLOW_KEY_SIZE, FORWARD_SLOTS, processorRow, sentRow } from "#bpf/forward/layout.js";
import { linkInfo } from "#host/linux/bpf/object.js";
import { LinuxCaptureRings } from "#host/linux/capture-rings.js";
import { LinuxForwardMaps } from "#host/linux/forward-maps.js";
import { LinuxLeftMaps } from "#host/linux/left-maps.js";
import { LinuxNetHost } from "#host/linux/net-host.js";
import { Pins } from "#host/linux/pins.js";
import * as sys from "#host/linux/syscalls.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";

const name = "wf-dp";

describeWith([root], "what outlasts a process", () => {
  let namespace: TestNamespace;
  let directory: string;
  const closers: (() => void)[] = [];
  /** A process's view: what it opens is closed when it ends. */
  const begin = () => {
    const pins = new Pins(directory);
    const net = new LinuxNetHost(namespace, pins);
    closers.push(() => net.close());
    return { pins, net };
  };
  const open = (pins: Pins): LinuxForwardMaps => {
    pins.need();
    return new LinuxForwardMaps(new LinuxCaptureRings(), undefined, { pins, name });
  };

  beforeEach(() => {
    namespace = testNamespace();
    namespace.net.createVeth("wf0", "wf1");
    directory = mkdtempSync(join(tmpdir(), "weft-pins-"));
  });
  afterEach(() => {
    for (const close of closers.splice(0)) close();
    new Pins(directory).remove();
    namespace.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("is found by run directory alone, and goes whole", () => {
    const { pins } = begin();
    const maps = open(pins);
    expect(existsSync(pins.directory!)).toBe(true);
    expect(new Pins(directory).datapaths()).toEqual([name]);
    expect(new Pins(`${directory}/other`).datapaths()).toEqual([]);
    pins.remove();
    expect(existsSync(pins.directory!)).toBe(false);
    maps.close();
  });

  it("is not there where pins are taken away", () => {
    process.env["WEFT_WITHOUT"] = "pins";
    try {
      expect(() => begin().pins.need()).toThrow(/WEFT_WITHOUT/);
    } finally {
      delete process.env["WEFT_WITHOUT"];
    }
  });

  it("makes a daemon's directory at once, so that what cannot be written to is found out where there is a way without", () => {
    const { pins } = begin();
    expect(pins.isInUse).toBe(false);
    expect(existsSync(pins.need())).toBe(true);
    const maps = open(pins);
    expect(pins.isInUse).toBe(true);
    maps.close();
    expect(pins.isInUse).toBe(false);
    pins.remove();
    expect(existsSync(pins.need())).toBe(true);
    pins.remove();
  });

  it("has maps go with the process unless it leaves them", () => {
    const first = begin();
    open(first.pins).close();
    expect(new Pins(directory).generations(name)).toEqual([]);
    const maps = open(first.pins);
    maps.records!.describe("something");
    maps.leave();
    maps.close();
    first.pins.remove();
    expect(new Pins(directory).generations(name)).toHaveLength(1);
  });

  it("has records, flows and counters be read by another process, and taken out", () => {
    const maps = open(begin().pins);
    const long = Uint8Array.from({ length: 3000 }, (_, i) => i);
    maps.records!.write(3, long);
    maps.records!.write(5, Uint8Array.of(1, 2, 3));
    maps.records!.write(6, new Uint8Array(5000));
    maps.records!.flush();
    const key = new Uint8Array(FLOW_KEY_SIZE).fill(9);
    maps.putFlow(key, 1, 3);
    maps.counters.setBigUint64(3 * counterRow.size + counterRow.packets, 7n, true);
    maps.counters.setBigUint64(3 * counterRow.size + counterRow.used, 2_500_000n, true);
    expect(begin().pins.generations(name)).toHaveLength(1);
    // Nothing has been described yet: nobody got as far as to use them.
    const second = open(begin().pins);
    expect(second.hasLeft).toBe(true);
    expect(second.openLeft()).toBeUndefined();
    maps.records!.describe("first");
    maps.records!.describe("this");
    const left = second.openLeft()!;
    expect(left.description).toBe("this");
    expect(new Map(left.records())).toEqual(
      new Map([
        [3, long],
        [5, Uint8Array.of(1, 2, 3)],
      ]),
    );
    const sent = { ...sentRow, slots: FORWARD_SLOTS };
    const layout = {
      processors: maps.processors,
      rows: maps.flows,
      counter: counterRow,
      processor: processorRow,
      sent,
    };
    maps.sent.setBigUint64(7 * sentRow.size + sentRow.packets, 9n, true);
    maps.sent.setBigUint64((FORWARD_SLOTS + 7) * sentRow.size + sentRow.bytes, 90n, true);
    expect(left.sent(7, layout)).toEqual({ packets: 9, bytes: maps.processors > 1 ? 90 : 0 });
    expect(left.counted(3, layout)).toEqual({ packets: 7, bytes: 0, used: 2.5, tcpFlags: 0 });
    // Of other programs the counters are elsewhere.
    const other = { ...layout, rows: 1, counter: { ...counterRow, size: 8, packets: 3 * counterRow.size - 16 } };
    expect(left.counted(2, other).packets).toBe(7);
    expect(left.valueOf(key, 4)).toBe(3);
    left.deleteFlow(key);
    left.removeRecord(3);
    expect(left.valueOf(key, 4)).toBeUndefined();
    maps.records!.remove([5, 6]);
    expect([...left.records()]).toEqual([]);
    left.close();
    second.removeLeft();
    expect(second.hasLeft).toBe(false);
    maps.close();
    second.close();
  });

  it("hands a device's link on with the program that it has, until it is let go", () => {
    const first = begin();
    const capture = first.net.capture("wf0");
    const { ifindex } = capture.frames;
    first.pins.need();
    first.pins.pinLink(capture.frames.hideLink, capture.frames);
    const { id, programId } = linkInfo(capture.frames.hideLink);
    first.pins.leave();
    capture.close();
    const second = begin();
    const again = second.net.capture("wf0");
    expect(again.hidden.by).toBe("tcx");
    expect(linkInfo(again.frames.hideLink)).toMatchObject({ id, programId, ifindex });
    again.close();
    expect(second.pins.hasLinks).toBe(false);
    const third = begin().net.capture("wf0");
    expect(linkInfo(third.frames.hideLink).id).not.toBe(id);
    third.close();
  });

  it("takes no link over whose device has gone", () => {
    const { pins, net } = begin();
    const capture = net.capture("wf0");
    const { ifindex } = capture.frames;
    pins.need();
    pins.pinLink(capture.frames.hideLink, capture.frames);
    expect(pins.openLink(ifindex + 1)).toBeUndefined();
    const fd = pins.openLink(ifindex);
    expect(fd).toBeGreaterThan(0);
    sys.close(fd!);
    namespace.net.deleteLink("wf0");
    expect(pins.openLink(ifindex)).toBeUndefined();
    expect(pins.hasLinks).toBe(false);
    capture.close();
  });

  it("has a device that filters go on to take frames for others, as long as its link is pinned", () => {
    namespace.ip("link add link wf0 name wf2 type macvlan");
    const isPromiscuous = (): boolean => (namespace.net.link("wf2")!.flags & 0x100) !== 0;
    const first = begin();
    const capture = first.net.capture("wf2");
    expect(isPromiscuous()).toBe(false);
    first.pins.need();
    first.pins.pinLink(capture.frames.hideLink, capture.frames);
    expect(isPromiscuous()).toBe(true);
    first.pins.leave();
    capture.close();
    expect(isPromiscuous()).toBe(true);
    begin().net.capture("wf2").close();
    expect(isPromiscuous()).toBe(false);
    // Of one that somebody else has made so nothing is taken away.
    namespace.ip("link set wf2 promisc on");
    const third = begin();
    const again = third.net.capture("wf2");
    third.pins.pinLink(again.frames.hideLink, again.frames);
    again.close();
    expect(isPromiscuous()).toBe(true);
  });

  it("refuses maps that are not all there", () => {
    const { pins } = begin();
    const maps = open(pins);
    maps.records!.describe("x");
    const [generation] = pins.generations(name);
    rmSync(join(generation!, "counters"));
    expect(() => new LinuxLeftMaps(generation!)).toThrow(/No such file/);
    maps.close();
  });
});

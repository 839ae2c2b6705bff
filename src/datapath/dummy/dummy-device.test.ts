import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "#host/fake/clock.js";
import { FakeFiles } from "#host/fake/files.js";
import { FakeStreams } from "#host/fake/streams.js";
import type { Packet } from "../packet.js";
import type { DummyDevice } from "./dummy-device.js";
import { DummyDevices } from "./dummy-devices.js";

const frame = Uint8Array.from([0x50, 0x54, 0, 0, 0, 0xa, 0x50, 0x54, 0, 0, 0, 9, 0x12, 0x34]);

function make(): { devices: DummyDevices; files: FakeFiles; clock: FakeClock; open(name: string): DummyDevice } {
  const clock = new FakeClock();
  const files = new FakeFiles();
  const devices = new DummyDevices({ clock, files, streams: new FakeStreams() });
  return { devices, files, clock, open: (name) => devices.class("dummy").open(name, new Map()) as DummyDevice };
}

describe("dummy devices", () => {
  it("have addresses in the order they were made, and are known by name until closed", () => {
    const { devices, open } = make();
    const [a, b] = [open("a"), open("b")];
    expect([...a.info().mac]).toEqual([0xaa, 0x55, 0xaa, 0x55, 0, 0]);
    expect([...b.info().mac]).toEqual([0xaa, 0x55, 0xaa, 0x55, 0, 1]);
    expect(devices.get("a")).toBe(a);
    a.close();
    expect(devices.get("a")).toBeUndefined();
  });

  it("count what goes through, and say that they count no more", () => {
    const { open } = make();
    const device = open("a");
    device.receive(frame);
    expect(device.stats().rxPackets).toBe(0);
    const seen: Packet[] = [];
    device.onReceive((packet) => seen.push(packet));
    device.receive(frame);
    device.transmit({ data: frame, offload: seen[0]!.offload });
    expect(device.stats()).toMatchObject({ rxPackets: 1, rxBytes: 14, txPackets: 1, txBytes: 14, rxErrors: -1 });
  });

  it("tell of changes of state, once each", () => {
    const { open } = make();
    const device = open("a");
    let changes = 0;
    device.onChange(() => changes++);
    device.setUp(false);
    device.setUp(false);
    device.setMtu(1400);
    device.setMac(Uint8Array.of(2, 0, 0, 0, 0, 1));
    expect(changes).toBe(3);
    expect(device.info()).toMatchObject({ up: false, carrier: false, mtu: 1400 });
  });

  it("write both directions into one capture file", () => {
    const { open, files } = make();
    const device = open("a");
    device.setOptions(
      new Map([
        ["pcap", "/c"],
        ["tx_pcap", "/t"],
      ]),
    );
    device.onReceive((packet) => device.transmit(packet));
    device.receive(frame);
    const file = files.read("/c");
    expect(file.length).toBe(24 + 2 * (16 + 14));
    expect([...file.subarray(0, 8)]).toEqual([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
    expect([...file.subarray(16, 24)]).toEqual([0xee, 5, 0, 0, 1, 0, 0, 0]);
    expect([...file.subarray(40, 54)]).toEqual([...frame]);
    expect(files.exists("/t")).toBe(false);
  });

  it("write what they send into a file of its own", () => {
    const { open, files } = make();
    const device = open("a");
    device.setOptions(new Map([["tx_pcap", "/t"]]));
    device.onReceive(() => {});
    device.receive(frame);
    expect(files.read("/t").length).toBe(24);
    device.transmit({
      data: frame,
      offload: { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 },
    });
    expect(files.read("/t").length).toBe(24 + 16 + 14);
  });

  it("are wired together by streams, and connect again", async () => {
    const { open, clock } = make();
    const [a, b] = [open("a"), open("b")];
    b.setOptions(new Map([["stream", "unix:/w"]]));
    await settle();
    expect(b.connectionState()).toBe("disconnected");
    a.setOptions(new Map([["pstream", "punix:/w"]]));
    await settle();
    clock.advance(1000);
    await settle();
    expect([a.connectionState(), b.connectionState()]).toEqual([undefined, "connected"]);
    const seen: number[][] = [];
    a.onReceive((packet) => seen.push([...packet.data]));
    b.transmit({
      data: frame,
      offload: { flags: 0, gsoType: 0, headerLength: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 },
    });
    await settle();
    clock.advance(1);
    await settle();
    expect(seen).toEqual([[...frame]]);
    a.close();
    await settle();
    clock.advance(1);
    await settle();
    expect(b.connectionState()).toBe("disconnected");
  });
});

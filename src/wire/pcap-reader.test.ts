import fc from "fast-check";
import { expect, it } from "vitest";
import { PcapError, readPcap } from "./pcap-reader.js";
import { pcapHeader, pcapRecord } from "./pcap-writer.js";

const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(200).fill(7)];
const file: Uint8Array = Uint8Array.from(
  Buffer.concat([pcapHeader(), ...frames.map((f, i) => pcapRecord(f, 5000 + i))]),
);

const changed = (at: number, ...values: readonly number[]): Uint8Array => {
  const copy = file.slice();
  copy.set(values, at);
  return copy;
};

it("reads what is written", () => {
  expect([...readPcap(file)]).toEqual(frames.map((frame, i) => ({ frame, time: 5000 + i })));
});

it("reads the other byte order and nanoseconds", () => {
  const bytes = Uint8Array.from(
    Buffer.from(`a1b23c4d${"0002000400000000000000000000ffff00000001"}000000050098968000000003000000030a0b0c`, "hex"),
  );
  expect([...readPcap(bytes)]).toEqual([{ frame: Uint8Array.of(10, 11, 12), time: 5010 }]);
});

it("makes Ethernet of what is cooked", () => {
  const cooked = Buffer.from(`0000000100060200000000050000${"0800"}4500`, "hex");
  const bytes = Buffer.concat([changed(20, 113).subarray(0, 24), pcapRecord(cooked, 0)]);
  const [record] = [...readPcap(Uint8Array.from(bytes))];
  expect(Buffer.from(record!.frame).toString("hex")).toBe("000000000000020000000005" + "08004500");
});

it.each([
  ["no header", file.subarray(0, 23), "failed to read pcap header: End of file"],
  ["magic", changed(0, 0), "bad magic 0xa1b2c300 reading pcap file"],
  ["network", changed(20, 101), "unknown network type 101 reading pcap file"],
  ["length", changed(32, 0xff, 0xff, 0xff, 0x7f), "bad packet length 4294967167 or 2147483647 reading pcap file"],
  ["end", file.subarray(0, file.length - 1), "failed to read pcap packet: End of file"],
  ["cooked", changed(20, 113), "pcap packet too short for SLL header"],
])("says what is wrong: %s", (_what, bytes, words) => {
  expect(() => [...readPcap(bytes)]).toThrow(words);
});

it("takes any bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 6 }), fc.nat(file.length), (changes, end) => {
      const copy = file.slice(0, end);
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
      try {
        for (const { frame } of readPcap(copy)) expect(frame.length).toBeLessThanOrEqual(copy.length);
      } catch (e) {
        expect(e).toBeInstanceOf(PcapError);
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});

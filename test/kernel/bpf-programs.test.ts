import { expect, it } from "vitest";
import { captureFunctions, captureProgram, captureState, skbPlaces } from "#bpf/capture-program.js";
import { ArrayMap } from "#bpf/interpreter/array-map.js";
import { kernelFunctions } from "#bpf/interpreter/kernel-functions.js";
import { Machine } from "#bpf/interpreter/machine.js";
import { RingMap } from "#bpf/interpreter/ring-map.js";
import { Skb } from "#bpf/interpreter/skb.js";
import { XdpFrame } from "#bpf/interpreter/xdp-frame.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { programType } from "#bpf/program-spec.js";
import { xdpProgram } from "#bpf/xdp-program.js";
import { kernelBtf } from "#host/linux/bpf/kernel-btf.js";
import { createMap } from "#host/linux/bpf/map.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import { Memory } from "#host/linux/memory.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";

const PAGE = 4096;
const ring: MapSpec = { name: "ring", type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: 4 * PAGE };
const state: MapSpec = {
  name: "state",
  type: mapType.array,
  keySize: 4,
  valueSize: captureState.size,
  entries: 1,
  flags: mapFlag.mmapable,
};
const sockets: MapSpec = { name: "sockets", type: mapType.xskmap, keySize: 4, valueSize: 4, entries: 2 };

/** The records in a ring that nobody has read yet: bits 31 and 30 of a record's length say that it is being written, or was discarded. */
function ringRecords(fd: number): Uint8Array[] {
  const memory = Memory.map(fd, PAGE, PAGE + 2 * ring.entries, false);
  try {
    const end = Number(memory.view.getBigUint64(0, true));
    const records: Uint8Array[] = [];
    for (let at = 0; at < end; ) {
      const word = memory.view.getUint32(PAGE + at, true);
      const length = word & 0x3fff_ffff;
      if (word >>> 30 === 0) records.push(memory.bytes.slice(PAGE + at + 8, PAGE + at + 8 + length));
      at += 8 + ((length + 7) & ~7);
    }
    return records;
  } finally {
    memory.release();
  }
}

describeWith([root], "the programs of ports do in the interpreter what they do in the kernel", () => {
  it("captures frames, and counts those that find no room", () => {
    const btf = kernelBtf();
    const places = skbPlaces(btf)!;
    const items = captureProgram([{ id: 5, slot: 2, ring: "ring", state: "state", size: ring.entries }], places);
    const maps = { ring: createMap(ring), state: createMap({ ...state, flags: mapFlag.mmapable }) };
    const shared = Memory.map(maps.state, 0, captureState.size, true);
    const machine = new Machine({ maps: [ring, state], kernelFunctions: kernelFunctions(places) });
    try {
      const ids = captureFunctions.map((name) => [name, btf.functionId(name)!] as const);
      const program = loadProgram({
        type: programType.schedCls,
        name: "weft_capture",
        items,
        symbols: { maps, kernelFunctions: Object.fromEntries(ids) },
      });
      for (let length = 60; length < 3000; length += 97) {
        const frame = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
        frame.set([0x08, 0x00], 12);
        const verdict = Number(machine.run(items, new Skb(frame)));
        expect(testRun(program, frame).verdict).toBe(verdict);
      }
      sys.close(program);
      const theirs = ringRecords(maps.ring);
      expect(theirs.length).toBeGreaterThan(8);
      expect(machine.map("ring", RingMap).drain()).toEqual(theirs);
      expect(shared.view.getBigUint64(captureState.lost(2), true)).toBeGreaterThan(5n);
      expect(machine.map("state", ArrayMap).valueAt(0)).toEqual(shared.bytes.slice());
    } finally {
      shared.release();
      sys.close(maps.ring);
      sys.close(maps.state);
    }
  });

  it("passes frames on where no socket has their queue", () => {
    const map = createMap(sockets);
    try {
      const items = xdpProgram(false);
      const program = loadProgram({
        type: programType.xdp,
        name: "weft_xdp",
        items,
        symbols: { maps: { sockets: map } },
      });
      const frame = Uint8Array.from({ length: 64 }, (_, i) => i);
      const { verdict, data } = testRun(program, frame);
      sys.close(program);
      const ours = new XdpFrame(frame);
      expect([Number(new Machine({ maps: [sockets] }).run(items, ours)), ours.bytes]).toEqual([verdict, data]);
    } finally {
      sys.close(map);
    }
  });
});

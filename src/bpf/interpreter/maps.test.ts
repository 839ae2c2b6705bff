import { describe, expect, it } from "vitest";
import { add, mov } from "../alu.js";
import { callHelper, exit, jumpEqual } from "../control.js";
import { helper } from "../helpers.js";
import { label, type ProgramItem } from "../instruction.js";
import { type MapSpec, mapType } from "../map-spec.js";
import { double, loadMap, loadMapValue, word } from "../memory.js";
import { r0, r1, r2, r3, r4, r10 } from "../registers.js";
import { AddressSpace } from "./address-space.js";
import { ArrayMap } from "./array-map.js";
import { HashMap } from "./hash-map.js";
import { bytesOf32, updateFlag } from "./interpreted-map.js";
import { Machine } from "./machine.js";
import { RingMap } from "./ring-map.js";

const spec = (name: string, type: MapSpec["type"], entries: number): MapSpec => ({
  name,
  type,
  keySize: 4,
  valueSize: 4,
  entries,
});
const ring: MapSpec = { name: "ring", type: mapType.ringbuf, keySize: 0, valueSize: 0, entries: 4096 };
const key = bytesOf32;

describe("maps of the interpreter", () => {
  it("keep an array's values at multiples of 8 bytes", () => {
    const map = new ArrayMap(spec("a", mapType.array, 3), new AddressSpace());
    expect(map.update(key(2), bytesOf32(0x0102), updateFlag.any)).toBe(0);
    expect([...map.bytes]).toEqual([...new Uint8Array(16), 2, 1, 0, 0, 0, 0, 0, 0]);
    expect(map.valueAt(2)).toEqual(bytesOf32(0x0102));
    expect([map.get(key(3)), map.find(key(3))]).toEqual([undefined, undefined]);
    expect(map.update(key(3), bytesOf32(1), updateFlag.any)).toBe(-7);
    expect(map.update(key(1), bytesOf32(1), updateFlag.create)).toBe(-17);
    expect(map.remove()).toBe(-22);
  });

  it("refuse what a full hash cannot take, and updates that do not fit", () => {
    const map = new HashMap(spec("h", mapType.hash, 2), new AddressSpace(), false);
    expect([1, 2, 3].map((n) => map.update(key(n), key(n), updateFlag.any))).toEqual([0, 0, -7]);
    expect(map.update(key(1), key(9), updateFlag.create)).toBe(-17);
    expect(map.update(key(3), key(9), updateFlag.change)).toBe(-2);
    expect(map.update(key(1), key(9), updateFlag.change)).toBe(0);
    expect(map.update(key(1), key(9), 3)).toBe(-22);
    expect([map.remove(key(2)), map.remove(key(2)), map.size]).toEqual([0, -2, 1]);
    expect(map.entries()).toEqual([[key(1), key(9)]]);
  });

  it("drop from an LRU hash what was used longest ago", () => {
    const map = new HashMap(spec("l", mapType.lruHash, 2), new AddressSpace(), true);
    map.update(key(1), key(1), updateFlag.any);
    map.update(key(2), key(2), updateFlag.any);
    map.find(key(1));
    expect(map.update(key(3), key(3), updateFlag.any)).toBe(0);
    expect(map.entries().map(([k]) => k[0])).toEqual([1, 3]);
  });

  it("leave a removed value to who has its address", () => {
    const machine = new Machine({ maps: [spec("h", mapType.hash, 2)] });
    machine.map("h", HashMap).update(key(1), key(44), updateFlag.any);
    const call = (id: number): ProgramItem[] => [loadMap(r1, "h"), mov.reg(r2, r10), add.imm(r2, -4), callHelper(id)];
    const items = [
      word.storeImm(r10, -4, 1),
      ...call(helper.mapLookupElem),
      jumpEqual.imm(r0, 0, "end"),
      double.store(r10, -16, r0),
      ...call(helper.mapDeleteElem),
      double.load(r1, r10, -16),
      word.load(r0, r1, 0),
      label("end"),
      exit(),
    ];
    expect(machine.run(items)).toBe(44n);
    expect(machine.run(items)).toBe(0n);
  });

  it("show programs a whole array", () => {
    const machine = new Machine({ maps: [spec("a", mapType.array, 2)] });
    expect(machine.run([loadMapValue(r1, "a", 8), word.storeImm(r1, 0, 5), mov.imm(r0, 0), exit()])).toBe(0n);
    expect(machine.map("a", ArrayMap).valueAt(1)).toEqual(bytesOf32(5));
    expect(() => machine.run([loadMapValue(r1, "a", 16), word.storeImm(r1, 0, 5), exit()])).toThrow(
      "values of map a+16, of 16 bytes",
    );
  });

  it("do not pretend to be others", () => {
    expect(() => new Machine({ maps: [spec("t", mapType.lpmTrie, 2)] })).toThrow("maps of type 11 are not interpreted");
    expect(() => new Machine({ maps: [ring] }).map("ring", HashMap)).toThrow("there is no HashMap ring");
  });
});

describe("the ring", () => {
  const output = (size: number): ProgramItem[] => [
    double.storeImm(r10, -8, 0x55),
    loadMap(r1, "ring"),
    mov.reg(r2, r10),
    add.imm(r2, -size),
    mov.imm(r3, size),
    mov.imm(r4, 0),
    callHelper(helper.ringbufOutput),
    exit(),
  ];
  const reserve = (finish: number): ProgramItem[] => [
    loadMap(r1, "ring"),
    mov.imm(r2, 8),
    mov.imm(r3, 0),
    callHelper(helper.ringbufReserve),
    jumpEqual.imm(r0, 0, "end"),
    double.storeImm(r0, 0, 9),
    mov.reg(r1, r0),
    mov.imm(r2, 2),
    callHelper(finish),
    label("end"),
    mov.imm(r0, 0),
    exit(),
  ];

  it("gives records out in order, and not those that were discarded", () => {
    const machine = new Machine({ maps: [ring] });
    const map = machine.map("ring", RingMap);
    machine.run(output(8));
    machine.run(reserve(helper.ringbufDiscard));
    machine.run(reserve(helper.ringbufSubmit));
    expect(map.query(0)).toBe(48);
    expect(map.drain().map((record) => record[0])).toEqual([0x55, 9]);
    expect([0, 1, 2, 3].map((what) => map.query(what))).toEqual([0, 4096, 48, 48]);
    expect(map.wakeups).toEqual([0, 2, 2]);
  });

  it("takes nothing when it is full", () => {
    const machine = new Machine({ maps: [ring] });
    const results = Array.from({ length: 9 }, () => BigInt.asIntN(64, machine.run(output(504))));
    expect(results).toEqual([0n, 0n, 0n, 0n, 0n, 0n, 0n, -11n, -11n]);
  });

  it("wants back what was taken, once", () => {
    const machine = new Machine({ maps: [ring] });
    const again = [
      ...reserve(helper.ringbufSubmit).slice(0, -3),
      mov.imm(r2, 0),
      mov.reg(r1, r10),
      callHelper(helper.ringbufSubmit),
      label("end"),
      exit(),
    ];
    expect(() => machine.run(again)).toThrow("gives back what is not reserved");
  });
});

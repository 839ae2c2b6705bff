import { expect, it } from "vitest";
import { add, mov } from "#bpf/alu.js";
import { callHelper, exit, jumpEqual } from "#bpf/control.js";
import { helper } from "#bpf/helpers.js";
import { label, type ProgramItem } from "#bpf/instruction.js";
import { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
import { loadMap, loadMapValue, word } from "#bpf/memory.js";
import { programType } from "#bpf/program-spec.js";
import { r0, r1, r2, r3, r10 } from "#bpf/registers.js";
import { BpfMap, MappedArray } from "#host/linux/bpf/map.js";
import { MapBatch } from "#host/linux/bpf/map-batch.js";
import { possibleCpus } from "#host/linux/bpf/possible-cpus.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";

const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);
const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
const packet = new Uint8Array(64);

function using<T>(spec: Partial<MapSpec>, run: (map: BpfMap) => T): T {
  const map = BpfMap.create({ name: "wk_test", type: mapType.hash, keySize: 4, valueSize: 8, entries: 1000, ...spec });
  try {
    return run(map);
  } finally {
    map.close();
  }
}

function verdict(items: readonly ProgramItem[], maps: Record<string, number>): number {
  const fd = loadProgram({ type: programType.schedCls, name: "wk_test", items, symbols: { maps } });
  try {
    return testRun(fd, packet).verdict;
  } finally {
    sys.close(fd);
  }
}

describeWith([root], "BPF maps", () => {
  for (const type of ["hash", "lruHash"] as const) {
    it(`of type ${type} keep, give and forget elements`, () => {
      using({ type: mapType[type] }, (map) => {
        expect(map.lookup(u32(1))).toBeUndefined();
        expect(map.update(u32(1), u64(7n))).toBe(true);
        expect(map.lookup(u32(1))).toEqual(u64(7n));
        expect(map.update(u32(1), u64(8n), "add")).toBe(false);
        expect(map.update(u32(2), u64(8n), "replace")).toBe(false);
        expect(map.update(u32(1), u64(9n), "replace")).toBe(true);
        expect(map.update(u32(3), u64(3n), "add")).toBe(true);
        expect([...map.keys()].map(numberOf).sort()).toEqual([1, 3]);
        expect(map.delete(u32(1))).toBe(true);
        expect(map.delete(u32(1))).toBe(false);
        expect(map.lookup(u32(1))).toBeUndefined();
      });
    });
  }

  it("that are full say so, and LRU ones make room", () => {
    using({ entries: 2 }, (map) => {
      expect([1, 2, 3].map((key) => map.update(u32(key), u64(0n)))).toEqual([true, true, false]);
      expect(map.update(u32(2), u64(1n))).toBe(true);
    });
    using({ type: mapType.lruHash, entries: 64 }, (map) => {
      for (let key = 0; key < 1000; key++) expect(map.update(u32(key), u64(0n))).toBe(true);
      const count = [...map.keys()].length;
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(1000);
    });
  });

  it("refuse keys and values of other sizes, and name themselves in the kernel's complaints", () => {
    using({}, (map) => {
      expect(() => map.lookup(new Uint8Array(5))).toThrow("5 bytes are no key of wk_test");
      expect(() => map.update(u32(1), new Uint8Array(4))).toThrow("4 bytes are no value of wk_test");
    });
    using({ type: mapType.array }, (map) => {
      expect(() => map.delete(u32(1))).toThrow(
        expect.objectContaining({ code: "EINVAL", tried: "bpf map wk_test delete" }),
      );
      expect(map.lookup(u32(1000))).toBeUndefined();
    });
    expect(() => BpfMap.create({ name: "wk_bad", type: mapType.hash, keySize: 0, valueSize: 8, entries: 1 })).toThrow(
      "bpf map wk_bad: Invalid argument",
    );
  });

  it("per CPU have a value for each", () => {
    using({ type: mapType.percpuArray, entries: 1, valueSize: 12 }, (map) => {
      expect(map.stride).toBe(16 * possibleCpus());
      const count: ProgramItem[] = [
        word.storeImm(r10, -4, 0),
        loadMap(r1, "map"),
        mov.reg(r2, r10),
        add.imm(r2, -4),
        callHelper(helper.mapLookupElem),
        jumpEqual.imm(r0, 0, "out"),
        word.load(r1, r0, 8),
        add.imm(r1, 1),
        word.store(r0, 8, r1),
        label("out"),
        mov.imm(r0, 0),
        exit(),
      ];
      for (let i = 0; i < 3; i++) verdict(count, { map: map.fd });
      const value = map.lookup(u32(0))!;
      const view = new DataView(value.buffer, value.byteOffset);
      const counts = Array.from({ length: possibleCpus() }, (_, cpu) => view.getUint32(16 * cpu + 8, true));
      expect(counts.reduce((sum, n) => sum + n)).toBe(3);
    });
  });

  it("that are mapped are the same memory on both sides", () => {
    const mapped = { type: mapType.array, flags: mapFlag.mmapable, valueSize: 12 };
    using({ ...mapped, entries: 1 }, (map) => {
      const array = new MappedArray(map);
      array.memory.words[0] = 41;
      const program = [loadMapValue(r1, "map"), word.load(r0, r1, 0), mov.imm(r2, 1), word.fetchAdd(r1, 4, r2), exit()];
      expect(verdict(program, { map: map.fd })).toBe(41);
      expect(array.memory.words[1]).toBe(1);
      array.close();
    });
    using({ ...mapped, entries: 700 }, (map) => {
      const array = new MappedArray(map);
      expect(array.stride).toBe(16);
      array.memory.words[array.at(699) >> 2] = 77;
      expect(numberOf(map.lookup(u32(699))!)).toBe(77);
      array.close();
    });
    using({ type: mapType.array }, (map) => {
      expect(() => new MappedArray(map)).toThrow("mmap of a descriptor");
    });
  });

  it("of programs take tail calls to another one", () => {
    using({ type: mapType.progArray, valueSize: 4, entries: 4 }, (programs) => {
      const target = loadProgram({ type: programType.schedCls, name: "wk_target", items: [mov.imm(r0, 99), exit()] });
      const jump = [loadMap(r2, "programs"), mov.imm(r3, 2), callHelper(helper.tailCall), mov.imm(r0, 1), exit()];
      expect(verdict(jump, { programs: programs.fd })).toBe(1);
      expect(programs.update(u32(2), u32(target))).toBe(true);
      sys.close(target);
      expect(verdict(jump, { programs: programs.fd })).toBe(99);
      expect(programs.delete(u32(2))).toBe(true);
      expect(verdict(jump, { programs: programs.fd })).toBe(1);
    });
  });
});

describeWith([root], "batches of a BPF map", () => {
  /** Puts the numbers from `first` on, each with ten times itself. */
  function fill(batch: MapBatch, count: number, first = 0): number {
    const keys = new DataView(batch.keys.buffer, batch.keys.byteOffset);
    for (let i = 0; i < count; i++) {
      keys.setUint32(4 * i, first + i, true);
      batch.valuesView.setBigUint64(8 * i, BigInt(10 * (first + i)), true);
    }
    return batch.update(count);
  }

  function readAll(batch: MapBatch, remove = false): Map<number, bigint> {
    const found = new Map<number, bigint>();
    for (const count of batch.read(remove)) {
      const keys = new DataView(batch.keys.buffer, batch.keys.byteOffset);
      for (let i = 0; i < count; i++)
        found.set(keys.getUint32(4 * i, true), batch.valuesView.getBigUint64(8 * i, true));
    }
    return found;
  }

  for (const type of ["hash", "lruHash"] as const) {
    it(`of type ${type} put, read and remove many elements`, () => {
      using({ type: mapType[type], entries: 20_000 }, (map) => {
        const batch = new MapBatch(map, 1000);
        for (let first = 0; first < 5000; first += 1000) expect(fill(batch, 1000, first)).toBe(1000);
        const found = readAll(batch);
        expect(found.size).toBe(5000);
        for (const [key, value] of found) expect(value).toBe(BigInt(10 * key));
        fill(batch, 1000, 4500);
        map.delete(u32(4700));
        map.delete(u32(4701));
        expect(batch.delete(1000)).toBe(998);
        expect(readAll(batch, true).size).toBe(4500);
        expect(readAll(batch).size).toBe(0);
        batch.close();
      });
    });
  }

  it("say how many were put before the map was full", () => {
    using({ entries: 100 }, (map) => {
      const batch = new MapBatch(map, 150);
      expect(fill(batch, 150)).toBe(100);
      expect(readAll(batch).size).toBe(100);
      batch.close();
    });
  });

  it("read arrays, also per CPU, in several calls", () => {
    using({ type: mapType.array, entries: 250 }, (map) => {
      const batch = new MapBatch(map, 100);
      expect(fill(batch, 100, 150)).toBe(100);
      const found = readAll(batch);
      expect(found.size).toBe(250);
      expect([found.get(0), found.get(249)]).toEqual([0n, 2490n]);
      batch.close();
    });
    using({ type: mapType.percpuArray, entries: 250 }, (map) => {
      const batch = new MapBatch(map, 100);
      let count = 0;
      for (const step of batch.read()) count += step;
      expect(count).toBe(250);
      batch.close();
    });
  });
});

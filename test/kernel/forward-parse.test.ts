import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { add, mov } from "#bpf/alu.js";
import { callHelper, exit, jumpEqual } from "#bpf/control.js";
import { scratch } from "#bpf/forward/layout.js";
import { parseFrame } from "#bpf/forward/parse.js";
import { helper } from "#bpf/helpers.js";
import { label } from "#bpf/instruction.js";
import { mapFlag, mapType } from "#bpf/map-spec.js";
import { loadMap, loadMapValue, word } from "#bpf/memory.js";
import { programType } from "#bpf/program-spec.js";
import { r0, r1, r2, r6, r7, r10 } from "#bpf/registers.js";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { CORE_WORDS, PACKET_START, W } from "#flow/layout.js";
import { createMap } from "#host/linux/bpf/map.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import { Memory } from "#host/linux/memory.js";
import * as sys from "#host/linux/syscalls.js";
import { hostileFrames } from "../support/hostile-frames.js";
import { icmp, ipv6 } from "../support/ip-frames.js";
import { describeWith, root } from "../support/needs.js";

const leastOf: Record<number, number> = { 2048: 34, 34525: 54 };

// The kernel lets no test begin with less.
const frames = hostileFrames.filter(
  (frame) => frame.length >= (leastOf[((frame[12] ?? 0) << 8) | (frame[13] ?? 0)] ?? 15),
);

describeWith([root], "the forwarding program's parser", () => {
  const fds: number[] = [];
  let out: Memory;
  let program: number;

  beforeAll(() => {
    const common = { keySize: 4, entries: 1 };
    const shared = createMap({
      ...common,
      type: mapType.array,
      valueSize: 4096,
      flags: mapFlag.mmapable,
      name: "wl_out",
    });
    const memory = createMap({ ...common, type: mapType.percpuArray, valueSize: scratch.size, name: "wl_scratch" });
    out = Memory.map(shared, 0, 4096, true);
    const items = [
      mov.reg(r6, r1),
      word.storeImm(r10, -4, 0),
      loadMap(r1, "scratch"),
      mov.reg(r2, r10),
      add.imm(r2, -4),
      callHelper(helper.mapLookupElem),
      jumpEqual.imm(r0, 0, "other"),
      mov.reg(r7, r0),
      ...parseFrame(W, { known: "known", other: "other" }),
      label("known"),
      loadMapValue(r2, "out"),
      ...Array.from({ length: CORE_WORDS - PACKET_START }, (_, i) => [
        word.load(r1, r7, scratch.key + 4 * (PACKET_START + i)),
        word.store(r2, 4 * i, r1),
      ]).flat(),
      mov.imm(r0, 1),
      exit(),
      label("other"),
      mov.imm(r0, 0),
      exit(),
    ];
    const symbols = { maps: { out: shared, scratch: memory } };
    program = loadProgram({ type: programType.schedCls, items, symbols, name: "wl_parse" });
    fds.push(shared, memory, program);
  });
  afterAll(() => {
    out.release();
    for (const fd of fds) sys.close(fd);
  });

  it("reads the same keys as extractKey, or leaves the frame alone", () => {
    const key = newKey();
    const meta = newKey();
    const layers = newLayers();
    let known = 0;
    let runs = 0;
    fc.assert(
      fc.property(frames, (frame) => {
        runs++;
        extractKey(frame, 0, frame.length, meta, key, layers);
        const { verdict } = testRun(program, frame);
        if (verdict === 0) return;
        known++;
        expect([...out.words.subarray(0, CORE_WORDS - PACKET_START)]).toEqual([
          ...key.subarray(PACKET_START, CORE_WORDS),
        ]);
      }),
      { numRuns: 5000, seed: Number(process.env["WEFT_SEED"] ?? 1) },
    );
    expect(known / runs).toBeGreaterThan(0.3);
  });

  it("knows neighbour messages with one option at the most", () => {
    const option = (type: number, length = 1): number[] => [type, length, 2, 0, 0, 0, 0, 9];
    const messages: readonly (readonly [options: readonly number[], isKnown: boolean, type?: number, code?: number])[] =
      [
        [[], true],
        [option(1), true],
        [option(2), true, 136],
        // A nonce, which keeps no address.
        [option(14), true],
        [[...option(1), 0, 0, 0], true],
        [option(1).slice(0, 7), true],
        [[...option(1), ...option(2)], false],
        [[...option(1), ...option(1)], false],
        [option(1, 0), false],
        [option(1, 2), false],
        [[...option(2, 2), 0, 0, 0, 0, 0, 0, 0, 0], false],
        [[...option(1), ...option(2)], true, 136, 1],
        [option(1), true, 137],
      ];
    for (const [options, isKnown, type = 135, code = 0] of messages) {
      const target = Array.from({ length: 16 }, (_, i) => 0xf0 + i);
      const frame = icmp(ipv6, 1, 2, type, code, 0x12345678, Uint8Array.from([...target, ...options]));
      const key = newKey();
      extractKey(frame, 0, frame.length, newKey(), key, newLayers());
      expect(testRun(program, frame).verdict, options.join()).toBe(isKnown ? 1 : 0);
      if (isKnown) {
        expect([...out.words.subarray(0, CORE_WORDS - PACKET_START)]).toEqual([
          ...key.subarray(PACKET_START, CORE_WORDS),
        ]);
      }
    }
    // Cut off within its target.
    const short = icmp(ipv6, 1, 2, 135, 0, 0, new Uint8Array(15));
    expect(testRun(program, short).verdict).toBe(0);
  });

  it("knows ordinary frames", () => {
    const tcpFrame = Uint8Array.from([
      ...[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0],
      ...[0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2],
      ...[0, 80, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x12, 0x20, 0, 0, 0, 0, 0],
    ]);
    expect(testRun(program, tcpFrame).verdict).toBe(1);
    expect(out.words[W.tp - PACKET_START]).toBe(0x00501000);
    expect(out.words[W.l4 - PACKET_START]).toBe(0x12);
  });
});

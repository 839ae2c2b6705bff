import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { FRAG_ANY, FRAG_LATER, VLAN_PRESENT, W } from "#flow/layout.js";
import { put16 } from "#util/big-endian.js";
import { crc32c, foldSum, pseudoSum4, pseudoSum6 } from "#wire/checksum.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import type { DatapathAction } from "../actions.js";
import { compileActions } from "./compile.js";
import { COUNTERS } from "./counters.js";
import { Forwarder } from "./forwarder.js";
import { HeadArena } from "./frames/head-arena.js";

interface Sent {
  readonly port: number;
  readonly bytes: number[];
  readonly offload: Offload;
}

/** The frame of a key; with `partial`, its transport checksum is left to the device, as a guest's kernel leaves it. */
function frameOf(key: FlowKey, payload: Uint8Array, partial: boolean): { data: Uint8Array; offload: Offload } {
  const data = composeFrame(key, { payload });
  const offload = plainOffload();
  const layers = newLayers();
  extractKey(data, 0, data.length, newKey(), newKey(), layers);
  // Composed frames leave this one out; of a fragment it is taken over what there is.
  if (layers.proto === 132 && layers.l4 >= 0) {
    data.fill(0, layers.l4 + 8, layers.l4 + 12);
    new DataView(data.buffer).setUint32(layers.l4 + 8, crc32c(data, layers.l4, layers.end), true);
  }
  const field = layers.proto === 6 ? 16 : layers.proto === 17 ? 6 : -1;
  const isFragment = ((key[W.nw]! >>> 24) & FRAG_ANY) !== 0;
  if (!partial || layers.l4 < 0 || field < 0 || isFragment) return { data, offload };
  const length = layers.end - layers.l4;
  const pseudo =
    key[W.ethType] === 0x0800
      ? pseudoSum4(data, layers.l3, layers.proto, length)
      : pseudoSum6(data, layers.l3, layers.proto, length);
  put16(data, layers.l4 + field, foldSum(pseudo));
  Object.assign(offload, { flags: 1, csumStart: layers.l4, csumOffset: field });
  return { data, offload };
}

/** The slow, obvious switch: it knows packets only as keys, and makes every frame it sends anew. */
function obvious(start: FlowKey, payload: Uint8Array, partial: boolean, actions: readonly DatapathAction[]): Sent[] {
  const sent: Sent[] = [];
  const key = start.slice();
  /** What stands in front of the whole frame: a label or a service header, and Ethernet before these. */
  let front: number[] = [];
  for (const action of actions) {
    if (action.kind === "set") {
      for (let w = 0; w < key.length; w++) key[w] = (key[w]! & ~action.mask[w]!) | (action.value[w]! & action.mask[w]!);
    } else if (action.kind === "push_vlan") {
      key[W.vlan0 + 1] = key[W.vlan0]!;
      key[W.vlan0] = (action.tpid << 16) | VLAN_PRESENT | (action.pcp << 13) | action.vid;
    } else if (action.kind === "pop_vlan") {
      key[W.vlan0] = key[W.vlan0 + 1]!;
      key[W.vlan0 + 1] = 0;
    } else if (action.kind === "clone") sent.push(...obvious(key, payload, partial, action.actions));
    else if (action.kind === "push_nsh") front = [...action.header];
    else if (action.kind === "add_mpls") front = [...words32(action.lse)];
    else if (action.kind === "push_eth") {
      front = [
        ...action.destination,
        ...action.source,
        ...(front.length === 4 ? [0x88, 0x47] : [0x89, 0x4f]),
        ...front,
      ];
    } else if (action.kind === "pop_eth") front = front.slice(14);
    else if (action.kind === "pop_nsh" || action.kind === "pop_mpls") front = [];
    else if (action.kind === "output") {
      const { data, offload } = frameOf(key, payload, partial);
      if ((offload.flags & 1) !== 0) offload.csumStart += front.length;
      sent.push({ port: action.port, bytes: [...front, ...data], offload });
    }
  }
  return sent;
}

/** The engine under test, with its outputs copied only when all is done, so that a head changed after it was sent shows. */
function engine(data: Uint8Array, offload: Offload, key: FlowKey, actions: readonly DatapathAction[]): Sent[] {
  const queued: { port: number; parts: Uint8Array[]; offload: Offload }[] = [];
  const forwarder = new Forwarder(
    {
      send: (port, head, headAt, headLength, tail, tailAt, tailLength, o) => {
        const parts = [head.subarray(headAt, headAt + headLength), tail.subarray(tailAt, tailAt + tailLength)];
        queued.push({ port, parts, offload: { ...o } });
      },
    },
    { upcall: () => false },
    { counters: new Float64Array(COUNTERS), arena: new HeadArena(new Uint8Array(4096)), random: () => 0 },
  );
  for (const port of [1, 2, 3]) forwarder.addPort(port);
  forwarder.execute({ data, offload }, key, compileActions(actions, key));
  return queued.map((q) => ({ port: q.port, bytes: q.parts.flatMap((p) => [...p]), offload: q.offload }));
}

const words32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const mask32 = fc.oneof(fc.constant(0), fc.constant(0xffffffff), u32);

interface Shape {
  readonly etherType: number;
  readonly protocol: number;
  readonly fragment: number;
  readonly tagged: boolean;
  readonly nd: boolean;
}

const shape: fc.Arbitrary<Shape> = fc
  .record({
    etherType: fc.constantFrom(0x1234, 0x0806, 0x0800, 0x0800, 0x86dd, 0x86dd),
    protocol: fc.constantFrom(6, 17, 132, 1, 47),
    fragment: fc.constantFrom(0, 0, 0, FRAG_ANY, FRAG_ANY | FRAG_LATER),
    tagged: fc.boolean(),
    nd: fc.constantFrom(false, false, true),
  })
  .map((s) => {
    const isIp = s.etherType === 0x0800 || s.etherType === 0x86dd;
    const protocol = s.etherType === 0x86dd && (s.nd || s.protocol === 1) ? 58 : s.protocol;
    return { ...s, protocol, nd: s.nd && s.etherType === 0x86dd, fragment: isIp && !s.nd ? s.fragment : 0 };
  });

/** Words that a packet of this shape has, with the bits that can be set. */
function settable(s: Shape): [word: number, bits: number][] {
  const words: [number, number][] = [
    [W.eth, 0xffffffff],
    [W.eth + 1, 0xffffffff],
    [W.eth + 2, 0xffffffff],
  ];
  const run = (first: number, count: number): void => {
    for (let i = 0; i < count; i++) words.push([first + i, 0xffffffff]);
  };
  if (s.etherType === 0x0806) {
    run(W.nwSrc, 2);
    run(W.arpHw, 3);
  }
  if (s.etherType === 0x0800) run(W.nwSrc, 2);
  if (s.etherType === 0x86dd) {
    run(W.ipv6Src, 8);
    words.push([W.ipv6Label, 0xfffff]);
  }
  if (s.etherType === 0x0800 || s.etherType === 0x86dd) {
    words.push([W.nw, 0x00ffff00]);
    const later = (s.fragment & FRAG_LATER) !== 0;
    if (!later && [6, 17, 132].includes(s.protocol)) run(W.tp, 1);
    if (s.nd) {
      run(W.ndTarget, 4);
      run(W.arpHw, 3);
    }
  }
  return words;
}

function keyOf(s: Shape, words: readonly number[]): FlowKey {
  const key = newKey();
  let i = 0;
  const next = (): number => words[i++ % words.length]!;
  for (const [w, bits] of settable(s)) key[w] = next() & bits;
  key[W.ethType] = s.etherType;
  if (s.tagged) key[W.vlan0] = (0x8100 << 16) | VLAN_PRESENT | (next() & 0xefff);
  if (s.etherType === 0x0806) key[W.nw] = 1;
  if (s.etherType === 0x0800 || s.etherType === 0x86dd) {
    key[W.nw] = (s.fragment << 24) | (next() & 0x00ffff00) | s.protocol;
    if (s.protocol === 6 && (s.fragment & FRAG_LATER) === 0) key[W.l4] = next() & 0xfff;
    if (s.nd) key[W.tp] = 135 << 16;
  }
  return key;
}

const actionsFor = (s: Shape, depth: number): fc.Arbitrary<DatapathAction[]> => {
  const set: fc.Arbitrary<DatapathAction> = fc
    .array(fc.tuple(fc.constantFrom(...settable(s)), u32, mask32), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const value = newKey();
      const mask = newKey();
      for (const [[word, bits], v, m] of changes) {
        value[word] = (v & m & bits) >>> 0;
        mask[word] = (m & bits) >>> 0;
      }
      return { kind: "set", value, mask };
    });
  const output: fc.Arbitrary<DatapathAction> = fc.constantFrom(1, 2, 3).map((port) => ({ kind: "output", port }));
  const tags: fc.Arbitrary<DatapathAction[]> = fc
    .tuple(fc.constantFrom(0x8100, 0x88a8), fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 0, max: 7 }))
    .chain(([tpid, vid, pcp]) =>
      fc
        .tuple(set, output)
        .map(([a, b]): DatapathAction[] => [{ kind: "push_vlan", tpid, vid, pcp }, b, a, b, { kind: "pop_vlan" }]),
    );
  const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });
  const serviceHeader: fc.Arbitrary<DatapathAction> = fc.nat({ max: 40 }).chain((more) =>
    fc.uint8Array({ minLength: 8 + 4 * more, maxLength: 8 + 4 * more }).map((header) => {
      put16(header, 0, (header.length >> 2) | 0x0fc0);
      header[2] = 2;
      header[3] = 3;
      return { kind: "push_nsh", header };
    }),
  );
  /** A frame goes out as the payload of another, and is itself again. */
  const wrapped: fc.Arbitrary<DatapathAction[]> = fc
    .tuple(
      fc.oneof(
        serviceHeader.map((push): [DatapathAction, DatapathAction[]] => [
          push,
          [{ kind: "pop_eth" }, { kind: "pop_nsh" }],
        ]),
        u32.map((n): [DatapathAction, DatapathAction[]] => [
          { kind: "add_mpls", lse: (n | 0x100) >>> 0, ethertype: 0x8847 },
          [{ kind: "pop_mpls", ethertype: 0x6558 }],
        ]),
      ),
      mac,
      mac,
      output,
    )
    .map(([[push, pops], source, destination, out]) => [push, { kind: "push_eth", source, destination }, out, ...pops]);
  const single = fc.oneof(set, output, output).map((a) => [a]);
  const nested =
    depth > 1 ? [] : [actionsFor(s, depth + 1).map((actions): DatapathAction[] => [{ kind: "clone", actions }])];
  const pop: fc.Arbitrary<DatapathAction[]> = fc.constant(s.tagged && depth === 0 ? [{ kind: "pop_vlan" }] : []);
  return fc
    .tuple(fc.array(fc.oneof(single, single, tags, wrapped, ...nested), { maxLength: 6 }), pop, output)
    .map(([lists, last, out]) => [...lists.flat(), ...last, out]);
};

const scene = shape.chain((s) =>
  fc.record({
    shape: fc.constant(s),
    words: fc.array(u32, { minLength: 8, maxLength: 8 }),
    payload: fc.uint8Array({ minLength: 8, maxLength: 80 }),
    partial: fc.boolean(),
    actions: actionsFor(s, 0),
  }),
);

describe("the engine against a slow, obvious switch", () => {
  it("sends the same frames, with the same checksums and offload state", () => {
    fc.assert(
      fc.property(scene, ({ shape: s, words, payload, partial, actions }) => {
        const key = keyOf(s, words);
        const { data, offload } = frameOf(key, payload, partial);
        expect(engine(data, offload, key, actions)).toEqual(obvious(key, payload, partial, actions));
      }),
      { seed: 20240, numRuns: 1000 },
    );
  });
});

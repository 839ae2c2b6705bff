// Micro-benchmarks of the flow layer: extraction and lookups. Run with: node tools/run.mjs bench/flow.ts
import { bench, do_not_optimize, group, run, summary } from "mitata";
import { Classifier } from "#flow/classifier.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { makeMatch } from "#flow/match.js";
import { MegaflowTable } from "#flow/megaflow-table.js";

const frames: Record<string, string> = {
  "TCP, 64 bytes":
    "50540000000250540000000108004500003200010000400600000a0000010a0000020050c000000000010000000250120400000000000102030405060708090a",
  "VLAN UDP":
    "5054000000025054000000018100600508004500002c00010000401100000a0000010a0000020035d43100180000aabbccddeeff0011aabbccddeeff0011",
  ARP: "ffffffffffff505400000001080600010800060400015054000000010a0000010000000000000a000002",
  "IPv6 TCP":
    "50540000000250540000000186dd6123456700190640fe800000000000000000000000000001ff0200000000000000000000000000020050c000000000010000000250120400000000000102030405",
};

const layers = newLayers();
const meta = newKey();
meta[W.inPort] = 1;

group("extractKey", () => {
  for (const [name, hex] of Object.entries(frames)) {
    // An offset, as in a ring: and several frames, so that nothing is folded.
    const ring = new Uint8Array(4096);
    const one = Uint8Array.from(Buffer.from(hex, "hex"));
    for (let i = 0; i < 16; i++) ring.set(one, 18 + i * 200);
    const key = newKey();
    key.set(meta);
    if (extractKey(one, 0, one.length, meta, newKey(), layers) !== 0) throw new Error(`${name} is not well formed`);
    let n = 0;
    bench(`${name}, metadata kept`, () => {
      n = (n + 1) & 15;
      do_not_optimize(extractKey(ring, 18 + n * 200, one.length, key, key, layers));
    });
    bench(`${name}, metadata copied`, () => {
      n = (n + 1) & 15;
      do_not_optimize(extractKey(ring, 18 + n * 200, one.length, meta, key, layers));
    });
  }
});

const fiveTuple = newKey();
for (const w of [W.inPort, W.nwSrc, W.nwDst, W.tp]) fiveTuple[w] = 0xffffffff;
fiveTuple[W.ethType] = 0xffff;
fiveTuple[W.nw] = 0xff0000ff;

const macs = newKey();
for (const w of [W.inPort, W.eth, W.eth + 1, W.eth + 2]) macs[w] = 0xffffffff;
macs[W.ethType] = 0xffff;
macs[W.vlan0] = 0x1fff;

function keysOf(count: number): FlowKey[] {
  return Array.from({ length: count }, (_, i) => {
    const key = newKey();
    key[W.inPort] = i & 7;
    key[W.eth + 2] = Math.imul(i, 2654435761);
    key[W.ethType] = 0x0800;
    key[W.nwSrc] = 0x0a000000 + i;
    key[W.nwDst] = 0x0a800000 + (i >>> 3);
    key[W.nw] = 6;
    key[W.tp] = Math.imul(i, 40503);
    return key;
  });
}

function megaflows(masks: number, flows: number, base: FlowKey): { table: MegaflowTable<number>; keys: FlowKey[] } {
  const table = new MegaflowTable<number>();
  const keys = keysOf(flows);
  for (const [i, key] of keys.entries()) {
    // One more masked bit of a register makes another mask; the key has another value there.
    const mask = base.slice();
    mask[W.reg] = (i % masks) + 1;
    key[W.reg] = (i % masks) + 1;
    table.insert(key, mask, i);
  }
  return { table, keys };
}

summary(() => {
  group("MegaflowTable.lookup, hit", () => {
    for (const [name, base] of [
      ["MAC", macs],
      ["5-tuple", fiveTuple],
    ] as const) {
      for (const [masks, flows] of [
        [1, 64],
        [1, 10_000],
        [8, 10_000],
        [32, 10_000],
      ] as const) {
        const { table, keys } = megaflows(masks, flows, base);
        let n = 0;
        bench(`${name}, ${flows} flows, ${masks} masks`, () => {
          n = n + 1 === keys.length ? 0 : n + 1;
          do_not_optimize(table.lookup(keys[n]!));
        });
      }
    }
  });
  group("MegaflowTable.lookup, miss", () => {
    for (const masks of [1, 8, 32]) {
      const { table } = megaflows(masks, 10_000, fiveTuple);
      const strangers = keysOf(1024);
      for (const [i, key] of strangers.entries()) key[W.nwDst] = Math.imul(i, 69069);
      let n = 0;
      bench(`5-tuple, 10000 flows, ${masks} masks`, () => {
        n = (n + 1) & 1023;
        do_not_optimize(table.lookup(strangers[n]!));
      });
    }
  });
});

group("Classifier.lookup", () => {
  const rules = new Classifier<number>();
  const keys = keysOf(1000);
  for (const [i, key] of keys.entries()) rules.insert(makeMatch(key, i % 2 === 0 ? fiveTuple : macs), 100 + (i & 3), i);
  const looked = newKey();
  let n = 0;
  bench("1000 rules, 2 masks", () => {
    n = n + 1 === keys.length ? 0 : n + 1;
    do_not_optimize(rules.lookup(0, keys[n]!));
  });
  bench("1000 rules, 2 masks, recording", () => {
    n = n + 1 === keys.length ? 0 : n + 1;
    do_not_optimize(rules.lookup(0, keys[n]!, looked));
  });
});

run().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});

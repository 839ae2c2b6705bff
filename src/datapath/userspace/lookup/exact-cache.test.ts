import { expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { ExactCache } from "./exact-cache.js";

const words = { port: W.tp, address: W.nwSrc, source: W.eth + 2, ipv6: W.ipv6Dst + 3, label: W.mpls } as const;

it.each(Object.entries(words))("hashes that differ in a %s spread over the sets", (_, word) => {
  const cache = new ExactCache();
  for (const shift of [0, 8, 16, 24]) {
    const seen = new Set<number>();
    const key = newKey();
    for (let i = 0; i < 256; i++) {
      key[word] = (i << shift) >>> 0;
      seen.add(cache.hash(key) & 255);
    }
    // 256 balls in 256 bins fill 162 on average.
    expect(seen.size).toBeGreaterThan(130);
  }
});

it("tells keys apart that differ in any word of the packet", () => {
  const cache = new ExactCache();
  const flow = {
    id: 1,
    program: [],
    stats: new Float64Array(4),
    statsAt: 0,
    isElsewhere: false,
    dead: false,
    index: 0,
  };
  const key = newKey();
  cache.insert(3, key, flow);
  expect(cache.lookup(3, key)).toBe(flow);
  for (let w: number = W.eth; w < W.tunMetadata; w++) {
    key[w] = 1;
    expect(cache.lookup(3, key)).toBeUndefined();
    key[w] = 0;
  }
  flow.dead = true;
  expect(cache.lookup(3, key)).toBeUndefined();
});

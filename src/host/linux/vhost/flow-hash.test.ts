import { describe, expect, it } from "vitest";
import { flowHash } from "./flow-hash.js";

/** An IPv4 or IPv6 frame with ports. */
function frame(version: 4 | 6, ports: readonly number[], fragment = 0): Uint8Array {
  const b = new Uint8Array(78);
  b.set(version === 4 ? [8, 0, 0x45] : [0x86, 0xdd, 0x60], 12);
  b.set([10, 0, 0, 1, 10, 0, 0, 2], version === 4 ? 26 : 46);
  if (version === 4) b[21] = fragment;
  b.set(ports, version === 4 ? 34 : 54);
  return b;
}

describe("the hash of a flow", () => {
  it("spreads ports, evenly enough", () => {
    for (const version of [4, 6] as const) {
      const counts = [0, 0, 0, 0];
      for (let port = 0; port < 400; port++) counts[flowHash(frame(version, [port >> 8, port, 0, 80]), 78) % 4]!++;
      for (const count of counts) expect(count).toBeGreaterThan(60);
    }
  });

  it("looks at nothing but addresses in fragments", () => {
    expect(flowHash(frame(4, [1, 2, 3, 4], 5), 78)).toBe(flowHash(frame(4, [5, 6, 7, 8], 9), 78));
    expect(flowHash(frame(4, [1, 2, 3, 4]), 78)).not.toBe(flowHash(frame(4, [5, 6, 7, 8]), 78));
  });

  it("looks at no more than there is", () => {
    const b = frame(4, [1, 2, 3, 4]);
    for (let length = 0; length <= b.length; length++) {
      const other = b.slice().fill(0xff, length);
      expect(flowHash(other, length)).toBe(flowHash(b, length));
    }
  });
});

import { expect, it } from "vitest";
import { copyBytes } from "./copy-bytes.js";

it("copies few bytes and many, and nothing beside them", () => {
  const from = Uint8Array.from({ length: 1000 }, (_, i) => (i % 255) + 1);
  for (const count of [0, 1, 60, 255, 256, 257, 900]) {
    const to = new Uint8Array(1000);
    copyBytes(to, 7, from, 50, count);
    expect([...to]).toEqual([...new Uint8Array(7), ...from.subarray(50, 50 + count), ...new Uint8Array(993 - count)]);
  }
});

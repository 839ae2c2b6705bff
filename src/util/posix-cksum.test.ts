import { expect, it } from "vitest";
import { posixCksum } from "./posix-cksum.js";

// As printed by cksum(1).
it.each([
  ["", 4294967295],
  ["123456789", 930766865],
  ["The quick brown fox jumps over the lazy dog", 2074844392],
])("of %j", (text, crc) => {
  expect(posixCksum(new TextEncoder().encode(text))).toBe(crc);
});

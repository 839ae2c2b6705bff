import { describe, expect, it } from "vitest";
import { lookup3 } from "./lookup3.js";
import { murmurBytes, swapBytes } from "./murmur-hash.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("hashes", () => {
  it("are MurmurHash3's, of whole words", () => {
    expect(murmurBytes(bytes(""), 0)).toBe(0);
    expect(murmurBytes(bytes("test"), 0)).toBe(0xba6bd213);
    expect(murmurBytes(bytes("Hello, world"), 0)).toBe(murmurBytes(bytes("Hello, world"), 0));
    expect(murmurBytes(bytes("aaaa"), 0x9747b28c)).toBe(0x5a97808a);
  });

  it("are Bob Jenkins', as his driver prints them", () => {
    expect(lookup3(bytes(""), 0)).toBe(0xdeadbeef);
    expect(lookup3(bytes(""), 0xdeadbeef)).toBe(0xbd5b7dde);
  });

  it("turn bytes round", () => {
    expect(swapBytes(0x01020304)).toBe(0x04030201);
  });
});

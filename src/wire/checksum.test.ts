import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { put16, put32, u16 } from "#util/big-endian.js";
import {
  checksum,
  crc32c,
  finishSum,
  patchChecksum16,
  patchChecksum32,
  pseudoSum4,
  pseudoSum6,
  sumBytes,
} from "./checksum.js";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("Internet checksum", () => {
  it("is the one of a known header", () => {
    const header = hex("4500003c1c4640004006b1e6ac100a63ac100a0c");
    expect(checksum(header, 0, 20)).toBe(0);
    put16(header, 10, 0);
    expect(checksum(header, 0, 20)).toBe(0xb1e6);
  });

  it("covers the pseudo-header", () => {
    const udp4 = hex("4500001c00000000401166cf0a0000010a0000020001000200080000");
    expect(finishSum(sumBytes(udp4, 20, 28, pseudoSum4(udp4, 0, 17, 8)))).toBe(0xebd8);
    const echo = hex(`6000000000083a40fe80${"00".repeat(13)}01fe80${"00".repeat(13)}028000000000010001`);
    expect(finishSum(sumBytes(echo, 40, 48, pseudoSum6(echo, 0, 58, 8)))).toBe(0x82b6);
  });

  it("counts an odd byte, and does not lose carries of a long sum", () => {
    expect(checksum(Uint8Array.of(0x12, 0x34, 0x56), 0, 3)).toBe(~(0x1234 + 0x5600) & 0xffff);
    expect(checksum(new Uint8Array(65_536).fill(0xff), 0, 65_536)).toBe(0);
  });

  it("stays right when words it covers change", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(3), fc.nat(0xffffffff), (b, slot, value) => {
        put16(b, 0, 0);
        put16(b, 0, checksum(b, 0, 20));
        const at = 4 + 4 * slot;
        const wide = b.slice();
        patchChecksum32(wide, 0, ((u16(wide, at) << 16) | u16(wide, at + 2)) >>> 0, value);
        put32(wide, at, value);
        // Of the two zeros of one's complement, an update may give the other one.
        const zeros = [0, 0xffff];
        expect(zeros).toContain(checksum(wide, 0, 20));
        patchChecksum16(b, 0, u16(b, at), value & 0xffff);
        put16(b, at, value & 0xffff);
        expect(zeros).toContain(checksum(b, 0, 20));
      }),
      { seed: 20_031 },
    );
  });
});

describe("CRC32c", () => {
  it("is that of RFC 3720, B.4", () => {
    expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff), 0, 32)).toBe(0x62a8ab43);
    expect(
      crc32c(
        Uint8Array.from({ length: 32 }, (_, i) => i),
        0,
        32,
      ),
    ).toBe(0x46dd794e);
  });
});

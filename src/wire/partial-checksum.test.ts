import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { put16 } from "#util/big-endian.js";
import { finishSum, foldSum, pseudoSum4, pseudoSum6, sumBytes } from "./checksum.js";
import { restorePartialChecksum } from "./partial-checksum.js";
import { plainOffload } from "./virtio-net.js";

/** A TCP (6) or UDP (17) frame with `payload` bytes, behind `tags` VLAN tags, whose checksum is begun or whole. */
function frame(version: 4 | 6, protocol: 6 | 17, payload: number, tags: number, whole: boolean): Uint8Array {
  const transport = 14 + 4 * tags + (version === 4 ? 20 : 40);
  const size = (protocol === 6 ? 20 : 8) + payload;
  const b = Uint8Array.from({ length: transport + size }, (_, i) => (i * 37) & 0xff);
  for (let i = 0; i < tags; i++) b.set([0x81, 0, 0, 5], 12 + 4 * i);
  const ip = transport - (version === 4 ? 20 : 40);
  put16(b, ip - 2, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) {
    b.set([0x45, 0], ip);
    put16(b, ip + 2, 20 + size);
    put16(b, ip + 6, 0x4000);
    b[ip + 9] = protocol;
  } else {
    b.set([0x60, 0, 0, 0], ip);
    put16(b, ip + 4, size);
    b[ip + 6] = protocol;
  }
  const field = transport + (protocol === 6 ? 16 : 6);
  const pseudo = (version === 4 ? pseudoSum4 : pseudoSum6)(b, ip, protocol, size);
  put16(b, field, 0);
  put16(b, field, whole ? finishSum(sumBytes(b, transport, b.length, pseudo)) : foldSum(pseudo));
  return b;
}

function restored(b: Uint8Array): ReturnType<typeof plainOffload> {
  const offload = plainOffload();
  // Not at the start of its memory.
  const memory = new Uint8Array(b.length + 20);
  memory.set(b, 7);
  restorePartialChecksum(memory, 7, b.length, offload);
  return offload;
}

describe("restorePartialChecksum", () => {
  for (const version of [4, 6] as const)
    for (const protocol of [6, 17] as const)
      for (const tags of [0, 1, 2])
        it(`tells a checksum that is begun from a whole one: IPv${version}, protocol ${protocol}, ${tags} tags`, () => {
          const csumStart = 14 + 4 * tags + (version === 4 ? 20 : 40);
          const csumOffset = protocol === 6 ? 16 : 6;
          expect(restored(frame(version, protocol, 100, tags, false))).toEqual({
            ...plainOffload(),
            flags: 1,
            csumStart,
            csumOffset,
          });
          expect(restored(frame(version, protocol, 100, tags, true))).toEqual(plainOffload());
        });

  it("leaves fragments, and packets whose length lies, as they are", () => {
    const fragment = frame(4, 17, 64, 0, false);
    put16(fragment, 20, 0x2000);
    expect(restored(fragment)).toEqual(plainOffload());
    const short = frame(4, 17, 64, 0, false).subarray(0, 60);
    expect(restored(short)).toEqual(plainOffload());
  });

  it("takes no harm from any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x0800, 0x86dd, 0x8100), (bytes, type) => {
        if (bytes.length >= 14) put16(bytes, 12, type);
        const { csumStart, csumOffset } = restored(bytes);
        expect(csumStart + csumOffset).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 7 },
    );
  });
});

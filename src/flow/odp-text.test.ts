import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractKey } from "./extract.js";
import { newKey } from "./key.js";
import { newLayers } from "./layers.js";
import { W } from "./layout.js";
import { parseOdpKey } from "./odp-parse.js";
import { formatOdpKey } from "./odp-text.js";

const key = fc.uint8Array({ minLength: 14, maxLength: 90 }).map((frame) => {
  const types = ["0800", "86dd", "0806", "8100", "88a8", "8847", "894f", "1234"];
  const type = types[frame[0]! % types.length]!;
  frame[12] = Number.parseInt(type.slice(0, 2), 16);
  frame[13] = Number.parseInt(type.slice(2), 16);
  const k = newKey();
  extractKey(frame, 0, frame.length, k, k, newLayers());
  return k;
});

describe("datapath flow text", () => {
  it("reads back what it wrote, mask and all", () => {
    const bits = fc.constantFrom(0, 0xffffffff, 0xff00ff00, 0x0000ffff, 0x12345678);
    fc.assert(
      fc.property(key, fc.infiniteStream(bits), (k, stream) => {
        const mask = newKey().map(() => stream.next().value!);
        // A datapath flow says always what type a packet is of and which tags it has.
        mask[W.ethType] = 0xffff;
        mask[W.packetType] = 0xffffffff;
        mask[W.vlan0] = (mask[W.vlan0]! | 0xffff1001) >>> 0;
        mask[W.vlan1] = (mask[W.vlan1]! | 0xffff1001) >>> 0;
        const text = formatOdpKey(k, mask, { verbose: true });
        // Upstream's words for a label stack cut off before its first entry are no text to read.
        fc.pre(!text.includes("bad key length"));
        const read = parseOdpKey(text);
        expect(formatOdpKey(read.key, read.mask, { verbose: true })).toBe(text);
        const short = formatOdpKey(k, mask);
        const again = parseOdpKey(short);
        expect(formatOdpKey(again.key, again.mask)).toBe(short);
      }),
      { numRuns: 500, seed: 20_031 },
    );
  });

  it("takes any text, or says where it is wrong", () => {
    const pieces = fc.constantFrom(
      "eth",
      "(",
      ")",
      "src=",
      ",",
      "/",
      "ipv4",
      "encap(",
      "vlan(vid=5)",
      "0x",
      "1",
      "tunnel(",
      "+",
      "in_port(1)",
      "mpls(",
      "label=",
      "flags(",
      "ct_state(",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((p) => p.join("")),
        ),
        (text) => {
          try {
            parseOdpKey(text);
          } catch (e) {
            expect((e as Error).name).toBe("UserError");
            expect((e as Error).message).toMatch(/^syntax error at /);
          }
        },
      ),
      { numRuns: 2000, seed: 20_031 },
    );
  });
});

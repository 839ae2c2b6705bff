import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { formatOdpKey } from "#flow/odp-text.js";
import { formatFlow } from "#openflow/match-text.js";
import { type DummySwitch, startDummySwitch } from "../support/dummy-switch.js";
import { describeWith, openVswitch } from "../support/needs.js";
import { cutFrame, testFrames } from "./odp-frames.js";

/** A frame of the corpus with some bytes changed, most of them in the headers, cut somewhere or not at all. */
const damaged: fc.Arbitrary<string> = fc
  .record({
    frame: fc.constantFrom(...testFrames),
    fitted: fc.boolean(),
    cut: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    changes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.oneof(fc.nat(255), fc.nat(7))), {
      maxLength: 4,
    }),
  })
  .map(({ frame, fitted, cut, changes }) => {
    const full = frame.hex.length / 2;
    const bytes = Buffer.from(cutFrame(frame, Math.round(14 + cut * (full - 14)), fitted), "hex");
    for (const [where, value] of changes)
      bytes[Math.min(bytes.length - 1, 12 + Math.floor(where * (bytes.length - 12)))] = value;
    return bytes.toString("hex");
  });

describeWith([openVswitch], "extraction, beside the installed Open vSwitch", () => {
  let peer: DummySwitch;
  beforeAll(async () => {
    peer = await startDummySwitch();
    await peer.call("upcall/disable-megaflows");
  });
  afterAll(() => peer.stop());

  it("gives the same key for damaged frames", async () => {
    const layers = newLayers();
    const runs = Number(process.env["WEFT_FUZZ_RUNS"] ?? 300);
    await fc.assert(
      fc.asyncProperty(damaged, async (hex) => {
        await peer.call("revalidator/purge");
        await peer.call("netdev-dummy/receive", "p1", hex);
        let [flow] = await peer.flows("-m");
        for (let i = 0; flow === undefined && i < 10; i++) [flow] = await peer.flows("-m");
        expect(flow, hex).toBeDefined();
        const key = newKey();
        key[W.inPort] = 1;
        const bytes = Buffer.from(hex, "hex");
        extractKey(bytes, 0, bytes.length, key, key, layers);
        const mask = newKey().fill(0xffffffff);
        if (key[W.ethType] === 0x86dd) mask.fill(0, W.ndTarget, W.l4);
        expect(formatOdpKey(key, mask, { verbose: true, portName: (n) => (n === 1 ? "p1" : undefined) })).toBe(flow);
        const trace = await peer.call("ofproto/trace", "br0", "in_port=1", hex);
        expect(formatFlow(key)).toBe(/^Flow: (.*)$/m.exec(trace)?.[1]);
      }),
      { numRuns: runs, seed: 20_031, endOnFailure: true },
    );
  });
});

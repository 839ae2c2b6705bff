import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { composeFrame } from "#flow/compose.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { parseOdpKey } from "#flow/odp-parse.js";
import { formatOdpKey } from "#flow/odp-text.js";
import { formatFlow } from "#openflow/match-text.js";
import { cutFrame, testFrames } from "./odp-frames.js";
import type { RecordedOdp } from "./odp-recorded.js";

const recorded: RecordedOdp = JSON.parse(readFileSync(join(import.meta.dirname, "odp-recorded.json"), "utf8"));
const names = new Map([
  ["p1", 1],
  ["p2", 2],
  ["br0", 100],
]);
const numbers = new Map([...names].map(([name, number]) => [number, name]));
const portName = (port: number): string | undefined => numbers.get(port);
const portNumber = (name: string): number | undefined => names.get(name);

/** The mask of the recorded flows: everything, but what neighbour discovery has beyond ICMPv6. */
function recordedMask(key: FlowKey): FlowKey {
  const mask = newKey().fill(0xffffffff);
  if (key[W.ethType] === 0x86dd) mask.fill(0, W.ndTarget, W.l4);
  return mask;
}

describe(`extraction, as Open vSwitch ${recorded.release} has it`, () => {
  const layers = newLayers();
  for (const { name, fitted, keys } of recorded.frames) {
    const frame = testFrames.find((f) => f.name === name)!;
    it(`${name}${fitted ? ", lengths fitted" : ""}`, () => {
      const full = frame.hex.length / 2;
      for (const [i, [from, text]] of keys.entries()) {
        const to = keys[i + 1]?.[0] ?? full + 1;
        for (let length = from; length < to && text !== "none"; length++) {
          const bytes = Buffer.from(cutFrame(frame, length, fitted), "hex");
          const key = newKey().fill(0xabcdef01);
          const meta = newKey();
          meta[W.inPort] = 1;
          extractKey(bytes, 0, bytes.length, meta, key, layers);
          expect(formatOdpKey(key, recordedMask(key), { verbose: true, portName }), `${length} bytes`).toBe(text);
        }
      }
    });
  }
});

describe(`datapath flow text, as Open vSwitch ${recorded.release} has it`, () => {
  it.each(recorded.texts)("$text", ({ text, short, long, error }) => {
    if (error !== undefined) {
      expect(() => parseOdpKey(text, { portNumber })).toThrow(
        /\((syntax error at .*)\) \(Invalid argument\)/.exec(error)![1]!,
      );
      return;
    }
    const { key, mask } = parseOdpKey(text, { portNumber });
    expect(formatOdpKey(key, mask)).toBe(short);
    expect(formatOdpKey(key, mask, { verbose: true, portName })).toBe(long);
    const again = parseOdpKey(long!, { portNumber });
    expect(formatOdpKey(again.key, again.mask, { verbose: true, portName })).toBe(long);
  });
});

describe(`packets, as the trace of Open vSwitch ${recorded.release} shows them`, () => {
  it.each(Object.entries(recorded.traced))("%s", (name, text) => {
    const frame = Buffer.from(testFrames.find((f) => f.name === name)!.hex, "hex");
    const key = newKey();
    key[W.inPort] = 1;
    extractKey(frame, 0, frame.length, key, key, newLayers());
    expect(formatFlow(key)).toBe(text);
  });
});

describe(`frames made of flow text, as Open vSwitch ${recorded.release} makes them`, () => {
  it.each(recorded.composed)("$text $length", ({ text, length, hex, error }) => {
    const make = (): string =>
      Buffer.from(composeFrame(parseOdpKey(text, { portNumber }).key, length === undefined ? {} : { length })).toString(
        "hex",
      );
    if (error !== undefined) expect(make).toThrow(error);
    else expect(make()).toBe(hex);
  });
});

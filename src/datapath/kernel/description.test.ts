import { expect, it } from "vitest";
import { processorRow } from "#bpf/forward/layout.js";
import type { Device } from "../device.js";
import { formatDescription, parseDescription } from "./description.js";

const maps = { processors: 2, flows: 8, processorRows: new DataView(new ArrayBuffer(2 * processorRow.size)) };
const ports = new Map([[3, { name: "p3", type: "system" } as Device]]);
const sent = { slot: 1, ifindex: 5, packets: 7, bytes: 9 };
const text = formatDescription(maps, ports, { hits: 3, misses: 2, lost: 1 }, () => sent);

it("reads what it has written", () => {
  expect(parseDescription(text)).toEqual(JSON.parse(text));
  expect(parseDescription(text)!.ports).toEqual([{ number: 3, name: "p3", type: "system", sent }]);
});

it("reads nothing that is broken, whatever of it", () => {
  expect([parseDescription(""), parseDescription("null"), parseDescription(text.slice(1))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const whole = JSON.parse(text) as Record<string, unknown>;
  for (const name of Object.keys(whole)) {
    for (const wrong of [undefined, null, -1, "x", [null], {}]) {
      const broken = JSON.stringify({ ...whole, [name]: wrong });
      expect([broken, parseDescription(broken)]).toEqual([broken, undefined]);
    }
  }
  for (const port of [
    { number: 70_000, name: "a", type: "" },
    { number: 1 },
    { number: 1, name: "a", type: "", sent: {} },
  ]) {
    expect(parseDescription(JSON.stringify({ ...whole, ports: [port] }))).toBeUndefined();
  }
});

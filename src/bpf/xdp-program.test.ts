import { describe, expect, it } from "vitest";
import { kernelFunctions } from "./interpreter/kernel-functions.js";
import { Machine } from "./interpreter/machine.js";
import { RedirectTargets } from "./interpreter/target-map.js";
import { XdpFrame, type XdpFrameSettings } from "./interpreter/xdp-frame.js";
import { mapType } from "./map-spec.js";
import { xdpProgram } from "./xdp-program.js";

const XDP_DROP = 1n;
const XDP_PASS = 2n;
const XDP_REDIRECT = 4n;

const places = {
  ...{ csumStart: 0, csumOffset: 2, data: 8, head: 16, networkHeader: 32, transportHeader: 34 },
  ...{ ipSummed: { byte: 24, bit: 0 }, encapsulation: { byte: 24, bit: 2 } },
};
const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);

function run(asksForTag: boolean, settings: XdpFrameSettings): { verdict: bigint; frame: XdpFrame } {
  const machine = new Machine({
    maps: [{ name: "sockets", type: mapType.xskmap, keySize: 4, valueSize: 4, entries: 4 }],
    kernelFunctions: kernelFunctions(places),
  });
  machine.map("sockets", RedirectTargets).set(2, 77);
  const frame = new XdpFrame(bytes, settings);
  return { verdict: machine.run(xdpProgram(asksForTag), frame), frame };
}

describe("the XDP program", () => {
  it("gives a frame to the socket of its queue, and passes it on where there is none", () => {
    const { verdict, frame } = run(false, { queue: 2 });
    expect(verdict).toBe(XDP_REDIRECT);
    expect(frame.target).toEqual({ map: "sockets", index: 2 });
    expect(run(false, { queue: 1 })).toMatchObject({ verdict: XDP_PASS, frame: { target: undefined } });
  });

  it("puts back the tag that the device has taken out", () => {
    const { verdict, frame } = run(true, { queue: 2, tag: { tpid: 0x8100, tci: 0x6005 } });
    expect(verdict).toBe(XDP_REDIRECT);
    expect([...frame.bytes]).toEqual([...bytes.subarray(0, 12), 0x81, 0, 0x60, 5, ...bytes.subarray(12)]);
    expect(run(true, { queue: 2 }).frame.bytes).toEqual(bytes);
  });

  it("leaves a tag where it is of a frame that goes on its way", () => {
    const { verdict, frame } = run(true, { queue: 1, tag: { tpid: 0x8100, tci: 0x6005 } });
    expect(verdict).toBe(XDP_PASS);
    expect(frame.bytes).toEqual(bytes);
  });

  it("drops a frame that has no room for its tag", () => {
    const { verdict } = run(true, { queue: 2, headroom: 3, tag: { tpid: 0x8100, tci: 1 } });
    expect(verdict).toBe(XDP_DROP);
  });
});

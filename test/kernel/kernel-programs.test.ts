import { expect, it } from "vitest";
import { portProgram } from "#bpf/forward/entry.js";
import { forwardProgram } from "#bpf/forward/forward-program.js";
import { FORWARD_SLOTS, ForwardPart } from "#bpf/forward/layout.js";
import { loadOthers } from "#datapath/kernel/other-programs.js";
import { loadTrack } from "#datapath/kernel/track-places.js";
import { loadTunnel } from "#datapath/kernel/tunnel-programs.js";
import { W } from "#flow/layout.js";
import { FORWARD_OTHER } from "#host/forward-maps.js";
import { LinuxCaptureRings } from "#host/linux/capture-rings.js";
import { LinuxForwardMaps } from "#host/linux/forward-maps.js";
import type { CaptureHandle } from "#host/net.js";
import { describeWith, root } from "../support/needs.js";

/** A port whose program is loaded and then finds no hook. */
const nobody = { kind: "capture", name: "wgnone", hideLink: -1, ifindex: 0 } as CaptureHandle;

describeWith([root], "the programs of the kernel engine", () => {
  // Flows are data to them: these are all the programs there can be.
  it("are taken by the verifier, for every kind of slot and number of queues, and for every part", () => {
    const rings = new LinuxCaptureRings(1 << 16);
    const maps = new LinuxForwardMaps(rings);
    const ring = rings.open();
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    try {
      const { processors, flows, kernelSkb } = maps;
      for (const [slot, queues] of [
        [0, 1],
        [FORWARD_SLOTS - 1, 4],
      ] as const) {
        const front = portProgram({ slot, processors, words: W, other: FORWARD_OTHER });
        const places = Array.from({ length: queues }, () => ({ ring, place: ring.takePlace() }));
        const began = performance.now();
        maps.tryProgram(front);
        console.log(`slot ${slot}: ${front.length} items, ${(performance.now() - began).toFixed(0)} ms`);
        expect(() => maps.feed(nobody, places, { slot, items: front })).toThrow("bpf link update");
      }
      maps.loadPart(ForwardPart.forward, () => forwardProgram({ processors, flows, words: W, kernelSkb }));
      loadTunnel(maps);
      expect([loadOthers(maps, warn), loadTrack(maps, warn)]).toEqual([undefined, undefined]);
      expect(warnings).toEqual([]);
    } finally {
      ring.close();
      maps.close();
    }
  });
});

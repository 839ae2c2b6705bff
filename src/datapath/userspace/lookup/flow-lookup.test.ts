import { describe, expect, it } from "vitest";
import { type FlowKey, newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { COUNTERS, Counter } from "../counters.js";
import type { Flow } from "../flow.js";
import { FlowLookup } from "./flow-lookup.js";

const RANDOM = [0.5, 0.001, 0.9];

/** Two flows of port 1, under two masks, and one of port 2. */
class Scene {
  readonly counters: Float64Array = new Float64Array(COUNTERS);
  readonly lookup: FlowLookup;
  readonly flows: Flow[] = [];

  constructor(options: Readonly<Record<string, string>> = {}) {
    let n = 0;
    this.lookup = new FlowLookup(this.counters, () => RANDOM[n++ % RANDOM.length]!);
    this.lookup.setOptions(new Map(Object.entries(options)));
    for (const [port, word] of [
      [1, W.eth],
      [1, W.nwSrc],
      [2, W.eth],
    ] as const) {
      const mask = newKey();
      mask[W.inPort] = mask[word] = 0xffffffff;
      const flow = {
        id: 0,
        program: [],
        stats: new Float64Array(4),
        statsAt: 0,
        isElsewhere: false,
        dead: false,
        index: -1,
      };
      this.lookup.add(flow, key(port, word), shapeOf(mask));
      this.flows.push(flow);
    }
  }

  /** Counts by kind: exact, signature, megaflow, masks tried. */
  counts(): number[] {
    const c = this.counters;
    return [c[Counter.cacheHits]!, c[Counter.signatureHits]!, c[Counter.megaflowHits]!, c[Counter.maskLookups]!];
  }

  receive(times: number, port = 1, word: number = W.nwSrc): void {
    for (let i = 0; i < times; i++) expect(this.lookup.received(key(port, word))).toBeDefined();
  }
}

function key(port: number, word: number): FlowKey {
  const made = newKey();
  made[W.inPort] = port;
  made[word] = 5;
  return made;
}

describe("FlowLookup", () => {
  it("without settings has no exact-match cache, and counts what signatures know as megaflows of one mask", () => {
    const scene = new Scene();
    scene.receive(3);
    expect(scene.counts()).toEqual([0, 0, 3, 2 + 1 + 1]);
  });

  it("counts what signatures know as such with smc-enable", () => {
    const scene = new Scene({ "smc-enable": "true" });
    scene.receive(3);
    expect(scene.counts()).toEqual([0, 2, 1, 2]);
    scene.lookup.setOptions(new Map());
    scene.receive(1);
    expect(scene.counts()).toEqual([0, 2, 2, 3]);
  });

  it("puts every packet's flow into the exact-match cache with emc-insert-inv-prob=1, but for ports with emc-enable=false", () => {
    const scene = new Scene({ "emc-insert-inv-prob": "1" });
    scene.receive(3);
    expect(scene.counts()).toEqual([2, 0, 1, 2]);
    scene.lookup.setPortOptions(2, new Map([["emc-enable", "false"]]));
    scene.receive(3, 2, W.eth);
    expect(scene.counts()).toEqual([2, 0, 4, 5]);
    scene.lookup.setPortOptions(2, new Map());
    scene.receive(3, 2, W.eth);
    expect(scene.counts()).toEqual([4, 0, 5, 6]);
  });

  it("puts one in so many there by chance", () => {
    const scene = new Scene({ "emc-insert-inv-prob": "100" });
    scene.receive(4);
    expect(scene.counts()).toEqual([2, 0, 2, 3]);
  });

  it("makes no difference of packets that come again", () => {
    const scene = new Scene({ "emc-insert-inv-prob": "1" });
    for (let i = 0; i < 3; i++) expect(scene.lookup.recirculated(key(1, W.eth))).toBe(scene.flows[0]);
    expect(scene.counts()[0]).toBe(0);
  });

  it.each(["0", "", "x", "-1", "4294967296", "1.5"])("has no such cache with emc-insert-inv-prob=%s", (value) => {
    const scene = new Scene({ "emc-insert-inv-prob": value });
    scene.receive(3);
    expect(scene.counts()[0]).toBe(0);
  });

  it("does not find a flow that is gone, whatever knew it", () => {
    for (const options of [{}, { "emc-insert-inv-prob": "1" }]) {
      const scene = new Scene(options);
      scene.receive(3);
      scene.lookup.remove(scene.flows[1]!);
      expect(scene.lookup.received(key(1, W.nwSrc))).toBeUndefined();
      expect(scene.lookup.masks).toBe(1);
    }
  });
});

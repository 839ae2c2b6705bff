import { describe, expect, it } from "vitest";
import { composeFrame } from "#flow/compose.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { maskCovers } from "#flow/match.js";
import type { Backer } from "#ofproto/backer.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { translateKey } from "#ofproto/translate-key.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { SwitchLab } from "./switch-lab.js";

const PACKETS = 3000;
/** Masks that a port has before its flows get a common one, and how often that may grow. */
const BOUND = 128 + 32;

function frame(src: number, dst: number, port: number): string {
  const key = newKey();
  key[W.eth] = 0x02000000;
  key[W.eth + 1] = 0x000b0200;
  key[W.eth + 2] = 0xa;
  key[W.ethType] = 0x0800;
  key[W.nwSrc] = src;
  key[W.nwDst] = dst;
  key[W.nw] = 0x4011;
  key[W.tp] = (port << 16) | 53;
  return Buffer.from(composeFrame(key, { length: 60 })).toString("hex");
}

/** Tables that look at as many bits of both addresses and of a port as tell a packet from 0: 32 × 32 × 16 masks. */
class PrefixSwitch {
  readonly lab: SwitchLab = new SwitchLab();
  readonly backer: Backer;

  constructor() {
    this.lab.addBridge("br0", { failMode: "secure" });
    for (let i = 1; i <= 3; i++) this.lab.addPort("br0", `p${i}`, {}, "dummy", i);
    for (let bits = 1; bits <= 32; bits++) {
      this.flowMod(`table=0,priority=${bits},ip,nw_src=0.0.0.0/${bits},actions=resubmit(,1)`);
      this.flowMod(`table=1,priority=${bits},ip,nw_dst=0.0.0.0/${bits},actions=resubmit(,2)`);
      if (bits > 16) continue;
      const mask = (0xffff << (16 - bits)) & 0xffff;
      this.flowMod(`table=2,priority=${bits},udp,tp_src=0x0/0x${mask.toString(16)},actions=output:3`);
    }
    this.flowMod("table=0,priority=0,actions=resubmit(,1)");
    this.flowMod("table=1,priority=0,actions=resubmit(,2)");
    this.flowMod("table=2,priority=0,actions=output:3");
    this.backer = this.lab.switches.backers.get("dummy")!;
    this.lab.settle();
  }

  flowMod(text: string): void {
    this.lab.switches.bridges.get("br0")!.flowMod(parseFlowMod(text, "add").flowMod, ownOrigin);
  }

  /** The n-th packet that differs from all others in how many bits have to be looked at. */
  packet(n: number): string {
    return frame((0x80000000 >>> (n & 31)) >>> 0, (0x80000000 >>> ((n >>> 5) & 31)) >>> 0, 0x8000 >>> (n >>> 10));
  }

  /** Subtables tried for each of these frames, all of which have flows. */
  cost(port: string, frames: readonly string[]): number {
    const { datapath } = this.backer;
    const before = datapath.stats();
    for (const one of frames) expect(this.lab.reach(port, one)).toEqual(["p3"]);
    const after = datapath.stats();
    expect(after.misses - before.misses).toBe(0);
    return (after.maskHits - before.maskHits) / frames.length;
  }
}

describe("a port whose packets bring about thousands of masks", () => {
  const scene = new PrefixSwitch();
  const { lab, backer } = scene;
  const quiet = [1, 2, 3, 4].map((i) => frame(0x0a000000 + i, 0x0b000000, 1000 + i));
  const attack = Array.from({ length: PACKETS }, (_, n) => scene.packet(n));

  it("costs the packets of other ports nothing", () => {
    for (const one of quiet) lab.receive("p2", one);
    const alone = scene.cost("p2", quiet);
    for (const one of attack) expect(lab.reach("p1", one)).toEqual(["p3"]);
    expect(backer.flows.size).toBeGreaterThan(PACKETS);
    expect(scene.cost("p2", quiet)).toBe(alone);
    expect(alone).toBe(1);
  });

  it("has no more than so many of them", () => {
    expect(backer.datapath.stats().masks).toBeGreaterThan(100);
    expect(backer.datapath.stats().masks).toBeLessThanOrEqual(BOUND);
    expect(backer.counters.masksBounded.total).toBeGreaterThan(PACKETS - BOUND);
    expect(scene.cost("p1", attack)).toBeLessThanOrEqual(BOUND);
  });

  it("keeps its flows, each of which looks at all that decides about its packets", () => {
    const flows = backer.flows.size;
    backer.changed();
    lab.settle();
    expect(backer.flows.size).toBe(flows);
    const key = newKey();
    for (const { held } of backer.flows) {
      held.readKey(key);
      const answer = translateKey(backer, backer.origin(key)!, key);
      expect(maskCovers(held.mask, answer.mask)).toBe(true);
      backer.frozen.release(answer.frozen);
    }
  });

  it("has masks of its own again when these flows are gone", () => {
    backer.revalidator.purge();
    for (const one of attack.slice(0, 10)) lab.receive("p1", one);
    expect(backer.datapath.stats().masks).toBe(10);
  });
});

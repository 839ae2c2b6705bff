import { describe, expect, it } from "vitest";
import type { Upcall } from "#datapath/datapath.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Backer } from "#ofproto/backer.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { plainOffload } from "#wire/virtio-net.js";
import { SwitchLab } from "./switch-lab.js";

const FLOWS = 10_000;
/** Makes every source address a megaflow of its own. */
const LOOK = "move:NXM_OF_IP_SRC[]->NXM_NX_REG0[]";

/** A switch with many megaflows, and a clock that goes on by a hundredth of a millisecond whenever somebody looks at it. */
class CrowdedSwitch {
  readonly lab: SwitchLab = new SwitchLab();
  readonly backer: Backer;
  #looked = 0;

  constructor(flows: number) {
    this.lab.addBridge("br0", { failMode: "secure" });
    for (let i = 1; i <= 3; i++) this.lab.addPort("br0", `p${i}`, {}, "dummy", i);
    this.flowMod(`priority=1,udp,actions=${LOOK},output:2`);
    this.backer = this.lab.switches.backers.get("dummy")!;
    this.backer.flowLimit.set(200_000);
    this.lab.settle();
    const { clock } = this.lab;
    const now = clock.now.bind(clock);
    clock.now = () => now() + (this.#looked += 0.01);
    for (let i = 0; i < flows; i++) this.upcall(i);
  }

  flowMod(text: string): void {
    this.lab.switches.bridges.get("br0")!.flowMod(parseFlowMod(text, "add").flowMod, ownOrigin);
  }

  /** A packet of a flow of its own comes up. */
  upcall(flow: number): void {
    const key = newKey();
    key[W.inPort] = this.backer.datapath.portByName("p1")!.number;
    key[W.ethType] = 0x0800;
    key[W.nw] = 17;
    key[W.nwSrc] = flow;
    key[W.tp] = flow << 16;
    const packet = { data: new Uint8Array(60), offload: plainOffload() };
    this.backer.upcalls.handle([{ kind: "miss", key, packet, cookie: undefined } satisfies Upcall]);
  }

  /** Translations that one turn of the revalidator makes. */
  turn(): number {
    const before = this.backer.counters.translations.total;
    this.backer.revalidator.run();
    return this.backer.counters.translations.total - before;
  }
}

describe("a round over many megaflows", () => {
  it("goes on in turns, between which packets come up, and ends with every flow as the tables say", async () => {
    const crowd = new CrowdedSwitch(FLOWS);
    const { backer } = crowd;
    expect(backer.flows.size).toBe(FLOWS);
    crowd.flowMod(`priority=2,udp,actions=${LOOK},output:3`);
    const turns: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      turns.push(crowd.turn());
      if (turns.at(-1) === 0) break;
      crowd.upcall(FLOWS + i);
    }
    expect(turns.length).toBeGreaterThan(2);
    // Time goes on by 0.01 ms for every 16 flows, and a turn has 4 ms.
    expect(Math.max(...turns)).toBeLessThan(7000);
    expect([...backer.flows].every((f) => JSON.stringify(f.held.actions) === '[{"kind":"output","port":3}]')).toBe(
      true,
    );
    expect(backer.flows.size).toBe(FLOWS + turns.length - 1);
    await backer.revalidator.settled();
  });

  it("is waited for by `revalidator/wait` and by changes of the configuration, while other work goes on", async () => {
    const crowd = new CrowdedSwitch(FLOWS);
    const { backer, lab } = crowd;
    crowd.flowMod("priority=2,udp,actions=drop");
    let isDone = false;
    const done = lab.switches.settle().then(() => {
      isDone = true;
    });
    await Promise.resolve();
    expect(isDone).toBe(false);
    for (let i = 0; i < 1000 && !isDone; i++) {
      lab.clock.advance(1);
      await Promise.resolve();
    }
    await done;
    expect([...backer.flows].every((f) => f.held.actions.length === 0)).toBe(true);
  });

  it("that begins anew because tables change again sees to every flow nevertheless", () => {
    const crowd = new CrowdedSwitch(FLOWS);
    crowd.flowMod("priority=2,udp,actions=drop");
    crowd.turn();
    crowd.flowMod("priority=3,udp,actions=output:2");
    for (let i = 0; i < 1000; i++) crowd.turn();
    for (const flow of crowd.backer.flows) expect(flow.held.actions).toEqual([{ kind: "output", port: 2 }]);
  });

  it("removes flows of few packets instead of translating them, where the last one took long", () => {
    const crowd = new CrowdedSwitch(FLOWS);
    const { backer, lab } = crowd;
    backer.limits = { ...backer.limits, maxRevalidator: 100, minRevalidatePps: 5 };
    // Rounds take 10000 / 16 looks of 0.01 ms each; the last one has to seem longer than half of 100 ms.
    const { clock } = lab;
    const now = clock.now.bind(clock);
    let extra = 0;
    clock.now = () => now() + (extra += 0.2);
    for (let i = 0; i < 200; i++) crowd.turn();
    expect(backer.revalidator.figures.duration).toBeGreaterThan(50);
    expect(backer.flows.size).toBe(FLOWS);
    crowd.flowMod("priority=2,udp,actions=drop");
    for (let i = 0; i < 400; i++) crowd.turn();
    expect(backer.flows.size).toBe(0);
  });
});

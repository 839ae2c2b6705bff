import { beforeEach, describe, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import type { HeldFlow } from "#datapath/datapath.js";
import { newKey } from "#flow/key.js";
import { CORE_WORDS, W } from "#flow/layout.js";
import type { Backer } from "#ofproto/backer.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { takeOver } from "#ofproto/take-over.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { SwitchLab } from "./switch-lab.js";

describe("flows that a process before this one has left", () => {
  let lab: SwitchLab;
  let backer: Backer;

  beforeEach(() => {
    lab = new SwitchLab();
    lab.addBridge("br0", { failMode: "secure" });
    for (let i = 1; i <= 3; i++) lab.addPort("br0", `p${i}`, {}, "dummy", i);
    lab.switches.bridges.get("br0")!.flowMod(parseFlowMod("priority=1,actions=NORMAL", "add").flowMod, ownOrigin);
    backer = lab.switches.backers.get("dummy")!;
    lab.settle();
  });

  const number = (port: string): number => backer.datapath.portByName(port)!.number;
  /** A flow that is in the datapath already: packets from 02:00:00:00:00:FROM to :TO. */
  const left = (
    port: number,
    from: number,
    to: number,
    actions: readonly DatapathAction[],
    recircId: number = 0,
  ): HeldFlow => {
    const [key, mask] = [newKey(), newKey().fill(0xffffffff, 0, CORE_WORDS)];
    key[W.inPort] = port;
    key[W.recircId] = recircId;
    key.set([0x02000000, (to << 16) | 0x0200, from], W.eth);
    return backer.datapath.install(key, mask, actions);
  };
  const output = (port: string): DatapathAction => ({ kind: "output", port: number(port) });

  it("are the revalidator's, which has them do what the tables say", async () => {
    const known = left(number("p1"), 1, 2, [output("p2")]);
    const other = left(number("p2"), 2, 1, [output("p3")]);
    expect(takeOver(backer, [known, other])).toEqual([]);
    expect(backer.flows.size).toBe(2);
    expect([known, other].every(({ owner }) => owner !== undefined)).toBe(true);
    await backer.revalidator.settled();
    // Each has told where its sender is, so that neither floods, and the one that was wrong is not.
    expect([known, other].map(({ isThere }) => isThere)).toEqual([true, true]);
    expect(known.actions).toEqual([output("p2")]);
    expect(other.actions).toEqual([output("p1")]);
  });

  it("give no rule credit for what was counted before", async () => {
    const known = left(number("p1"), 1, 2, [output("p2")]);
    const before = known.stats();
    let packets = 1000;
    known.stats = () => ({ ...before, packets, bytes: 60 * packets });
    known.packets = () => packets;
    takeOver(backer, [known]);
    await backer.revalidator.settled();
    const [rule] = [...lab.switches.bridges.get("br0")!.state.tables.rules()];
    backer.revalidator.collect();
    expect(rule!.packets).toBe(0);
    packets += 3;
    backer.revalidator.collect();
    expect([rule!.packets, rule!.bytes]).toEqual([3, 180]);
  });

  it("are all looked at before the first is translated", () => {
    const { translations } = backer.counters;
    const before = translations.total;
    const looks: number[] = [];
    const flows = [left(number("p1"), 1, 2, []), left(number("p2"), 2, 1, [])];
    for (const flow of flows) {
      const stats = flow.stats.bind(flow);
      flow.stats = () => {
        looks.push(translations.total);
        return stats();
      };
    }
    takeOver(backer, flows);
    expect(looks).toEqual([before, before]);
    expect(translations.total).toBe(before + 2);
  });

  it("are given back where they come by numbers or ports that this process does not know, and their numbers stay unused", () => {
    const recirculates = left(number("p1"), 1, 2, [{ kind: "recirc", id: 41 }]);
    const behind = left(number("p1"), 1, 2, [output("p2")], 57);
    const stray = left(999, 3, 4, []);
    expect(takeOver(backer, [recirculates, behind, stray])).toEqual([behind, stray]);
    expect(backer.flows.size).toBe(1);
    const next = backer.frozen.id({
      ...({} as Parameters<Backer["frozen"]["id"]>[0]),
      bridge: [...backer.bridges.values()][0]!,
      table: 0,
      metadata: newKey(),
      stack: [],
      actionSet: [],
      live: [],
    });
    expect(next).toBe(58);
  });

  it("are left alone where they have gone meanwhile", () => {
    const gone = left(number("p1"), 1, 2, [output("p2")]);
    backer.datapath.removeFlows([gone]);
    expect(takeOver(backer, [gone])).toEqual([]);
    expect(backer.flows.size).toBe(0);
  });
});

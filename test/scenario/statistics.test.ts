import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bridge } from "#ofproto/bridge.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import type { Rule } from "#ofproto/tables/rule.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { frame, station } from "./frames.js";
import { SwitchLab } from "./switch-lab.js";

type Step =
  | { readonly do: "send"; readonly port: number; readonly to: number; readonly from: number; readonly times: number }
  | { readonly do: "add" | "modify" | "modify_strict" | "delete"; readonly flow: string; readonly actions: string }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "purge" | "round" | "remove_one" | "replug" }
  | { readonly do: "limit"; readonly flows: number };

const match = fc.constantFrom(
  "",
  ...[1, 2, 3].flatMap((n) => [`in_port=${n}`, `dl_dst=${station(n)}`, `in_port=${n},dl_dst=${station(n)}`]),
);
const flow = fc.tuple(fc.nat(1), fc.nat(2), match).map(([table, priority, m]) => ({ table, priority, match: m }));
const actions = fc.constantFrom("drop", "output:1", "output:2", "NORMAL", "resubmit(,1)", "resubmit(,1),output:3");

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      port: fc.integer({ min: 1, max: 3 }),
      to: fc.integer({ min: 1, max: 3 }),
      from: fc.integer({ min: 1, max: 4 }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        fc.constantFrom("add" as const, "modify" as const, "modify_strict" as const, "delete" as const),
        flow,
        actions,
      )
      .map(([what, f, a]): Step => {
        const strict = what === "add" || what === "modify_strict" ? `priority=${f.priority},` : "";
        // What leads to a table leads to a later one.
        const to = f.table === 1 ? a.replace("resubmit(,1)", "output:2") : a;
        return { do: what, flow: `table=${f.table},${strict}${f.match}`, actions: to };
      }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(1, 300, 600, 11_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("purge" as const, "round" as const, "remove_one" as const, "replug" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), flows: fc.integer({ min: 0, max: 4 }) }) },
);

/** All flows of a table that ever were, but those whose counters went over to another. */
class EveryRule {
  readonly #bridge: Bridge;
  readonly #kept = new Set<Rule>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  get packets(): number {
    return [...this.#kept].reduce((sum, rule) => sum + rule.packets, 0);
  }

  change(text: string, how: "add" | "modify" | "modify_strict" | "delete"): void {
    const rules = (): Rule[] => this.#bridge.state.tables.rules().filter((r) => r.tableId === 0);
    const before = rules();
    this.#bridge.flowMod(parseFlowMod(text, how).flowMod, ownOrigin);
    for (const rule of rules()) {
      const [old] = before.filter(
        (o) => o !== rule && o.shape === rule.shape && o.priority === rule.priority && sameValues(o, rule),
      );
      if (old !== undefined && !old.isLive) this.#kept.delete(old);
      this.#kept.add(rule);
    }
  }
}

function sameValues(a: Rule, b: Rule): boolean {
  return a.values.every((value, i) => value === b.values[i]);
}

describe("statistics of random traffic", () => {
  it("count every packet once, whatever flows are replaced, changed, removed or pushed out", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
        const net = new SwitchLab();
        net.addBridge("br0", { failMode: "secure" });
        for (let i = 1; i <= 3; i++) net.addPort("br0", `p${i}`, {}, "dummy", i);
        const bridge = net.switches.bridges.get("br0")!;
        const { backer } = bridge;
        const rules = new EveryRule(bridge);
        const run = play(net, bridge, rules);
        rules.change("table=0,priority=0,actions=resubmit(,1)", "add");
        const sent = steps.reduce((sum, s) => sum + run(s), 0);
        backer.revalidator.collect();
        const table = bridge.state.tables.table(0);
        expect(table.lookups).toBe(sent);
        expect(rules.packets).toBe(table.matches);
        backer.revalidator.purge();
        expect([table.lookups, rules.packets]).toEqual([sent, table.matches]);
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

/** Does a step; how many packets came in. */
function play(net: SwitchLab, bridge: Bridge, rules: EveryRule): (s: Step) => number {
  const { backer } = bridge;
  return (s) => {
    switch (s.do) {
      case "send":
        for (let i = 0; i < s.times; i++) net.receive(`p${s.port}`, frame(station(s.to), station(s.from)));
        return s.times;
      case "add":
      case "modify":
      case "modify_strict":
      case "delete":
        rules.change(s.do === "delete" ? s.flow : `${s.flow},actions=${s.actions}`, s.do);
        return 0;
      case "wait":
        net.clock.advance(s.ms);
        return 0;
      case "limit":
        backer.flowLimit.set(s.flows);
        return 0;
      case "remove_one": {
        // As `dpctl/del-flow`: nobody asks us.
        const [first] = [...backer.datapath.flows()];
        if (first !== undefined) backer.datapath.deleteFlow(first.ufid);
        return 0;
      }
      case "replug":
        net.removePort("br0", "p3");
        net.addPort("br0", "p3", {}, "dummy", 3);
        return 0;
      default:
        backer.revalidator[s.do]();
        return 0;
    }
  };
}

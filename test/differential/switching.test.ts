import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDatapathFlow } from "#datapath/flow-text.js";
import type { PortSettings, VlanMode } from "#ofproto/settings.js";
import { formatMacNumber } from "#util/mac-number.js";
import { SwitchLab } from "../scenario/switch-lab.js";
import { ad, type CorpusPort, corpus, flooded, q, type Tag } from "./switching-corpus.js";

interface Recorded {
  readonly version: string;
  readonly recorded: Record<string, { flows: string[]; fdb: string[] }[]>;
}

const { version, recorded } = JSON.parse(
  readFileSync(join(import.meta.dirname, "switching-recorded.json"), "utf8"),
) as Recorded;

function numbers(text: string | undefined): number[] {
  return text === undefined ? [] : text.split(",").map(Number);
}

function settings({ columns }: CorpusPort): Partial<PortSettings> {
  const priorityTags = columns["other_config:priority-tags"] as PortSettings["priorityTags"] | undefined;
  return {
    vlanMode: (columns["vlan_mode"] as VlanMode | undefined) ?? (columns["tag"] === undefined ? "trunk" : "access"),
    tag: columns["tag"] === undefined ? -1 : Number(columns["tag"]),
    trunks: numbers(columns["trunks"]),
    cvlans: numbers(columns["cvlans"]),
    qinqEthertype: columns["other_config:qinq-ethtype"] === "802.1q" ? 0x8100 : 0x88a8,
    priorityTags: priorityTags ?? "no",
    protected: columns["protected"] === "true",
  };
}

describe(`switching as ${version} does it`, () => {
  for (const scenario of corpus) {
    it(scenario.name, () => {
      const lab = new SwitchLab();
      lab.addBridge("br0", {
        vlanLimit: scenario.vlanLimit,
        forwardBpdu: scenario.bridge["other_config:forward-bpdu"] === "true",
        floodVlans: numbers(scenario.bridge["flood_vlans"]),
      });
      for (const [i, p] of scenario.ports.entries()) lab.addPort("br0", p.name, settings(p), "dummy", i + 1);
      const backer = lab.switches.backers.get("dummy")!;
      scenario.packets.forEach(([port, packet], i) => {
        if (scenario.fresh) {
          lab.state("br0").macs.flush();
          backer.revalidator.purge();
        }
        lab.receive(port, packet);
        lab.settle();
        lab.clock.advance(100);
        const want = recorded[scenario.name]![i]!;
        const options = { now: lab.clock.now(), vlanLimit: scenario.vlanLimit };
        const flows = [...backer.datapath.flows()].map((f) => withoutStats(formatDatapathFlow(f, options)));
        // A purge in the recorded switch may have left a flow of the packet before; then there is one flow too many.
        const isDeviation = scenario.vlanLimit === 2 && scenario.fresh && deviations.has(`${port} ${packet}`);
        const comparable = !scenario.fresh || want.flows.length === 1;
        const about = `packet ${i} on ${port}: ${packet}`;
        if (comparable && !isDeviation) {
          expect([about, ...flows.sort()]).toEqual([about, ...want.flows]);
        } else if (comparable) {
          expect([about, ...flows]).not.toEqual([about, ...want.flows]);
          expect([about, ...flows.map(withoutInnerVlan)]).toEqual([about, ...want.flows]);
        }
        const fdb = fdbShow(lab);
        if (comparable) expect([about, ...fdb]).toEqual([about, ...want.fdb]);
      });
    });
  }
});

const withoutStats = (line: string): string => line.replace(/packets:\d+, bytes:\d+, used:[^,]*, /, "");
const withoutInnerVlan = (line: string): string => line.replace(/(encap\(eth_type\(0x8100\),)vlan\([^)]*\),/, "$1");

/** Addresses as `fdb/show` lists them, without their age. */
function fdbShow(lab: SwitchLab): string[] {
  const lines = [...lab.state("br0").macs.entries()].map((e) => {
    const vlan = String(e.vlan).padStart(4);
    return `${e.port.members[0]?.ofport}  ${vlan}  ${formatMacNumber(e.mac)}`;
  });
  return lines.sort();
}

/**
 * Where we differ, on purpose: of a double-tagged packet that floods, the inner VLAN decides which access and tunnel ports it
 * reaches, but the recorded switch's megaflow does not tell inner VLANs apart, so that later packets go where the first one went.
 */
const deviations: ReadonlySet<string> = new Set(
  [
    ["p1", [ad(100, 2), q(30, 4)]],
    ["p1", [q(10), q(20)]],
    ["p4", [q(10), q(20)]],
    ["p5", [q(10), q(20)]],
    ["p6", [q(10), q(20)]],
    ["p10", [ad(100, 2), q(30, 4)]],
    ["p10", [q(10), q(20)]],
    ["p14", [ad(100, 2), q(30, 4)]],
    ["p14", [q(10), q(20)]],
  ].map(([port, tags]) => `${port} ${flooded(tags as Tag[])}`),
);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDatapathFlow } from "#datapath/text/flow-text.js";
import type { PortSettings, VlanMode } from "#ofproto/settings.js";
import { formatMacNumber } from "#util/mac-number.js";
import { SwitchLab } from "../scenario/switch-lab.js";
import { type CorpusPort, corpus } from "./switching-corpus.js";

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
        const isDeviation = deviations[scenario.name]?.includes(i) ?? false;
        const comparable = !scenario.fresh || want.flows.length === 1;
        const about = `packet ${i} on ${port}: ${packet}`;
        if (comparable && !isDeviation) {
          expect([about, ...flows.sort()]).toEqual([about, ...want.flows]);
        } else if (comparable) {
          expect([about, ...flows]).not.toEqual([about, ...want.flows]);
          expect([about, ...flows.map(lessExact)]).toEqual([about, ...want.flows.map(lessExact)]);
        }
        const fdb = fdbShow(lab);
        if (comparable) expect([about, ...fdb]).toEqual([about, ...want.fdb]);
      });
    });
  }
});

const withoutStats = (line: string): string => line.replace(/packets:\d+, bytes:\d+, used:[^,]*, /, "");
const lessExact = (line: string): string =>
  line.replace(/(encap\(eth_type\(0x8[18]..\),)vlan\([^)]*\),/, "$1").replace(/(vid=0,pcp=\d)\/0x0/, "$1");

/** Addresses as `fdb/show` lists them, without their age. */
function fdbShow(lab: SwitchLab): string[] {
  const lines = [...lab.state("br0").macs.entries()].map((e) => {
    const vlan = String(e.vlan).padStart(4);
    return `${e.port.members[0]?.ofport}  ${vlan}  ${formatMacNumber(e.mac)}`;
  });
  return lines.sort();
}

/**
 * Where we differ, on purpose, by index of the packet: whether a double-tagged packet reaches an access or tunnel port depends on its inner
 * VLAN, and whether a tag of VLAN 0 is sent on depends on its priority, but the recorded switch's megaflows do not tell such packets
 * apart, so that later ones go where the first one went. Ours do.
 */
const deviations: Readonly<Record<string, readonly number[]>> = {
  "every VLAN mode floods, vlan-limit 1": [2, 110],
  "every VLAN mode floods, vlan-limit 2": [2, 9, 10, 46, 58, 70, 110, 117, 118, 165, 166],
  "odd tags": [1, 3, 4, 8, 9, 11, 12, 16, 17, 19, 20, 57, 59, 60],
};

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PortSettings, VlanMode } from "#ofproto/settings.js";
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
      scenario.ports.forEach((p, i) => lab.addPort("br0", p.name, settings(p), "dummy", i + 1));
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
        const acts = [...backer.flows].map((f) => f.actions.map((a) => a.kind === "output" ? `${a.port}` : a.kind === "push_vlan" ? `push_vlan(${a.tpid === 0x8100 ? "" : `tpid=0x${a.tpid.toString(16)},`}vid=${a.vid},pcp=${a.pcp})` : a.kind).join(",") || "drop").sort();
        const wa = want.flows.map((f) => /actions:(.*)$/.exec(f)![1]!).sort();
        if (!scenario.fresh || want.flows.length === 1) expect([`${i} ${port} ${packet}`, ...acts]).toEqual([`${i} ${port} ${packet}`, ...wa]);
      });
    });
  }
});

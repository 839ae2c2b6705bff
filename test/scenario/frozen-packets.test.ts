import { describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { ofprotoTrace } from "#ofproto/commands/trace.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { SwitchLab } from "./switch-lab.js";

const tcp =
  "020000000002020000000001080045000028000000004006669c0a0000010a00000203e80050000000000000000050020000000000000000";

function lab(...flows: readonly string[]): SwitchLab {
  const made = new SwitchLab();
  made.addBridge("br0", { failMode: "secure" });
  for (const n of [1, 2, 3]) made.addPort("br0", `p${n}`, {}, "dummy", n);
  add(made, ...flows);
  return made;
}

function add(made: SwitchLab, ...flows: readonly string[]): void {
  const bridge = made.switches.bridges.get("br0")!;
  for (const text of flows) bridge.flowMod(parseFlowMod(text, "add").flowMod, ownOrigin);
  made.settle();
}

async function actionsOf(made: SwitchLab, packet = "in_port=1,tcp"): Promise<string[]> {
  const command = ofprotoTrace(made.switches);
  const text = command.text!(await command.run(["br0", packet]));
  return [...text.matchAll(/^Datapath actions: (.*)$/gm)].map(([, actions]) => actions!);
}

describe("packets that wait", () => {
  it("go on with their action set after connection tracking", () => {
    const made = lab(
      "table=0,ip,actions=write_actions(output:2),goto_table:1",
      "table=1,ip,actions=ct(table=2,zone=3)",
      "table=2,ip,ct_state=+trk,actions=set_field:1->reg0,goto_table:3",
      "table=3,reg0=1,actset_output=2,actions=output:3",
    );
    // The untracked one, and the one that comes back.
    expect(made.reach("p1", tcp)).toEqual(["p2", "p2", "p3"]);
    expect(made.reach("p1", tcp)).toEqual(["p2", "p2", "p3"]);
  });

  it("leave nothing behind once flows that name their states are gone", async () => {
    const made = lab("ip,actions=set_field:1->reg0,ct(table=1)", "table=1,ip,reg0=1,actions=output:2");
    const { backer } = made.switches.bridges.get("br0")!;
    made.receive("p1", tcp);
    expect(backer.frozen.size).toBe(1);
    for (let i = 2; i < 40; i++) add(made, `ip,actions=set_field:1->reg0,set_field:${i}->reg1,ct(table=1)`);
    expect(made.reach("p1", tcp)).toEqual(["p2"]);
    backer.revalidator.purge();
    made.clock.advance(1000);
    backer.frozen.release([]);
    expect(backer.frozen.size).toBe(0);
    await actionsOf(made);
    made.clock.advance(1000);
    backer.frozen.release([]);
    expect(backer.frozen.size, "after a trace").toBe(0);
  });

  it("are dropped, and counted, where what they waited for is not known", () => {
    const made = lab("ip,actions=ct(table=1)", "table=1,ip,actions=output:2");
    made.receive("p1", tcp);
    const { backer, state } = made.switches.bridges.get("br0")!;
    const key = [...backer.flows].map((f) => f.held.readKey(newKey())).find((key) => key[W.recircId] !== 0)!;
    backer.frozen.forget(state);
    backer.revalidator.purge();
    backer.upcalls.handle([
      { kind: "miss", key, packet: { data: Buffer.from(tcp, "hex") }, cookie: undefined } as unknown as Parameters<
        typeof backer.upcalls.handle
      >[0][number],
    ]);
    expect(state.drops.byPort().get("p1")?.get("no_recirculation")).toBe(1);
  });
});

describe("what the world around decides of actions", () => {
  it("a zone's timeout policy goes with commits", async () => {
    const made = lab("tcp,actions=ct(commit,zone=5,nat(src=1.1.1.1)),ct(zone=5),ct(commit),2");
    const zone = { timeouts: new Map([["udp_first", 200]]), limit: undefined };
    made.switches.setConntrack(new Map([["dummy", { zones: new Map([[5, zone]]), defaultLimit: undefined }]]));
    const name = made.switches.bridges.get("br0")!.backer.timeoutPolicy(5)!;
    expect(await actionsOf(made)).toEqual([
      `ct(commit,zone=5,timeout=${name},nat(src=1.1.1.1)),ct(zone=5),ct(commit),2`,
    ]);
  });

  it("sample reports packets where there are collectors", async () => {
    const sample = "collector_set_id=1,obs_domain_id=2,obs_point_id=3";
    const made = lab(
      `tcp,actions=sample(probability=65535,${sample}),2`,
      `udp,actions=sample(probability=6000,${sample},sampling_port=2,egress),2`,
      `icmp,actions=sample(probability=6000,${sample},sampling_port=1),sample(probability=5,${sample},sampling_port=77),2`,
    );
    expect(await actionsOf(made)).toEqual(["2"]);
    made.state("br0").exportsSamples = true;
    const cookie = (probability: number, port: string): string =>
      `userspace(pid=0,flow_sample(probability=${probability},collector_set_id=1,obs_domain_id=2,obs_point_id=3,output_port=${port}))`;
    expect(await actionsOf(made)).toEqual([`${cookie(65535, "4294967295")},2`]);
    expect(await actionsOf(made, "in_port=1,udp")).toEqual([
      `sample(sample=9.2%,actions(${cookie(6000, "2,egress")})),2`,
    ]);
    expect(await actionsOf(made, "in_port=1,icmp")).toEqual([
      `sample(sample=9.2%,actions(${cookie(6000, "4294967295")})),2`,
    ]);
  });

  it("what is left after a copy that waits is done, where the installed switch forgets it", async () => {
    const made = lab("ip,actions=clone(debug_recirc,2),3", "arp,actions=clone(controller(pause),2),3");
    expect(await actionsOf(made)).toEqual(["recirc(0x1),3"]);
    expect(await actionsOf(made, "in_port=1,arp")).toEqual(["3"]);
  });
});

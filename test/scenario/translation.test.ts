import { describe, expect, it } from "vitest";
import { PortConfig } from "#ofproto/port-config.js";
import type { Rule } from "#ofproto/tables/rule.js";
import { PacketInReason } from "#openflow/actions/controller.js";
import { TranslationBed } from "./translation-bed.js";

const port = (bed: TranslationBed, number: number): { config: number } => bed.bridge.state.ports.get(number)!;
const rules = (bed: TranslationBed, table: number): readonly Rule[] =>
  bed.bridge.state.tables.table(table).rules(bed.bridge.state.tables.version);

describe("headers that actions change", () => {
  it.each([
    ["mod_nw_src:1.2.3.4,mod_nw_ttl:9,output:2", "tcp", "set(ipv4(src=1.2.3.4,ttl=9)),p2"],
    ["mod_dl_src:0:0:0:0:0:1,mod_dl_src:0:0:0:0:0:0,output:2", "tcp", "p2"],
    ["set_field:80->tcp_dst,output:2,output:3", "tcp", "set(tcp(dst=80)),p2,p3"],
    [
      "push_vlan:0x8100,set_field:0x1005->vlan_vid,output:2,pop_vlan,output:3",
      "tcp",
      "push_vlan(vid=5,pcp=0),p2,pop_vlan,p3",
    ],
    ["set_field:::1->ipv6_src,output:2", "tcp6", "set(ipv6(src=::1)),p2"],
    ["set_field:2->arp_op,output:2", "arp", "set(arp(op=2)),p2"],
  ])("%s", (actions, kind, expected) => {
    const bed = new TranslationBed(`${kind},actions=${actions}`);
    const packet = kind === "arp" ? "in_port=1,arp,arp_op=1" : `in_port=1,${kind},nw_ttl=64`;
    expect(bed.actions(packet)).toBe(expected);
  });

  it("are looked at as far as they are written", () => {
    const bed = new TranslationBed("ip,actions=set_field:0.0.0.5/0.0.0.7->ip_dst,set_field:0x4/0x4->reg0,output:2");
    const { megaflow, actions } = bed.packet("in_port=1,udp,nw_dst=10.0.0.8");
    expect(megaflow).toContain("nw_dst=0.0.0.0/0.0.0.7");
    expect(megaflow).not.toContain("reg0");
    expect(actions).toBe("set(ipv4(dst=0.0.0.5/0.0.0.7)),p2");
  });

  it("are not there to change in every packet", () => {
    const bed = new TranslationBed(
      "ip,actions=mod_nw_src:1.2.3.4,output:2",
      "arp,actions=set_field:1.1.1.1->arp_spa,output:2",
    );
    expect(bed.actions("in_port=1,ip,nw_proto=0")).toBe("p2");
    expect(bed.actions("in_port=1,arp")).toBe("p2");
  });

  it("are left to userspace where datapaths cannot change them", () => {
    const bed = new TranslationBed("icmp,actions=set_field:3->icmp_type,output:2", "tcp,actions=output:2");
    expect(bed.packet("in_port=1,icmp").translation.slow).not.toBe(0);
    expect(bed.packet("in_port=1,tcp").translation.slow).toBe(0);
  });
});

describe("a packet whose time is up", () => {
  it("goes to the controllers that were named, and no further", () => {
    const bed = new TranslationBed("ip,actions=dec_ttl(3,4),output:2");
    const { translation } = bed.packet("in_port=1,tcp,nw_ttl=1");
    const up = translation.actions.map((a) =>
      a.kind === "userspace" && a.cookie.kind === "controller" ? a.cookie : a,
    );
    expect(up).toMatchObject([
      { reason: PacketInReason.invalidTtl, controllerId: 3 },
      { reason: PacketInReason.invalidTtl, controllerId: 4 },
    ]);
  });

  it("ends its list of actions only", () => {
    const bed = new TranslationBed("ip,actions=resubmit(,1),output:2", "table=1,ip,actions=dec_ttl,output:3");
    expect(bed.packet("in_port=1,tcp,nw_ttl=1").translation.actions.at(-1)).toMatchObject({ kind: "output" });
    expect(bed.actions("in_port=1,tcp,nw_ttl=2")).toBe("set(ipv4(ttl=1)),p3,p2");
  });
});

describe("ways through the tables", () => {
  it("come back from resubmit, with the fields as they have become", () => {
    const bed = new TranslationBed(
      "actions=resubmit(7,1),output:2",
      "table=1,in_port=7,actions=set_field:0:0:0:0:0:9->eth_src,in_port",
    );
    expect(bed.actions("in_port=1,udp")).toBe("set(eth(src=00:00:00:00:00:09)),p1,p2");
  });

  it("end for good at exit, the action set undone", () => {
    const bed = new TranslationBed(
      "actions=resubmit(,1),output:2,write_actions(output:3)",
      "table=1,actions=write_actions(output:4),goto_table:2",
      "table=2,actions=output:1,output:3,exit,output:4",
    );
    expect(bed.actions("in_port=1,udp")).toBe("p3");
  });

  it("do the action set once, at the end", () => {
    const bed = new TranslationBed(
      "actions=write_actions(output:2,set_field:0:0:0:0:0:9->eth_src),goto_table:1",
      "table=1,actions=output:3,write_actions(output:4)",
    );
    expect(bed.actions("in_port=1,udp")).toBe("p3,set(eth(src=00:00:00:00:00:09)),p4");
  });

  it("leave no trace of clones", () => {
    const bed = new TranslationBed(
      "actions=push:eth_src[],clone(mod_dl_src:0:0:0:0:0:9,pop:reg0[],output:2),output:3,pop:reg1[],output:reg0[0..15]",
    );
    const { actions } = bed.packet("in_port=1,udp,dl_src=00:00:00:00:00:01");
    expect(actions).toBe("set(eth(src=00:00:00:00:00:09)),p2,set(eth(src=00:00:00:00:00:01)),p3");
  });

  it("have an end", () => {
    const deep = new TranslationBed("actions=output:2,resubmit(,0)").packet("in_port=1,udp");
    expect([deep.actions, deep.translation.error, deep.translation.dropped]).toEqual([
      "drop",
      "Recursion too deep",
      "recursion_too_deep",
    ]);
    const onward = Array.from({ length: 90 }, (_, t) => `table=${t},actions=resubmit(,${t + 1})`);
    expect(new TranslationBed(...onward, "table=90,actions=output:2").actions("in_port=1,udp")).toBe("p2");
    const pushes = Array.from({ length: 2200 }, () => "push:xxreg0[]").join();
    const stacked = [0, 1, 2].map((t) => `table=${t},actions=${pushes},resubmit(,${t + 1})`);
    expect(new TranslationBed(...stacked).packet("in_port=1,udp").translation.error).toBe("Stack too deep");
    const wide = Array.from({ length: 14 }, (_, t) => `table=${t},actions=resubmit(,${t + 1}),resubmit(,${t + 1})`);
    const many = new TranslationBed(...wide).packet("in_port=1,udp");
    expect([many.actions, many.translation.error]).toEqual(["drop", "Too many resubmits"]);
  });
});

describe("packets that no flow matches", () => {
  it("do as their table says where it is the pipeline's next, and nothing after resubmit", () => {
    const bed = new TranslationBed("table=2,actions=output:2", "in_port=3,actions=resubmit(,1),output:4");
    const { tables } = bed.bridge.state;
    expect(bed.actions("in_port=1,udp")).toBe("drop");
    tables.table(0).missConfig = "continue";
    tables.table(1).missConfig = "continue";
    expect(bed.actions("in_port=1,udp")).toBe("p2");
    expect(bed.actions("in_port=3,udp")).toBe("p4");
    tables.table(0).missConfig = "controller";
    expect(bed.actions("in_port=1,udp")).toContain("controller(reason=");
    port(bed, 1).config = PortConfig.noPacketIn;
    expect(bed.actions("in_port=1,udp")).toBe("drop");
  });

  it("are counted for the table", () => {
    const bed = new TranslationBed("in_port=1,actions=output:2");
    bed.packet("in_port=1,udp", { packets: 3 });
    bed.packet("in_port=2,udp");
    const { lookups, matches } = bed.bridge.state.tables.table(0);
    expect([lookups, matches]).toEqual([4, 3]);
  });
});

describe("ports", () => {
  it("are not sent to where they are configured not to forward", () => {
    const bed = new TranslationBed("actions=output:2,output:3");
    port(bed, 2).config = PortConfig.noForward;
    const { actions, steps } = bed.packet("in_port=1,udp");
    expect(actions).toBe("p3");
    expect(steps).toContain("     -> OFPPC_NO_FWD set, skipping output");
  });

  it("do not have their packets' actions done where they are configured not to receive", () => {
    const bed = new TranslationBed("actions=output:2");
    port(bed, 1).config = PortConfig.noReceive;
    const { actions, steps, translation } = bed.packet("in_port=1,udp");
    expect([actions, translation.dropped]).toEqual(["drop", "no_receive"]);
    expect(steps).toEqual([" 0. priority 32768"]);
  });

  it("are flooded to but for those that do not want it", () => {
    const bed = new TranslationBed("actions=flood", "priority=40000,tcp,actions=all");
    port(bed, 3).config = PortConfig.noFlood;
    const sorted = (packet: string): string => bed.actions(packet).split(",").sort().join();
    expect(sorted("in_port=1,udp")).toBe("br0,p2,p4");
    expect(sorted("in_port=1,tcp")).toBe("br0,p2,p3,p4");
  });

  it("have queues, which are the packet's until pop_queue", () => {
    const bed = new TranslationBed("actions=enqueue:2:3,output:3,set_queue:5,output:4,pop_queue,output:3");
    expect(bed.actions("in_port=1,udp")).toBe(
      "set(skb_priority(0x3)),p2,set(skb_priority(0)),p3,set(skb_priority(0x5)),p4,set(skb_priority(0)),p3",
    );
  });
});

describe("links and members that a hash chooses", () => {
  const packets = Array.from({ length: 400 }, (_, i) => `in_port=1,tcp,nw_src=10.0.${i >> 8}.${i & 255},tp_src=${i}`);

  it.each(["modulo_n", "hash_threshold", "hrw", "iter_hash"])("are all used by %s, alike", (algorithm) => {
    const bed = new TranslationBed(
      `tcp,actions=multipath(symmetric_l4,7,${algorithm},4,5,reg0[0..15]),move:reg0[0..7]->nw_ttl[],output:2`,
    );
    const counts = new Map<string, number>();
    for (const packet of packets) {
      const actions = bed.actions(`${packet},nw_ttl=99`);
      counts.set(actions, (counts.get(actions) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(count).toBeGreaterThan(50);
  });

  it("are the same for both directions", () => {
    const bed = new TranslationBed("ip,actions=bundle(symmetric_l3l4,0,hrw,ofport,members:2,3,4)");
    for (let i = 1; i < 40; i++) {
      const there = bed.actions(`in_port=1,tcp,nw_src=1.1.1.1,nw_dst=2.2.2.2,tp_src=${i},tp_dst=80`);
      expect(bed.actions(`in_port=1,tcp,nw_src=2.2.2.2,nw_dst=1.1.1.1,tp_src=80,tp_dst=${i}`)).toBe(there);
    }
  });

  it("are those that are live, and move no more than they must", () => {
    const bed = new TranslationBed("ip,actions=bundle(nw_src,0,hrw,ofport,members:2,3,4)");
    const before = packets.map((p) => bed.actions(p));
    port(bed, 3).config = PortConfig.portDown;
    packets.forEach((packet, i) => {
      const now = bed.actions(packet);
      expect(now).not.toBe("p3");
      if (before[i] !== "p3") expect(now).toBe(before[i]);
    });
    expect(new Set(before).size).toBe(3);
  });
});

describe("flows that packets teach", () => {
  const learning =
    "in_port=1,ip,actions=learn(table=1,hard_timeout=10,cookie=7,limit=2,result_dst=reg0[0],eth_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1),output:reg0[0]";

  it("are seen by those that come after", () => {
    const bed = new TranslationBed(learning, "in_port=2,actions=resubmit(,1)");
    expect(bed.actions("in_port=2,udp,nw_dst=1.1.1.1")).toBe("drop");
    bed.packet("in_port=1,udp,nw_src=1.1.1.1");
    expect(bed.actions("in_port=2,udp,nw_dst=1.1.1.1")).toBe("p1");
  });

  it("are kept while packets teach them, their counters too", () => {
    const bed = new TranslationBed(learning, "in_port=2,actions=resubmit(,1)");
    const { translation } = bed.packet("in_port=1,udp,nw_src=1.1.1.1");
    bed.packet("in_port=2,udp,nw_dst=1.1.1.1");
    const [rule] = rules(bed, 1);
    bed.lab.clock.advance(9000);
    bed.packet("in_port=1,udp,nw_src=1.1.1.1");
    expect(rules(bed, 1)).toEqual([rule]);
    expect([rule!.packets, rule!.modified]).toEqual([1, bed.lab.clock.now()]);
    expect(translation.effects.some((e) => e.kind === "learn_flow")).toBe(true);
  });

  it("are as many as their limit lets there be", () => {
    const bed = new TranslationBed(learning);
    for (const address of ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.1"]) bed.packet(`in_port=1,udp,nw_src=${address}`);
    expect(rules(bed, 1)).toHaveLength(2);
    expect(bed.packet("in_port=1,udp,nw_src=1.1.1.9").steps).toContain("     -> Limit exceeded, learn failed");
  });

  it("go with the last flow that teaches them, where it says so", () => {
    const bed = new TranslationBed(
      "in_port=1,actions=learn(table=1,cookie=7,delete_learned,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
    );
    bed.packet("in_port=1,udp,dl_src=00:00:00:00:00:01");
    expect(rules(bed, 1)).toHaveLength(1);
    bed.bridge.removeFlows(rules(bed, 0), "delete");
    expect(rules(bed, 1)).toHaveLength(0);
  });
});

describe("fin_timeout", () => {
  it("makes a flow live shorter, once a packet has ended its connection", () => {
    const bed = new TranslationBed("tcp,hard_timeout=100,actions=fin_timeout(idle_timeout=5,hard_timeout=9),output:2");
    bed.packet("in_port=1,tcp");
    const [rule] = rules(bed, 0);
    expect([rule!.idleTimeout, rule!.hardTimeout]).toEqual([0, 100]);
    bed.packet("in_port=1,tcp", { tcpFlags: 0x11 });
    expect([rule!.idleTimeout, rule!.hardTimeout]).toEqual([5, 9]);
  });
});

import { describe, expect, it } from "vitest";
import { addFlow } from "../../fuzz/pipeline/hostile-world.js";
import { runPackets } from "../../fuzz/pipeline/packets.js";
import type { Tally } from "../../fuzz/pipeline/tally.js";
import { SwitchLab } from "./switch-lab.js";

/** A neighbour solicitation with a source link-layer address. */
const solicitation =
  "50140000000250540800000086dd6123456700203afffe800000000000000000000000000001ff02000000000000000000000000000287001c0d00000000fe800000000000000000000000000009010102030405060708";

function lab(...flows: readonly string[]): SwitchLab {
  const made = new SwitchLab();
  made.addBridge("br0", { failMode: "secure" });
  for (let i = 1; i <= 3; i++) made.addPort("br0", `p${i}`, {}, "dummy", i);
  for (const flow of flows) expect(addFlow(made.switches.bridges.get("br0")!, flow)).toBe(true);
  return made;
}

const drops = (net: SwitchLab): unknown => Object.fromEntries(net.switches.backers.get("dummy")!.datapath.drops());
const udp =
  "5054000000025054000000010800450000200000000040116ac60a0000010a000002000100020000abcd000000000000000000000000000000000000";

describe("hostile packets", () => {
  it("do no harm in any world", () => {
    const tally: Tally = {};
    for (let seed = 1; seed <= 40; seed++) runPackets(seed, tally);
    expect(tally["packets"]).toBeGreaterThan(6000);
    expect(tally["sent"]).toBeGreaterThan(1500);
    expect(tally["hits"]).toBeGreaterThan(300);
  }, 120_000);

  it("do not go round for ever where no flow can be put down", () => {
    const net = lab("ip,actions=ct(table=0)");
    const { limits } = net.switches.backers.get("dummy")!;
    net.switches.backers.get("dummy")!.limits = { ...limits, flowLimit: 0 };
    net.switches.backers.get("dummy")!.flowLimit.set(0);
    expect(net.receive("p1", udp)).toEqual([]);
    expect(drops(net)).toMatchObject({ datapath_drop_recirc_error: 1 });
  });

  it("do not go round for ever where each time another flow is made", () => {
    const net = lab("ip,actions=push:NXM_NX_REG0[],ct(table=0)");
    expect(net.receive("p1", udp)).toEqual([]);
    expect(drops(net)).toMatchObject({ datapath_drop_recirc_error: 1 });
  });

  it("have reserved words and option types of neighbour messages changed", () => {
    const net = lab("icmp6,icmp_type=135,icmp_code=0,actions=set_field:5->nd_reserved,set_field:2->nd_options_type,2");
    const [sent] = net.receive("p1", solicitation);
    const at = 14 + 40;
    expect(sent?.frame.slice(2 * (at + 4), 2 * (at + 8))).toBe("00000005");
    expect(sent?.frame.slice(2 * (at + 24), 2 * (at + 26))).toBe("0201");
  });

  it("that are cut off within a header have flows of their own", () => {
    const net = lab("ip,actions=set_field:8->ip_dscp,2");
    const cut = udp.slice(0, 2 * 24);
    expect(net.receive("p1", cut).map((s) => s.frame)).toEqual([cut]);
    expect(net.receive("p1", udp)[0]?.frame.slice(28, 34)).toBe("452000");
  });

  it("with label stacks that are cut off have flows of their own", () => {
    const flow = "actions=pop_mpls:0x8847,pop_mpls:0x8847,pop_mpls:0x86dd,dec_ttl,2";
    const labels = (...rest: readonly string[]): string => `${udp.slice(0, 24)}8848${rest.join("")}`;
    const cut = labels("00010800", "06040002", "02");
    const net = lab(flow);
    net.receive("p1", labels("00010040", "00011040", "00012040", "0001314045"));
    expect(net.receive("p1", cut)).toEqual(lab(flow).receive("p1", cut));
    const whole = labels("00010040", "00011040", "00012140", udp.slice(28));
    const after = lab(flow);
    after.receive("p1", labels("0001"));
    expect(after.receive("p1", whole)).toEqual(lab(flow).receive("p1", whole));
  });
});

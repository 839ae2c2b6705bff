import { describe, expect, it } from "vitest";
import { formatDatapathActions } from "#datapath/text/action-text.js";
import { composeFrame } from "#flow/compose.js";
import { ofprotoTraceLive } from "#ofproto/commands/trace-live.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseMatch } from "#openflow/match-parse.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { SwitchLab } from "./switch-lab.js";

const ether = "dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02";
const ip = `${ether},nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64`;
const http = `tcp,${ip},tcp_src=1000,tcp_dst=80`;
const ssh = `tcp,${ip},tcp_src=1000,tcp_dst=22`;
const arp = `arp,${ether},arp_op=1`;

const bytes = (flow: string): string => Buffer.from(composeFrame(parseMatch(flow).key)).toString("hex");

/** A switch, and those who look at it. */
class Look {
  readonly lab: SwitchLab = new SwitchLab();

  constructor(flows: readonly string[], groups: readonly string[] = []) {
    this.lab.addBridge("br0", { failMode: "secure" });
    for (const n of [1, 2, 3]) this.lab.addPort("br0", `p${n}`, {}, "dummy", n);
    const bridge = this.lab.switches.bridges.get("br0")!;
    for (const group of groups)
      bridge.commit([bridge.groupModification(parseGroupMod(group, "add").groupMod, ownOrigin)]);
    for (const flow of flows) bridge.flowMod(parseFlowMod(flow, "add").flowMod, ownOrigin);
    this.lab.settle();
  }

  /** Begins to look; the answer comes as text. */
  async look(...args: readonly string[]): Promise<string> {
    const command = ofprotoTraceLive(this.lab.switches);
    return command.text!(await command.run(args));
  }

  /** Sends a packet into a port; gives the ports it left by. */
  send(flow: string, port = "p1"): string[] {
    return this.lab.reach(port, bytes(flow));
  }

  /** Actions of the datapath's flows. */
  actions(): string[] {
    const { datapath } = this.lab.switches.bridges.get("br0")!.backer;
    return [...datapath.flows()].map((flow) => formatDatapathActions(flow.actions));
  }
}

const ends = (text: string): string[] => text.match(/^(Sent:|Dropped:|Recirculated).*$/gm) ?? [];

describe("live traces", () => {
  it("show packets of flows that the datapath knows already", async () => {
    const look = new Look(["table=0,cookie=0x77,in_port=1,actions=resubmit(,1)", "table=1,actions=2"]);
    look.send(http);
    look.send(http);
    const answer = look.look("br0", "tcp,tp_dst=80", "2");
    expect(look.send(http)).toEqual(["p2"]);
    expect(look.send(http)).toEqual(["p2"]);
    const text = await answer;
    expect(text.replaceAll(/\d{4}-\S+Z/g, "TIME")).toBe(
      ["#1", "#2"]
        .map(
          (n) => `${n} TIME br0 p1 118 bytes
Flow: tcp,in_port=p1,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0

bridge("br0")
-------------
 0. in_port=p1, priority 32768, cookie 0x77
    resubmit(,1)
 1. priority 32768
    output:p2

Datapath actions: p2
Sent: p2

`,
        )
        .join("")
        .concat("2 packets\n"),
    );
  });

  it("show no others, and change nothing for anybody", async () => {
    const look = new Look(["in_port=1,actions=2", "in_port=2,actions=1,3"]);
    for (const flow of [http, ssh, arp]) look.send(flow);
    expect(look.actions()).toHaveLength(2);
    const answer = look.look("br0", "in_port=p1,tcp,tcp_dst=80", "3");
    for (const flow of [http, ssh, arp, ssh, http, arp, http]) {
      expect(look.send(flow)).toEqual(["p2"]);
      expect(look.send(flow, "p2")).toEqual(["p1", "p3"]);
    }
    const text = await answer;
    expect(text).toContain("3 packets");
    expect(text.match(/^Flow:.*tp_dst=80/gm)).toHaveLength(3);
    look.lab.settle();
    expect(look.actions().join()).not.toContain("live_trace");
  });

  it("give the reason of drops", async () => {
    const look = new Look(["tcp,tcp_dst=80,actions=drop", "tcp,tcp_dst=22,actions=output:9"]);
    const answer = look.look("br0", "", "3");
    for (const flow of [http, ssh, arp]) expect(look.send(flow)).toEqual([]);
    expect(ends(await answer)).toEqual([
      "Dropped: rule_drop, the flow has no actions",
      "Dropped: no_such_port, the output port does not exist",
      "Dropped: no_match, no flow of the table matches",
    ]);
    const { drops } = look.lab.state("br0");
    expect([drops.total("rule_drop"), drops.total("no_such_port"), drops.total("no_match")]).toEqual([1, 1, 1]);
  });

  it("follow packets through connection tracking", async () => {
    const look = new Look([
      "table=0,tcp,actions=ct(table=1,zone=5)",
      "table=1,tcp,ct_state=+new,actions=ct(commit,zone=5),2",
      "table=1,tcp,ct_state=+est,actions=3",
    ]);
    const syn = `${http},tcp_flags=2`;
    const answer = look.look("br0", "in_port=1", "2");
    look.send(syn);
    look.send(syn);
    const text = await answer;
    expect(text).toContain("2 packets");
    expect(text.match(/comes back from connection tracking: .*/g)).toEqual([
      "comes back from connection tracking: ct_state=new|trk, ct_zone=5",
      "comes back from connection tracking: ct_state=new|trk, ct_zone=5",
    ]);
    expect(ends(text)).toEqual(["Recirculated", "Sent: p2", "Recirculated", "Sent: p2"]);
  });

  it("show groups and NORMAL", async () => {
    const look = new Look(
      ["in_port=1,tcp,actions=group:1", "priority=1,actions=NORMAL"],
      ["group_id=1,type=all,bucket=output:2,bucket=output:3"],
    );
    const answer = look.look("br0", "", "2");
    look.send(http);
    look.send(arp, "p3");
    const text = await answer;
    expect(ends(text)).toEqual(["Sent: p2, p3", "Sent: br0, p1, p2"]);
    expect(text).toContain("bucket 0");
    expect(text).toContain("no learned MAC for destination, flooding");
  });

  it("show a bridge what comes by its patch ports", async () => {
    const look = new Look(["in_port=1,actions=all"]);
    look.lab.addBridge("br1", { failMode: "standalone" });
    look.lab.addPort("br1", "q1");
    look.lab.addPatch("br0", "x0", "x1");
    look.lab.addPatch("br1", "x1", "x0");
    const answer = look.look("br1", "tcp", "1");
    look.send(arp);
    look.send(http);
    const text = await answer;
    expect(text).toContain("#1");
    expect(text).toContain('bridge("br1")');
    expect(text).not.toContain("arp,");
  });

  it("end when their time is up, or the client has gone, and go on beside each other", async () => {
    const look = new Look(["in_port=1,actions=2"]);
    const command = ofprotoTraceLive(look.lab.switches);
    const gone = new AbortController();
    const left = command.run(["br0", "tcp"], { gone: gone.signal });
    const slow = look.look("--timeout", "5", "br0", "udp");
    const quick = look.look("br0", "tcp,tcp_dst=22", "1");
    look.send(http);
    look.send(ssh);
    expect(await quick).toContain("1 packet\n");
    gone.abort();
    expect((await left).packets).toHaveLength(2);
    look.lab.clock.advance(5000);
    expect(await slow).toBe("0 packets in 5 s\n");
    expect(look.lab.switches.bridges.get("br0")!.backer.live).toEqual([]);
  });

  it("are bounded: a flood of copies takes nothing from packets that have to go up", async () => {
    const look = new Look(["in_port=1,actions=2"]);
    look.send(http);
    const answer = look.look("--timeout", "1", "br0", "tcp", "1000");
    for (let i = 0; i < 300; i++) expect(look.send(http)).toEqual(["p2"]);
    look.lab.clock.advance(1000);
    const seen = Number(/(\d+) packets/.exec(await answer)![1]);
    expect(seen).toBeGreaterThan(100);
    expect(seen).toBeLessThan(200);
  });

  it.each([
    [["br9", "tcp"], "br9: unknown bridge"],
    [["br0", "tpc"], "bad filter tpc: field tpc missing value"],
    [["br0", "tcp_dst=80"], 'bad filter tcp_dst=80: without prerequisites it is ""'],
    [["br0", "tcp", "0"], "0: count is not 1 to 1000"],
    [["br0", "tcp", "x"], "x: count is not 1 to 1000"],
    [["br0", "tcp", "--timeout"], "Missing argument for option --timeout"],
    [["br0", "tcp", "--timeout", "0"], "0: timeout is not 1 to 3600"],
    [["br0", "tcp", "--foo"], "--foo: unknown option"],
    [["br0", "--timeout", "1"], "a bridge and a filter are needed"],
  ])("refuse %s", async (args, text) => {
    await expect(new Look([]).look(...args)).rejects.toThrow(text);
  });
});

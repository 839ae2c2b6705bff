import type { Bridge } from "#ofproto/bridge.js";
import type { VlanMode } from "#ofproto/settings.js";
import { ownOrigin } from "#ofproto/tables/flow-changes.js";
import { parseFlowMod } from "#openflow/flow-text.js";
import { parseGroupMod } from "#openflow/messages/group/group-mod-parse.js";
import { parseMeterMod } from "#openflow/messages/meter/meter-mod-parse.js";
import { OfpError } from "#openflow/ofp-error.js";
import { UserError } from "#util/errors.js";
import { actionTexts } from "../../test/differential/openflow-action-texts.js";
import { groupText, ruleText } from "../../test/scenario/pipeline-oracle/plain-rules.js";
import { type Dice, PORTS, randomWorld } from "../../test/scenario/pipeline-oracle/random-world.js";
import { SwitchLab } from "../../test/scenario/switch-lab.js";

/** Actions that the generator of worlds does not know: those that wait, remember, come back and copy. */
const moreActions: readonly string[] = [
  "normal",
  "flood,normal",
  "ct(table=3)",
  "ct(commit,table=2,zone=1)",
  "ct(commit,zone=NXM_NX_REG0[0..15],exec(load:7->NXM_NX_CT_MARK[],load:1->NXM_NX_CT_LABEL[5..9]))",
  "ct(commit,nat(src=10.0.0.1-10.0.0.3:1000-1003),table=4)",
  "ct(commit,nat(dst=192.168.0.1:80,random),table=4)",
  "ct(nat,table=5)",
  "ct(commit,force,table=2),ct_clear,resubmit(,4)",
  "ct_clear,resubmit(,2)",
  "learn(table=4,idle_timeout=1,hard_timeout=3,priority=77,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,4)",
  "learn(table=5,limit=3,result_dst=NXM_NX_REG3[0],delete_learned,cookie=0x9,NXM_OF_VLAN_TCI[0..11],load:5->NXM_NX_REG1[])",
  "controller",
  "controller(userdata=01.02,pause),2",
  "controller(max_len=0,meter_id=1)",
  "clone(push_vlan:0x8100,push_mpls:0x8847,2),3",
  "clone(ct(table=2),1),clone(learn(table=4,NXM_OF_ETH_SRC[]),2),4",
  "sample(probability=30000,collector_set_id=1,obs_domain_id=2,obs_point_id=3),1",
  "check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)",
  "multipath(symmetric_l4,1024,hrw,4,0,NXM_NX_REG0[0..15]),output:NXM_NX_REG0[0..15]",
  "bundle(eth_src,0,hrw,ofport,members:1,2,9)",
  "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678))),set_field:0x11223344->nsh_spi,encap(ethernet),4",
  "encap(nsh),encap(nsh),decap(),decap(),resubmit(,3)",
  "decap(),resubmit(,2)",
  "decap(packet_type(ns=1,type=0x894f)),resubmit(,3)",
  "encap(mpls),encap(ethernet),2",
  "decap(packet_type(ns=0,type=0)),1",
  "dec_nsh_ttl,1",
  "meter:1,2",
  "meter:2,meter:1,resubmit(,1)",
  "group:50,group:51",
  "group:52",
  "fin_timeout(idle_timeout=1,hard_timeout=2),normal",
  "delete_field:tun_metadata0,1",
  "dec_ttl,dec_ttl(1,2),2",
  "push_mpls:0x8847,push_mpls:0x8848,push_mpls:0x8847,push_mpls:0x8847,2",
  "pop_mpls:0x0800,resubmit(,1)",
  "pop_mpls:0x8847,pop_mpls:0x8847,pop_mpls:0x86dd,dec_ttl,2",
  "push_vlan:0x8100,push_vlan:0x88a8,set_field:4100->vlan_vid,2,pop_vlan,3,pop_vlan,4",
  "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],in_port",
  "set_field:0/0->reg0,set_field:1:2:3::4->ipv6_dst,2",
  "push:NXM_NX_REG0[],push:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],pop:NXM_NX_REG1[],pop:NXM_NX_REG2[],1",
  "write_metadata:7/0xff,goto_table:4",
  "clear_actions,write_actions(push_vlan:0x8100,dec_ttl,group:50),goto_table:3",
  "resubmit(,1),resubmit(,2),resubmit(,3),resubmit(,1),resubmit(,2)",
  "resubmit(,0)",
  "resubmit(3,0),resubmit(LOCAL,0)",
  "resubmit(,2,ct)",
  "exit",
  "note:00.11,set_queue:5,enqueue:2:7,pop_queue,output(port=3,max_len=20),4",
  "debug_recirc,2",
  "conjunction(1,1/2),conjunction(2,2/2)",
  "output:100",
];

/** Matches on what is seldom matched on. */
const moreMatches: readonly string[] = [
  "",
  "ip",
  "ip,ip_frag=first",
  "ip,ip_frag=later",
  "ipv6,ip_frag=yes",
  "ip,ip_frag=not_later,nw_ttl=0",
  "tcp,tcp_flags=+syn-ack",
  "ipv6,ipv6_label=0x5",
  "ipv6,ip_proto=44",
  "icmp6,icmp_type=135,icmp_code=0",
  "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::/10",
  "icmp6,icmp_type=136,icmp_code=0,nd_tll=00:00:00:00:00:00/01:00:00:00:00:00",
  "igmp",
  "mpls",
  "mpls,mpls_bos=0",
  "dl_type=0x894f",
  "dl_type=0x894f,nsh_mdtype=1",
  "dl_type=0x05ff",
  "arp,arp_op=1",
  "rarp",
  "vlan_tci=0x1000/0x1000",
  "dl_vlan=1",
  "dl_vlan=0xffff",
  "ct_state=+trk",
  "ct_state=+trk+new,ip",
  "ct_state=+trk+est-rpl,tcp",
  "ct_state=+inv+trk",
  "ct_state=+rel+trk,ct_zone=1",
  "ct_mark=7/7",
  "conj_id=1",
  "conj_id=2,ip",
  "in_port=LOCAL",
  "in_port=2",
  "packet_type=(1,0x894f)",
  "packet_type=(1,0x800)",
  "recirc_id=0",
  "reg0=1/1",
  "metadata=7/7",
  "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
];

const groups: readonly string[] = [
  "group_id=50,type=select,selection_method=dp_hash,bucket=weight:3,actions=1,bucket=weight:1,actions=2,bucket=weight:0,actions=3",
  "group_id=51,type=select,selection_method=hash,fields(ip_src,tcp_dst),bucket=actions=resubmit(,2),bucket=actions=ct(table=3)",
  "group_id=52,type=all,bucket=actions=group:50,bucket=actions=push_vlan:0x8100,group:51,bucket=actions=normal",
  "group_id=53,type=fast_failover,bucket=watch_port:1,actions=1,bucket=watch_group:50,actions=group:50",
];

const meters: readonly string[] = [
  "meter=1 pktps band=type=drop rate=1",
  "meter=2 kbps stats bands=type=drop rate=4294967295 burst_size=4294967295 type=dscp_remark rate=1 burst_size=1 prec_level=9",
];

/** Does `change`; false where the switch refuses it, as it may. */
export function taken(change: () => void): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (error instanceof OfpError || error instanceof UserError) return false;
    throw error;
  }
}

export function addFlow(bridge: Bridge, text: string): boolean {
  return taken(() => bridge.flowMod(parseFlowMod(text, "add").flowMod, ownOrigin));
}

export function addMeter(bridge: Bridge, text: string): boolean {
  return taken(() => {
    const failure = bridge.commit([bridge.meterModification(parseMeterMod(text, "add").meterMod, ownOrigin)]);
    if (failure) throw failure.error;
  });
}

/** Those that begin again with the first table are for packet-outs: there the first table counts once only. */
const outputs = actionTexts.filter((text) => !/\btable$/i.test(text));

/** A flow of any match and actions, those that are refused too; it lies in the tables from `first` on. */
export function anyFlow(dice: Dice, first: number): string {
  const table = first + dice.below(6);
  const [before, text] = dice.chance(30) ? withMatch(dice.one(outputs)) : ["", dice.one(moreActions)];
  const match = before || dice.one(moreMatches);
  const timeouts = dice.chance(10) ? `idle_timeout=${1 + dice.below(3)},` : "";
  const actions = shifted(text, first);
  return `table=${table},priority=${dice.below(70)},${timeouts}${match}${match && ","}actions=${actions}`;
}

function withMatch(text: string): [string, string] {
  const [match, actions] = text.split("|");
  return actions === undefined ? ["", match!] : [match!, actions];
}

/** Actions that name tables, moved as tables are. */
function shifted(text: string, by: number): string {
  return text
    .replace(
      /(resubmit\([^,)]*,|table=|goto_table:)(\d+)/g,
      (_, before: string, n: string) => before + (Number(n) + by),
    )
    .replace(/resubmit:(\d+)/g, `resubmit($1,${by})`);
}

const modes: readonly VlanMode[] = ["access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"];

export interface HostileWorld {
  readonly lab: SwitchLab;
  readonly bridge: Bridge;
  /** The flows in the first table that each packet of a port counts for. */
  readonly doors: ReadonlyMap<string, number>;
  /** The same packet has always the same fate. */
  readonly isSteady: boolean;
}

/** A switch full of strange flows. Table 0 counts what comes in by each port. */
export function hostileWorld(dice: Dice, isSteady: boolean): HostileWorld {
  const lab = new SwitchLab();
  for (const name of ["br0", "br1"]) {
    lab.addBridge(name, { vlanLimit: dice.one([1, 2]), failMode: dice.one(["secure", "standalone"]) });
  }
  for (const port of PORTS) {
    const settings = dice.chance(30)
      ? {
          vlanMode: dice.one(modes),
          tag: dice.one([-1, 0, 10]),
          trunks: dice.one([[], [0, 1]]),
          protected: dice.chance(20),
        }
      : {};
    lab.addPort("br0", `p${port}`, settings, "dummy", port);
  }
  lab.addPatch("br0", "to1", "to0");
  lab.addPatch("br1", "to0", "to1");
  lab.addPort("br1", "q1");
  const bridge = lab.switches.bridges.get("br0")!;
  const world = randomWorld(dice);
  for (const text of [...world.groups.map(groupText), ...(isSteady ? [] : groups)]) {
    taken(() => {
      const failure = bridge.commit([bridge.groupModification(parseGroupMod(text, "add").groupMod, ownOrigin)]);
      if (failure) throw failure.error;
    });
  }
  for (const text of isSteady ? [] : meters) addMeter(bridge, text);
  const remembers =
    /learn|ct\(|normal|meter|flood|sample|clone\(ct|fin_timeout|idle_timeout|controller\(.*pause|group:5|set_queue/i;
  const texts = [
    ...world.rules.map((rule) => shifted(ruleText({ ...rule, table: rule.table + 1 }), 0)).map(shiftRule),
    ...Array.from({ length: dice.below(40) }, () => anyFlow(dice, 1)),
  ].filter((text) => !isSteady || !remembers.test(text));
  for (const text of texts) addFlow(bridge, text);
  const doors = new Map<string, number>();
  for (const port of PORTS) {
    addFlow(bridge, `table=0,priority=65535,in_port=${port},cookie=${port},actions=resubmit(,1)`);
    doors.set(`p${port}`, port);
  }
  addFlow(lab.switches.bridges.get("br1")!, `priority=5,actions=${isSteady ? "all" : "normal"}`);
  return { lab, bridge, doors, isSteady };
}

/** A rule's own table is shifted already; those that its actions name are not. */
function shiftRule(text: string): string {
  const at = text.indexOf("actions=");
  return text.slice(0, at) + shifted(text.slice(at), 1);
}

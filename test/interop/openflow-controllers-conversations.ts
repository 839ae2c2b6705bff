/** What an os-ken controller of a version says to a switch, and what happens there. */
export interface OsKenConversation {
  readonly name: string;
  /** Of the wire. */
  readonly version: number;
  readonly learns?: boolean;
  readonly steps: readonly string[];
}

const [a, b, c] = ["50:54:00:00:00:05", "50:54:00:00:00:07", "50:54:00:00:00:09"] as const;
const ip = "eth_type(0x0800),ipv4(src=192.168.0.1,dst=192.168.0.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=8,dst=9)";
const packet = (port: number, source: string, target: string): string =>
  `in p${port} eth(src=${source},dst=${target}),${ip}`;

/** Three stations talk, the last moves. */
const stations: readonly string[] = [
  packet(1, a, b),
  packet(2, b, a),
  packet(1, a, b),
  packet(1, a, b),
  packet(3, c, "ff:ff:ff:ff:ff:ff"),
  packet(1, a, c),
  packet(2, c, a),
  "ofctl del-flows br0 dl_src=50:54:00:00:00:05",
];

const flowStats: Readonly<Record<number, string>> = {
  1: "p.OFPFlowStatsRequest(dp, 0, p.OFPMatch(), 255, o.OFPP_NONE)",
  3: "p.OFPFlowStatsRequest(dp)",
  4: "p.OFPFlowStatsRequest(dp)",
  5: "p.OFPFlowStatsRequest(dp)",
  6: "p.OFPFlowDescStatsRequest(dp)",
};

const names: Readonly<Record<number, string>> = { 1: "1.0", 3: "1.2", 4: "1.3", 5: "1.4", 6: "1.5" };

const learning = [1, 3, 4, 5, 6].map(
  (version): OsKenConversation => ({
    name: `a learning switch of OpenFlow ${names[version]}`,
    version,
    learns: true,
    steps: [...stations.slice(0, 4), flowStats[version]!, ...stations.slice(4), flowStats[version]!],
  }),
);

/** What every version but the first asks for, or sets, in the same words. */
const groups = [
  "p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_ALL, 1, [p.OFPBucket(actions=[p.OFPActionOutput(2)]), p.OFPBucket(actions=[p.OFPActionOutput(3)])])",
  "p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_FF, 2, [p.OFPBucket(watch_port=1, actions=[p.OFPActionOutput(2)]), p.OFPBucket(watch_port=2, actions=[p.OFPActionOutput(3)])])",
  "p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_SELECT, 3, [p.OFPBucket(weight=5, actions=[p.OFPActionOutput(2)]), p.OFPBucket(weight=7, actions=[p.OFPActionOutput(3)])])",
  "p.OFPGroupMod(dp, o.OFPGC_ADD, o.OFPGT_ALL, 1, [])",
  "p.OFPGroupMod(dp, o.OFPGC_MODIFY, o.OFPGT_INDIRECT, 1, [p.OFPBucket(actions=[p.OFPActionOutput(2)])])",
  "p.OFPGroupMod(dp, o.OFPGC_MODIFY, o.OFPGT_INDIRECT, 9, [p.OFPBucket(actions=[p.OFPActionOutput(2)])])",
  "p.OFPFlowMod(dp, priority=9, match=p.OFPMatch(in_port=1), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionGroup(1)])])",
  packet(1, a, b),
  "p.OFPGroupStatsRequest(dp)",
  "p.OFPGroupDescStatsRequest(dp)",
  "p.OFPGroupFeaturesStatsRequest(dp)",
];

const allDescriptions = [
  "p.OFPDescStatsRequest(dp, flags=0)",
  "p.OFPAggregateStatsRequest(dp, flags=0, table_id=o.OFPTT_ALL, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY, cookie=0, cookie_mask=0, match=p.OFPMatch())",
  "p.OFPTableStatsRequest(dp, flags=0)",
  "p.OFPPortStatsRequest(dp, flags=0, port_no=o.OFPP_ANY)",
  "p.OFPPortStatsRequest(dp, flags=0, port_no=2)",
  "p.OFPPortStatsRequest(dp, flags=0, port_no=77)",
  "p.OFPQueueStatsRequest(dp, flags=0, port_no=o.OFPP_ANY, queue_id=o.OFPQ_ALL)",
  "p.OFPGetConfigRequest(dp)",
  "p.OFPSetConfig(dp, o.OFPC_FRAG_DROP, 200)",
  "p.OFPGetConfigRequest(dp)",
  "p.OFPSetConfig(dp, o.OFPC_FRAG_NORMAL, 0xffff)",
  "p.OFPFeaturesRequest(dp)",
  "p.OFPEchoRequest(dp, b'are you there')",
];

const meters = [
  "p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_KBPS | o.OFPMF_STATS, 1, [p.OFPMeterBandDrop(1000, 100)])",
  "p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_PKTPS | o.OFPMF_BURST | o.OFPMF_STATS, 2, [p.OFPMeterBandDrop(10, 5)])",
  "p.OFPMeterMod(dp, o.OFPMC_ADD, o.OFPMF_KBPS, 1, [p.OFPMeterBandDrop(1000, 100)])",
  "p.OFPMeterMod(dp, o.OFPMC_MODIFY, o.OFPMF_KBPS, 1, [p.OFPMeterBandDrop(2000, 100)])",
  "p.OFPMeterMod(dp, o.OFPMC_MODIFY, o.OFPMF_KBPS, 7, [p.OFPMeterBandDrop(2000, 100)])",
  "p.OFPMeterMod(dp, o.OFPMC_DELETE, 0, 9, [])",
  "p.OFPMeterStatsRequest(dp)",
  "p.OFPMeterFeaturesStatsRequest(dp)",
];

/** Bundles and monitors of 1.4 and 1.5. */
const later = [
  "p.OFPTableDescStatsRequest(dp)",
  "p.OFPTableMod(dp, 3, o.OFPTC_EVICTION, [])",
  "p.OFPTableDescStatsRequest(dp)",
  "p.OFPFlowMonitorRequest(dp, 0, 1, o.OFPP_ANY, o.OFPG_ANY, o.OFPFMF_INITIAL | o.OFPFMF_ADD | o.OFPFMF_REMOVED | o.OFPFMF_MODIFY | o.OFPFMF_INSTRUCTIONS, o.OFPTT_ALL, o.OFPFMC_ADD, p.OFPMatch())",
  "p.OFPBundleCtrlMsg(dp, 7, o.OFPBCT_OPEN_REQUEST, o.OFPBF_ATOMIC | o.OFPBF_ORDERED, [])",
  "[p.OFPBundleAddMsg(dp, 7, o.OFPBF_ATOMIC | o.OFPBF_ORDERED, p.OFPFlowMod(dp, priority=n, match=p.OFPMatch(in_port=n), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(2)])]), []) for n in range(1, 9)]",
  "p.OFPBundleCtrlMsg(dp, 7, o.OFPBCT_CLOSE_REQUEST, o.OFPBF_ATOMIC | o.OFPBF_ORDERED, [])",
  "p.OFPBundleCtrlMsg(dp, 7, o.OFPBCT_COMMIT_REQUEST, o.OFPBF_ATOMIC | o.OFPBF_ORDERED, [])",
  "p.OFPBundleCtrlMsg(dp, 8, o.OFPBCT_COMMIT_REQUEST, o.OFPBF_ATOMIC, [])",
  "ofctl add-flow br0 priority=99,in_port=1,actions=drop",
  "ofctl mod-flows br0 in_port=1,actions=2",
  "ofctl del-flows br0 in_port=1",
];

/** Roles and what is told without asking, 1.3 and later. */
const portsAndRoles = [
  "p.OFPPortDescStatsRequest(dp)",
  "p.OFPGetAsyncRequest(dp)",
  "ofctl mod-port br0 p1 no-flood",
  "ofctl mod-port br0 p1 flood",
  "ofctl mod-port br0 p2 down",
  "ofctl mod-port br0 p2 up",
  "vsctl add-port br0 p4 -- set interface p4 type=dummy ofport_request=4",
  "vsctl del-port br0 p4",
  "p.OFPTableFeaturesStatsRequest(dp)",
];

const flowsOf13 = [
  "p.OFPFlowMod(dp, table_id=0, cookie=0x123456789abcdef0, priority=7, flags=o.OFPFF_SEND_FLOW_REM, match=p.OFPMatch(in_port=1, eth_type=0x0800, ip_proto=6, tcp_dst=9, ipv4_src=('192.168.0.0', '255.255.0.0')), instructions=[p.OFPInstructionWriteMetadata(0x55, 0xff), p.OFPInstructionGotoTable(3)])",
  "p.OFPFlowMod(dp, table_id=3, priority=7, match=p.OFPMatch(metadata=(0x55, 0xff), vlan_vid=0), instructions=[p.OFPInstructionActions(o.OFPIT_WRITE_ACTIONS, [p.OFPActionPushVlan(0x8100), p.OFPActionSetField(vlan_vid=0x1000 | 5), p.OFPActionOutput(2)]), p.OFPInstructionGotoTable(4)])",
  "p.OFPFlowMod(dp, table_id=4, priority=0, match=p.OFPMatch(), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(o.OFPP_CONTROLLER, 64), p.OFPActionDecNwTtl(), p.OFPActionSetField(eth_dst='00:00:00:00:00:01')]), p.OFPInstructionActions(o.OFPIT_CLEAR_ACTIONS, [])])",
  packet(1, a, b),
  packet(2, b, a),
  "p.OFPFlowStatsRequest(dp, 0, 3)",
  "p.OFPFlowMod(dp, table_id=2, priority=7, match=p.OFPMatch(ipv6_src='::1'), instructions=[])",
  "p.OFPFlowMod(dp, table_id=9, priority=7, match=p.OFPMatch(), instructions=[p.OFPInstructionGotoTable(3)])",
  "p.OFPFlowMod(dp, table_id=0, priority=7, match=p.OFPMatch(), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionGroup(99)])])",
  "p.OFPFlowMod(dp, table_id=o.OFPTT_ALL, command=o.OFPFC_DELETE, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY, match=p.OFPMatch(), instructions=[])",
];

/** Nicira's extensions as os-ken has them. */
const nicira = [
  "p.OFPFlowMod(dp, priority=5, match=p.OFPMatch(in_port=1), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.NXActionRegLoad(ofs_nbits=31, dst='reg0', value=7), p.NXActionResubmitTable(table_id=5)])])",
  "p.OFPFlowMod(dp, table_id=5, priority=5, match=p.OFPMatch(reg0=7), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.NXActionLearn(table_id=6, priority=9, specs=[p.NXFlowSpecMatch(src=('eth_src_nxm', 0), dst=('eth_dst_nxm', 0), n_bits=48), p.NXFlowSpecOutput(src=('in_port', 0), dst='', n_bits=16)]), p.NXActionController(max_len=99, controller_id=0, reason=1), p.OFPActionOutput(2)])])",
  packet(1, a, b),
  "p.OFPFlowStatsRequest(dp, 0, 6)",
];

export const osKenConversations: readonly OsKenConversation[] = [
  ...learning,
  {
    name: "all that OpenFlow 1.0 can be asked",
    version: 1,
    steps: [
      "p.OFPFlowMod(dp, match=p.OFPMatch(in_port=1), cookie=5, priority=7, flags=o.OFPFF_SEND_FLOW_REM, actions=[p.OFPActionOutput(2), p.OFPActionSetDlSrc(b'\\0\\0\\0\\0\\0\\1'), p.OFPActionVlanVid(7), p.OFPActionOutput(o.OFPP_CONTROLLER, 60)])",
      packet(1, a, b),
      flowStats[1]!,
      "p.OFPDescStatsRequest(dp, 0)",
      "p.OFPAggregateStatsRequest(dp, 0, p.OFPMatch(), 255, o.OFPP_NONE)",
      "p.OFPTableStatsRequest(dp, 0)",
      "p.OFPPortStatsRequest(dp, 0, o.OFPP_NONE)",
      "p.OFPPortStatsRequest(dp, 0, 2)",
      "p.OFPPortStatsRequest(dp, 0, 77)",
      "p.OFPQueueStatsRequest(dp, 0, o.OFPP_ALL, o.OFPQ_ALL)",
      "p.OFPQueueGetConfigRequest(dp, 1)",
      "p.OFPGetConfigRequest(dp)",
      "p.OFPSetConfig(dp, 1, 77)",
      "p.OFPGetConfigRequest(dp)",
      "p.OFPSetConfig(dp, 0, 0xffff)",
      "p.OFPFeaturesRequest(dp)",
      "p.OFPEchoRequest(dp, b'are you there')",
      "p.OFPFlowMod(dp, match=p.OFPMatch(in_port=1), cookie=5, command=o.OFPFC_DELETE, actions=[])",
      "p.NXTFlowModTableId(dp, True)",
      "p.NXTSetFlowFormat(dp, o.NXFF_NXM)",
      "p.NXTSetPacketInFormat(dp, o.NXPIF_NXM)",
      "p.NXTRoleRequest(dp, o.NX_ROLE_MASTER)",
      "p.NXFlowStatsRequest(dp, 0, o.OFPP_NONE, 0, p.nx_match.ClsRule())",
      "p.NXAggregateStatsRequest(dp, 0, o.OFPP_NONE, 0, p.nx_match.ClsRule())",
      "ofctl mod-port br0 p1 no-flood",
      "vsctl add-port br0 p4 -- set interface p4 type=dummy ofport_request=4",
      "vsctl del-port br0 p4",
    ],
  },
  {
    name: "all that OpenFlow 1.2 can be asked",
    version: 3,
    steps: [
      ...allDescriptions,
      ...groups,
      "p.OFPQueueGetConfigRequest(dp, 1)",
      "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 5)",
      "p.OFPRoleRequest(dp, o.OFPCR_ROLE_NOCHANGE, 0)",
      "p.OFPTableMod(dp, 0, o.OFPTC_TABLE_MISS_DROP)",
      "p.OFPTableStatsRequest(dp, flags=0)",
    ],
  },
  {
    name: "bundles of ONF's extension in OpenFlow 1.3, as Neutron's agent uses them",
    version: 4,
    steps: [
      "p.ONFBundleCtrlMsg(dp, 7, o.ONF_BCT_OPEN_REQUEST, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, [])",
      "[p.ONFBundleAddMsg(dp, 7, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, p.OFPFlowMod(dp, cookie=7, priority=n, match=p.OFPMatch(in_port=n), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionOutput(2)])]), []) for n in range(1, 9)]",
      "p.OFPFlowStatsRequest(dp)",
      "p.ONFBundleCtrlMsg(dp, 7, o.ONF_BCT_COMMIT_REQUEST, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, [])",
      "p.OFPFlowStatsRequest(dp)",
      "p.ONFBundleCtrlMsg(dp, 8, o.ONF_BCT_OPEN_REQUEST, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, [])",
      "p.ONFBundleAddMsg(dp, 8, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, p.OFPFlowMod(dp, cookie=7, cookie_mask=0xff, command=o.OFPFC_DELETE, table_id=o.OFPTT_ALL, out_port=o.OFPP_ANY, out_group=o.OFPG_ANY, match=p.OFPMatch(), instructions=[]), [])",
      "p.ONFBundleAddMsg(dp, 8, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, p.OFPFlowMod(dp, match=p.OFPMatch(), instructions=[p.OFPInstructionActions(o.OFPIT_APPLY_ACTIONS, [p.OFPActionGroup(99)])]), [])",
      "p.ONFBundleCtrlMsg(dp, 8, o.ONF_BCT_COMMIT_REQUEST, o.ONF_BF_ATOMIC | o.ONF_BF_ORDERED, [])",
      "p.OFPFlowStatsRequest(dp)",
      "p.ONFBundleCtrlMsg(dp, 9, o.ONF_BCT_DISCARD_REQUEST, 0, [])",
    ],
  },
  ...[4, 5, 6].flatMap((version): OsKenConversation[] => [
    {
      name: `all that OpenFlow ${names[version]} can be asked`,
      version,
      steps: [
        ...allDescriptions,
        ...(version === 4 ? ["p.OFPQueueGetConfigRequest(dp, 1)"] : ["p.OFPQueueDescStatsRequest(dp)"]),
        ...portsAndRoles,
        version === 6
          ? "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 0, 5)"
          : "p.OFPRoleRequest(dp, o.OFPCR_ROLE_MASTER, 5)",
        ...(version === 6 ? ["p.OFPControllerStatusStatsRequest(dp)", "p.OFPBundleFeaturesStatsRequest(dp)"] : []),
        ...meters,
        version === 6 ? "p.OFPMeterDescStatsRequest(dp)" : "p.OFPMeterConfigStatsRequest(dp)",
        "p.OFPMeterMod(dp, o.OFPMC_DELETE, 0, o.OFPM_ALL, [])",
      ],
    },
    { name: `groups of OpenFlow ${names[version]}`, version, steps: version === 6 ? groupsOf15() : groups },
    {
      name: `flows of OpenFlow ${names[version]}`,
      version,
      steps:
        version === 6 ? flowsOf13.map((step) => step.replace("FlowStatsRequest", "FlowDescStatsRequest")) : flowsOf13,
    },
    ...(version > 4 ? [{ name: `bundles and monitors of OpenFlow ${names[version]}`, version, steps: later }] : []),
    {
      name: `Nicira's extensions in OpenFlow ${names[version]}`,
      version,
      steps: version === 6 ? nicira.map((step) => step.replace("FlowStatsRequest", "FlowDescStatsRequest")) : nicira,
    },
  ]),
];

/** Buckets of 1.5 have numbers and properties. Of more than one bucket os-ken does not read a description to its end. */
function groupsOf15(): string[] {
  return groups.map((step) => {
    let n = 0;
    return step
      .replace("GroupDescStatsRequest(dp)", "GroupDescStatsRequest(dp, group_id=1)")
      .replace(
        /p\.OFPBucket\(watch_port=(\d+), /g,
        (_, port: string) =>
          `p.OFPBucket(bucket_id=${++n}, properties=[p.OFPGroupBucketPropWatch(type_=o.OFPGBPT_WATCH_PORT, watch=${port})], `,
      )
      .replace(
        /p\.OFPBucket\(weight=(\d+), /g,
        (_, weight: string) =>
          `p.OFPBucket(bucket_id=${++n}, properties=[p.OFPGroupBucketPropWeight(type_=o.OFPGBPT_WEIGHT, weight=${weight})], `,
      )
      .replace(/p\.OFPBucket\(actions/g, () => `p.OFPBucket(bucket_id=${++n}, actions`)
      .replace(/, (\d+), \[/, ", $1, o.OFPG_BUCKET_ALL, [");
  });
}

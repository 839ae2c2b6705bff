# Makes a message of each kind that os-ken can write, in each version, and prints one line each: VERSION/NAME and its bytes as hexadecimal digits.
import sys

from os_ken.ofproto import ofproto_protocol

MAC = "02:00:00:00:00:05"
FRAME = bytes(range(14)) + b"frame"


def version_10(dp, of, make):
    match = make.OFPMatch(in_port=1, dl_type=0x0800, nw_proto=6, nw_src="10.0.0.1", nw_src_mask=24, tp_dst=80)
    actions = [
        make.OFPActionOutput(2, 128),
        make.OFPActionVlanVid(5),
        make.OFPActionVlanPcp(3),
        make.OFPActionStripVlan(),
        make.OFPActionSetDlSrc(b"\x02\x00\x00\x00\x00\x01"),
        make.OFPActionSetDlDst(b"\x02\x00\x00\x00\x00\x02"),
        make.OFPActionSetNwSrc(0x0A000001),
        make.OFPActionSetNwDst(0x0A000002),
        make.OFPActionSetNwTos(0x20),
        make.OFPActionSetTpSrc(1),
        make.OFPActionSetTpDst(2),
        make.OFPActionEnqueue(3, 4),
        make.NXActionResubmitTable(1, 2),
        make.NXActionSetTunnel(5),
        make.NXActionNote([1, 2, 3, 4, 5, 6]),
        make.NXActionExit(),
    ]
    yield "flow_mod", make.OFPFlowMod(dp, match, 7, of.OFPFC_ADD, 1, 2, 3, actions=actions)
    yield "packet_out", make.OFPPacketOut(dp, 0xFFFFFFFF, 1, [make.OFPActionOutput(2)], FRAME)
    yield "port_mod", make.OFPPortMod(dp, 1, MAC, 1, 1, 0)
    yield "set_config", make.OFPSetConfig(dp, 0, 128)
    yield "get_config_request", make.OFPGetConfigRequest(dp)
    yield "queue_get_config_request", make.OFPQueueGetConfigRequest(dp, 1)
    yield "desc_request", make.OFPDescStatsRequest(dp, 0)
    yield "flow_request", make.OFPFlowStatsRequest(dp, 0, match, 255, of.OFPP_NONE)
    yield "aggregate_request", make.OFPAggregateStatsRequest(dp, 0, match, 255, of.OFPP_NONE)
    yield "table_request", make.OFPTableStatsRequest(dp, 0)
    yield "port_request", make.OFPPortStatsRequest(dp, 0, 1)
    yield "queue_request", make.OFPQueueStatsRequest(dp, 0, 1, 2)
    yield "nxt_role_request", make.NXTRoleRequest(dp, 1)
    yield "nxt_set_controller_id", make.NXTSetControllerId(dp, 5)
    yield "nxt_set_flow_format", make.NXTSetFlowFormat(dp, 2)
    yield "nxt_flow_mod_table_id", make.NXTFlowModTableId(dp, 1)
    yield "nxt_set_packet_in_format", make.NXTSetPacketInFormat(dp, 1)
    yield "nxt_set_async_config", make.NXTSetAsyncConfig(dp, (1, 2), (3, 4), (5, 6))
    yield "nxt_flow_age", make.NXTFlowAge(dp)


def later(dp, of, make):
    v = of.OFP_VERSION
    match = make.OFPMatch(in_port=1, eth_type=0x0800, ip_proto=6, ipv4_src=("10.0.0.0", "255.0.0.0"), tcp_dst=80, metadata=(5, 7))
    vlan = make.OFPMatch(vlan_vid=(0x1005, 0x1FFF), eth_dst=(MAC, "ff:ff:ff:00:00:00"), eth_type=0x86DD, ipv6_src="fc00::1")
    actions = [
        make.OFPActionPushVlan(0x8100),
        make.OFPActionSetField(vlan_vid=0x1005),
        make.OFPActionSetField(eth_src=MAC),
        make.OFPActionSetField(ipv4_dst="10.0.0.5"),
        make.OFPActionPopVlan(),
        make.OFPActionDecNwTtl(),
        make.OFPActionSetNwTtl(5),
        make.OFPActionSetQueue(5),
        make.OFPActionGroup(6),
        make.OFPActionOutput(of.OFPP_CONTROLLER, 128),
    ]
    mpls = [
        make.OFPActionPushMpls(0x8847),
        make.OFPActionSetMplsTtl(7),
        make.OFPActionDecMplsTtl(),
        make.OFPActionPopMpls(0x0800),
    ]
    if v >= 4:
        # OpenFlow 1.5 has actions of its own for these.
        if v < 6:
            actions += [make.NXActionRegMove("eth_src", "eth_dst", 48), make.NXActionRegLoad((4 << 6) | 3, "reg0", 5)]
        actions += [
            make.NXActionResubmitTable(1, 2),
            make.NXActionNote([1, 2, 3, 4, 5, 6]),
            make.NXActionCT(1, "", 5, 255, 0, []),
            make.NXActionLearn(1, [make.NXFlowSpecMatch(src=("eth_src_nxm", 0), dst=("eth_dst_nxm", 0), n_bits=48)]),
        ]
    apply = [make.OFPInstructionActions(of.OFPIT_APPLY_ACTIONS, actions)]
    instructions = apply + [
        make.OFPInstructionActions(of.OFPIT_WRITE_ACTIONS, [make.OFPActionOutput(3)]),
        make.OFPInstructionWriteMetadata(5, 7),
        make.OFPInstructionGotoTable(9),
    ]
    metered = [make.OFPInstructionMeter(1)] if v in (4, 5) else []
    for name, m, i in (
        ("flow_mod", match, metered + instructions),
        ("flow_mod_vlan", vlan, [make.OFPInstructionActions(of.OFPIT_CLEAR_ACTIONS, [])]),
        ("flow_mod_mpls", make.OFPMatch(eth_type=0x0800), [make.OFPInstructionActions(of.OFPIT_APPLY_ACTIONS, mpls)]),
        ("flow_mod_arp", make.OFPMatch(eth_type=0x0806, arp_op=1, arp_tpa="10.0.0.1", arp_sha=MAC), []),
        ("flow_mod_nd", make.OFPMatch(eth_type=0x86DD, ip_proto=58, icmpv6_type=135, ipv6_nd_target="fc00::2"), []),
        ("flow_mod_any", make.OFPMatch(), []),
    ):
        yield name, make.OFPFlowMod(dp, cookie=5, table_id=1, priority=9, out_port=of.OFPP_ANY, out_group=of.OFPG_ANY, match=m, instructions=i)
    yield "flow_delete", make.OFPFlowMod(
        dp, cookie=5, cookie_mask=7, table_id=255, command=of.OFPFC_DELETE, out_port=of.OFPP_ANY, out_group=of.OFPG_ANY, match=match
    )
    if v < 6:
        bucket = make.OFPBucket(weight=5, watch_port=1, watch_group=of.OFPG_ANY, actions=[make.OFPActionOutput(2)])
        yield "group_mod", make.OFPGroupMod(dp, of.OFPGC_ADD, of.OFPGT_SELECT, 1, [bucket, bucket])
        yield "packet_out", make.OFPPacketOut(dp, of.OFP_NO_BUFFER, of.OFPP_CONTROLLER, [make.OFPActionOutput(2)], FRAME)
    else:
        bucket = make.OFPBucket(
            1,
            [make.OFPActionOutput(2)],
            [make.OFPGroupBucketPropWeight(type_=of.OFPGBPT_WEIGHT, weight=5), make.OFPGroupBucketPropWatch(type_=of.OFPGBPT_WATCH_PORT, watch=3)],
        )
        yield "group_mod", make.OFPGroupMod(dp, of.OFPGC_ADD, of.OFPGT_SELECT, 1, of.OFPG_BUCKET_ALL, [bucket])
        yield "packet_out", make.OFPPacketOut(
            dp, of.OFP_NO_BUFFER, make.OFPMatch(in_port=of.OFPP_CONTROLLER), [make.OFPActionOutput(2)], FRAME
        )
        yield "flow_mod_meter", make.OFPFlowMod(
            dp,
            out_port=of.OFPP_ANY,
            out_group=of.OFPG_ANY,
            match=match,
            instructions=[make.OFPInstructionActions(of.OFPIT_APPLY_ACTIONS, [make.OFPActionMeter(1), make.OFPActionOutput(2)])],
        )
        yield "flow_mod_copy", make.OFPFlowMod(
            dp,
            out_port=of.OFPP_ANY,
            out_group=of.OFPG_ANY,
            match=match,
            instructions=[
                make.OFPInstructionActions(
                    of.OFPIT_APPLY_ACTIONS,
                    [make.OFPActionCopyField(16, 0, 0, [make.OFPOxmId("tcp_src"), make.OFPOxmId("tcp_dst")])],
                )
            ],
        )
    yield "group_delete", make.OFPGroupMod(dp, of.OFPGC_DELETE, of.OFPGT_ALL, of.OFPG_ALL, buckets=[])
    if v < 5:
        yield "port_mod", make.OFPPortMod(dp, 1, MAC, 1, 1, 0)
        yield "table_mod", make.OFPTableMod(dp, 1, 2 if v == 3 else 0)
        yield "queue_get_config_request", make.OFPQueueGetConfigRequest(dp, 1)
    else:
        yield "port_mod", make.OFPPortMod(dp, 1, MAC, 1, 1, [make.OFPPortModPropEthernet(type_=0, advertise=1)])
        yield "table_mod", make.OFPTableMod(
            dp,
            1,
            of.OFPTC_EVICTION,
            [make.OFPTableModPropEviction(type_=of.OFPTMPT_EVICTION, flags=of.OFPTMPEF_OTHER)],
        )
        yield "table_mod_vacancy", make.OFPTableMod(
            dp,
            1,
            of.OFPTC_VACANCY_EVENTS,
            [make.OFPTableModPropVacancy(type_=of.OFPTMPT_VACANCY, vacancy_down=20, vacancy_up=80, vacancy=0)],
        )
    yield "set_config", make.OFPSetConfig(dp, 0, 128)
    yield "get_config_request", make.OFPGetConfigRequest(dp)
    yield "role_request", make.OFPRoleRequest(dp, role=of.OFPCR_ROLE_MASTER, generation_id=5)
    yield "desc_request", make.OFPDescStatsRequest(dp)
    yield "table_request", make.OFPTableStatsRequest(dp, flags=0)
    yield "port_request", make.OFPPortStatsRequest(dp, port_no=1, flags=0)
    yield "queue_request", make.OFPQueueStatsRequest(dp, port_no=1, queue_id=2, flags=0)
    yield "group_request", make.OFPGroupStatsRequest(dp, group_id=1)
    yield "group_desc_request", make.OFPGroupDescStatsRequest(dp)
    yield "group_features_request", make.OFPGroupFeaturesStatsRequest(dp)
    yield "aggregate_request", make.OFPAggregateStatsRequest(
        dp, flags=0, table_id=1, out_port=of.OFPP_ANY, out_group=of.OFPG_ANY, cookie=5, cookie_mask=7, match=match
    )
    flows = make.OFPFlowDescStatsRequest if v == 6 else make.OFPFlowStatsRequest
    yield "flow_request", flows(dp, table_id=1, cookie=5, cookie_mask=7, match=match)
    if v < 4:
        return
    bands = [make.OFPMeterBandDrop(rate=5, burst_size=6), make.OFPMeterBandDscpRemark(rate=7, burst_size=8, prec_level=1)]
    yield "meter_mod", make.OFPMeterMod(dp, of.OFPMC_ADD, of.OFPMF_KBPS | of.OFPMF_BURST, 1, bands)
    yield "meter_request", make.OFPMeterStatsRequest(dp)
    yield "meter_config_request", (make.OFPMeterDescStatsRequest if v == 6 else make.OFPMeterConfigStatsRequest)(dp)
    yield "meter_features_request", make.OFPMeterFeaturesStatsRequest(dp)
    yield "table_features_request", make.OFPTableFeaturesStatsRequest(dp)
    yield "port_desc_request", make.OFPPortDescStatsRequest(dp)
    yield "get_async_request", make.OFPGetAsyncRequest(dp)
    yield "hello_elements", make.OFPHello(dp, [make.OFPHelloElemVersionBitmap([1, v])])
    yield "nxt_set_packet_in_format", make.NXTSetPacketInFormatMsg(dp, 2)
    if v == 4:
        yield "set_async", make.OFPSetAsync(dp, (1, 2), (3, 4), (5, 6))
        return
    yield "set_async", make.OFPSetAsync(
        dp, [make.OFPAsyncConfigPropReasons(type_=of.OFPACPT_PACKET_IN_SLAVE, mask=5), make.OFPAsyncConfigPropReasons(type_=of.OFPACPT_PACKET_IN_MASTER, mask=6)]
    )
    yield "table_desc_request", make.OFPTableDescStatsRequest(dp)
    yield "queue_desc_request", make.OFPQueueDescStatsRequest(dp)
    yield "flow_monitor_request", make.OFPFlowMonitorRequest(
        dp, monitor_id=5, monitor_flags=of.OFPFMF_INITIAL | of.OFPFMF_ADD, match=match
    )
    for name in ("OPEN_REQUEST", "OPEN_REPLY", "CLOSE_REQUEST", "CLOSE_REPLY", "COMMIT_REQUEST", "COMMIT_REPLY", "DISCARD_REQUEST", "DISCARD_REPLY"):
        yield f"bundle_{name.lower()}", make.OFPBundleCtrlMsg(dp, 7, getattr(of, f"OFPBCT_{name}"), of.OFPBF_ATOMIC, [])
    inner = make.OFPFlowMod(dp, out_port=of.OFPP_ANY, out_group=of.OFPG_ANY, match=match, instructions=apply)
    dp.set_xid(inner)
    yield "bundle_add", make.OFPBundleAddMsg(dp, 7, of.OFPBF_ATOMIC, inner, [])


class Datapath(ofproto_protocol.ProtocolDesc):
    """What os-ken's messages ask of a connection."""

    def set_xid(self, msg):
        msg.set_xid(7)
        return 7


for version in (1, 3, 4, 5, 6):
    dp = Datapath(version=version)
    of, make = dp.ofproto, dp.ofproto_parser
    common = [
        ("hello", make.OFPHello(dp)),
        ("error", make.OFPErrorMsg(dp, 1, 1, bytes([version, 2, 0, 8, 0, 0, 0, 7]))),
        ("echo_request", make.OFPEchoRequest(dp, b"abc")),
        ("echo_reply", make.OFPEchoReply(dp, b"abc")),
        ("features_request", make.OFPFeaturesRequest(dp)),
        ("barrier_request", make.OFPBarrierRequest(dp)),
    ]
    for name, msg in [*common, *(version_10 if version == 1 else later)(dp, of, make)]:
        msg.set_xid(7)
        msg.serialize()
        print(f"{version}/{name}", bytes(msg.buf).hex())
sys.stdout.flush()

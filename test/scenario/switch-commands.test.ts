import { describe, expect, it } from "vitest";
import { switchCommands } from "#ofproto/commands/table.js";
import { broadcast, frame, station } from "./frames.js";
import { SwitchLab } from "./switch-lab.js";

/** Runs an appctl command line and gives its text. */
async function appctl(lab: SwitchLab, line: string): Promise<string> {
  const [name, ...args] = line.split(" ");
  const command = switchCommands(lab.switches, () => Promise.reject(new Error("there is no host"))).find(
    (c) => c.name === name,
  );
  if (!command) throw new Error(`no command ${name}`);
  const data = await command.run(args);
  return command.text ? command.text(data) : String(data);
}

function lab(): SwitchLab {
  const made = new SwitchLab();
  made.addBridge("br0");
  for (const i of [1, 2, 3]) made.addPort("br0", `p${i}`, {}, "dummy", i);
  return made;
}

describe("appctl commands of a switch", () => {
  it("show what was learned", async () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(5000);
    net.receive("p2", frame(station(1), station(2)));
    expect(await appctl(net, "fdb/add br0 br0 5 00:00:00:00:00:06")).toBe("");
    expect(await appctl(net, "fdb/show br0")).toBe(
      [
        " port  VLAN  MAC                Age",
        "    1     0  02:00:00:00:00:01    5",
        "    2     0  02:00:00:00:00:02    0",
        "LOCAL     5  00:00:00:00:00:06  static",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, "fdb/stats-show br0")).toBe(
      [
        'Statistics for bridge "br0":',
        "  Current/maximum MAC entries in the table: 3/8192",
        "  Current static MAC entries in the table : 1",
        "  Total number of learned MAC entries     : 2",
        "  Total number of expired MAC entries     : 0",
        "  Total number of evicted MAC entries     : 0",
        "  Total number of port moved MAC entries  : 0",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, "fdb/flush br0")).toBe("table successfully flushed");
    expect(await appctl(net, "fdb/stats-clear")).toBe("statistics successfully cleared");
    expect(await appctl(net, "fdb/show br0")).toContain("static");
    expect(await appctl(net, "fdb/del br0 5 00:00:00:00:00:06")).toBe("");
    expect(await appctl(net, "fdb/show br0")).toBe(" port  VLAN  MAC                Age\n");
  });

  it("show what several bridges learned", async () => {
    const net = lab();
    net.addBridge("br1");
    net.receive("p1", frame(broadcast, station(1)));
    const heading = " port  VLAN  MAC                Age\n";
    const both = `br0:\n${heading}    1     0  02:00:00:00:00:01    0\n\nbr1:\n${heading}`;
    expect(await appctl(net, "fdb/show br0 br1")).toBe(both);
    expect(await appctl(net, "fdb/show")).toBe(both);
    expect(await appctl(net, "fdb/show br1")).toBe(heading);
    await expect(appctl(net, "fdb/show br0 nobr")).rejects.toThrow("no such bridge");
  });

  it("refuse in upstream's words", async () => {
    const net = lab();
    await expect(appctl(net, "fdb/show nobr")).rejects.toThrow("no such bridge");
    await expect(appctl(net, "fdb/add br0 p9 0 00:00:00:00:00:05")).rejects.toThrow(
      "software error, odp port is present but no ofp port",
    );
    await expect(appctl(net, "fdb/add br0 p9 0 00:00:00:00:00")).rejects.toThrow("bad MAC address");
    await expect(appctl(net, "fdb/del br0 0 00:00:00:00:00:05")).rejects.toThrow("could not find static mac entry");
    await expect(appctl(net, "bridge/dump-flows nobr")).rejects.toThrow("Unknown bridge");
    await expect(appctl(net, "dpif/dump-flows -m")).rejects.toThrow("no such bridge");
    expect(await appctl(net, "fdb/add br0 p1 70000 00:00:00:00:00:05")).toBe("");
    expect(await appctl(net, "fdb/show br0")).toContain("    1  4464  00:00:00:00:00:05  static\n");
    expect(await appctl(net, "fdb/add br0 p2 70000 00:00:00:00:00:05")).toBe(
      "Overriding already existing static entry on 1",
    );
  });

  it("show the datapath and its flows", async () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(100);
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(500);
    expect(await appctl(net, "dpif/show")).toBe(
      [
        "dummy@ovs-dummy: hit:1 missed:1",
        "  br0:",
        "    br0 65534/100: (dummy-internal)",
        "    p1 1/1: (dummy)",
        "    p2 2/2: (dummy)",
        "    p3 3/3: (dummy)",
        "",
      ].join("\n"),
    );
    const flow = (port: string, actions: string): string =>
      `recirc_id(0),in_port(${port}),packet_type(ns=0,id=0),eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff),` +
      `eth_type(0x88b5), packets:1, bytes:60, used:0.500s, actions:${actions}\n`;
    expect(await appctl(net, "dpif/dump-flows br0")).toBe(flow("1", "100,2,3"));
    expect(await appctl(net, "dpif/dump-flows --names br0")).toBe(flow("p1", "br0,p2,p3"));
    expect(await appctl(net, "dpif/dump-flows -m br0")).toMatch(
      /^ufid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} skb_priority\(0\/0\),.*in_port\(p1\).*actions:br0,p2,p3\n$/,
    );
    expect(await appctl(net, "dpif/dump-dps")).toBe("dummy@br0\n");
    expect(await appctl(net, "ofproto/list")).toBe("br0\n");
    expect(await appctl(net, "dpif/show-dp-features br0")).toContain("Max VLAN headers: 1\n");
  });

  it("show what the datapath can do, and take it away", async () => {
    const net = lab();
    const set = (words: string): Promise<string> => appctl(net, `dpif/set-dp-features br0${words}`);
    expect(await set(" recirc")).toBe("recirc (Recirc) : [run time]:true, [boot time]:true\n");
    expect(await set(" recirc false")).toBe("");
    expect(await set(" recirc")).toBe("recirc (Recirc) : [run time]:false, [boot time]:true\n");
    expect(await set(" recirc yes")).toBe("Boolean value expected");
    expect(await set(" sample_nesting 12")).toBe("Can not set value beyond the datapath capability");
    expect(await set(" sample_nesting x")).toBe("Integer number expected");
    expect(await set(" foo")).toBe("Unexpected support field");
    expect(await set(" lb_output_action true")).toBe("Can not set value beyond the datapath capability");
    expect(await appctl(net, "dpif/set-dp-features --force br0 lb_output_action true")).toBe("");
    expect(await appctl(net, "dpif/set-dp-features --force br0 sample_nesting 12")).toBe("");
    expect(await set(" lb_output_action")).toContain("[run time]:true, [boot time]:false\n");
    expect(await set(" sample_nesting")).toContain("[run time]:12, [boot time]:10\n");
    await expect(appctl(net, "dpif/set-dp-features --force")).rejects.toThrow("requires at least 1");
    expect(await set("")).toContain("sample_nesting (Sample nesting) : [run time]:12, [boot time]:10\n");
  });

  it("tell of what the datapath can do as its capabilities", async () => {
    const net = lab();
    await appctl(net, "dpif/set-dp-features br0 recirc false");
    const capabilities = Object.fromEntries(net.switches.capabilities("dummy"));
    expect(capabilities).toMatchObject({ recirc: "false", trunc: "true", sample_nesting: "true", ct_clear: "true" });
    expect(capabilities).toMatchObject({ max_hash_alg: "1", max_vlan_headers: "1", max_mpls_depth: "3" });
    // Those that Open vSwitch 3.1 writes.
    expect(Object.keys(capabilities).sort()).toEqual(
      (
        "add_mpls check_pkt_len clone ct_clear ct_eventmask ct_flush ct_label ct_mark ct_orig_tuple ct_orig_tuple6 ct_state " +
        "ct_state_nat ct_timeout ct_zero_snat ct_zone explicit_drop_action lb_output_action masked_set_action max_hash_alg " +
        "max_mpls_depth max_vlan_headers nd_ext recirc sample_nesting tnl_push_pop trunc ufid"
      ).split(" "),
    );
    expect([...net.switches.capabilities("netdev")]).toEqual([]);
  });

  it("show OpenFlow flows with what the datapath has counted", async () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(2500);
    expect(await appctl(net, "bridge/dump-flows br0")).toBe(
      [
        "duration=2s, n_packets=2, n_bytes=120, priority=0,actions=NORMAL",
        "table_id=254, duration=2s, n_packets=0, n_bytes=0, priority=2,recirc_id=0,actions=drop",
        "table_id=254, duration=2s, n_packets=0, n_bytes=0, priority=0,reg0=0x1,actions=controller(reason=)",
        "table_id=254, duration=2s, n_packets=0, n_bytes=0, priority=0,reg0=0x2,actions=drop",
        "table_id=254, duration=2s, n_packets=0, n_bytes=0, priority=0,reg0=0x3,actions=drop",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, "bridge/dump-flows --offload-stats br0")).toContain(
      "n_bytes=120, n_offload_packets=0, n_offload_bytes=0, priority=0,actions=NORMAL",
    );
  });

  it("limit and remove flows", async () => {
    const net = lab();
    expect(await appctl(net, "upcall/set-flow-limit 1")).toBe("set flow_limit to 1");
    net.receive("p1", frame(broadcast, station(1)));
    expect(net.reach("p1", frame(broadcast, station(2)))).toEqual(["br0", "p2", "p3"]);
    expect(await appctl(net, "upcall/show")).toBe(
      [
        "dummy@ovs-dummy:",
        "  flows         : (current 1) (avg 0) (max 1) (limit 1)",
        "  dump duration : 1ms",
        "  ufid enabled : true",
        "",
        "  1: (keys 1)",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, "revalidator/purge")).toBe("");
    expect(await appctl(net, "dpif/dump-flows br0")).toBe("");
    expect(await appctl(net, "upcall/disable-ufid")).toBe("Datapath dumping tersely using UFID disabled");
    expect(await appctl(net, "upcall/enable-ufid")).toBe(
      "Datapath dumping tersely using UFID enabled for supported datapaths",
    );
    expect(await appctl(net, "upcall/set-flow-limit -5")).toBe("set flow_limit to 4294967291");
    expect(await appctl(net, "upcall/disable-megaflows")).toBe("megaflows disabled");
    net.receive("p1", frame(broadcast, station(1)));
    net.receive("p1", frame(broadcast, station(1), [], 0x88b6));
    expect((await appctl(net, "dpif/dump-flows br0")).split("\n")).toHaveLength(3);
    expect(await appctl(net, "upcall/enable-megaflows")).toBe("megaflows enabled");
    expect(await appctl(net, "revalidator/wait")).toBe("");
  });

  it("say why packets were dropped", async () => {
    const net = lab();
    net.configurePort("br0", "p1", { vlanMode: "access", tag: 10 });
    net.receive("p1", frame(broadcast, station(1), [{ vid: 20 }]));
    net.receive("p1", frame(broadcast, station(1), [{ vid: 20 }]));
    net.receive("p2", frame("01:80:c2:00:00:00", station(2)));
    expect(await appctl(net, "ofproto/drops br0")).toBe(
      [
        "br0 p1: 2 packets, the port does not carry the packet's VLAN",
        "br0 p2: 1 packets, the destination address is reserved for a control protocol",
        "",
      ].join("\n"),
    );
  });
});

describe("ofproto/trace", () => {
  const flooded = [
    "",
    'bridge("br0")',
    "-------------",
    " 0. priority 0",
    "    NORMAL",
    "     -> no learned MAC for destination, flooding",
    "",
    "Final flow: unchanged",
  ];

  it("shows what would become of a packet, and changes nothing", async () => {
    const net = lab();
    expect(await appctl(net, "ofproto/trace br0 in_port=p2,dl_src=50:54:00:00:00:0b,dl_dst=ff:ff:ff:ff:ff:ff,ip")).toBe(
      [
        "Flow: ip,in_port=2,vlan_tci=0x0000,dl_src=50:54:00:00:00:0b,dl_dst=ff:ff:ff:ff:ff:ff,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=0,nw_tos=0,nw_ecn=0,nw_ttl=0,nw_frag=no",
        ...flooded,
        "Megaflow: recirc_id=0,eth,ip,in_port=2,dl_src=50:54:00:00:00:0b,dl_dst=ff:ff:ff:ff:ff:ff,nw_frag=no",
        "Datapath actions: 100,1,3",
        "",
      ].join("\n"),
    );
    expect(net.state("br0").macs.size).toBe(0);
    expect(net.state("br0").tables.rules()[0]!.packets).toBe(0);
  });

  it("takes a datapath flow, and names ports when asked", async () => {
    const net = lab();
    const flow =
      "in_port(1),eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0800)," +
      "ipv4(src=1.2.3.4,dst=2.3.4.5,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2),tcp_flags(syn)";
    expect(await appctl(net, `ofproto/trace ovs-dummy ${flow}`)).toBe(
      [
        "Flow: tcp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,nw_src=1.2.3.4,nw_dst=2.3.4.5,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1,tp_dst=2,tcp_flags=syn",
        ...flooded,
        "Megaflow: recirc_id=0,eth,ip,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,nw_frag=no",
        "Datapath actions: 100,2,3",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, `ofproto/trace ${flow} --names`)).toContain("Datapath actions: br0,p2,p3\n");
  });

  it("learns from a packet", async () => {
    const net = lab();
    const packet =
      "ffffffffffff020000000001080045000024000100004011b6bd0a0000010a00000203e807d000100000" + "0102030405060708";
    expect(await appctl(net, `ofproto/trace br0 in_port=1 ${packet}`)).toBe(
      [
        "Flow: udp,in_port=1,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=2000",
        ...flooded.slice(0, 5),
        "     -> learned that 02:00:00:00:00:01 is on port p1 in VLAN 0",
        ...flooded.slice(5),
        "Megaflow: recirc_id=0,eth,ip,in_port=1,dl_src=02:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,nw_frag=no",
        "Datapath actions: 100,2,3",
        "",
      ].join("\n"),
    );
    const arp = await appctl(net, "ofproto/trace br0 in_port=p1,dl_vlan=5,arp -generate");
    expect(arp).toBe(
      [
        "Flow: arp,in_port=1,dl_vlan=5,dl_vlan_pcp=0,vlan_tci1=0x0000,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00,arp_spa=0.0.0.0,arp_tpa=0.0.0.0,arp_op=0,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00",
        ...flooded.slice(0, 5),
        "     -> learned that 00:00:00:00:00:00 is on port p1 in VLAN 5",
        "     -> learned port is input port, dropping",
        ...flooded.slice(6),
        "Megaflow: recirc_id=0,eth,arp,in_port=1,dl_vlan=5,dl_src=00:00:00:00:00:00,dl_dst=00:00:00:00:00:00",
        "Datapath actions: drop",
        "",
      ].join("\n"),
    );
    expect(await appctl(net, "ofproto/trace br0 in_port=3,dl_dst=02:00:00:00:00:01")).toContain(
      "     -> forwarding to learned port\n",
    );
  });

  it("follows patches and says why a packet is dropped", async () => {
    const net = lab();
    net.addBridge("br1");
    net.addPatch("br0", "to1", "to0");
    net.addPatch("br1", "to0", "to1", { vlanMode: "access", tag: 9 });
    const text = await appctl(
      net,
      "ofproto/trace br0 in_port=1,dl_vlan=10,dl_dst=ff:ff:ff:ff:ff:ff,dl_src=02:00:00:00:00:01,ip",
    );
    expect(text).toContain(
      [
        " 0. priority 0",
        "    NORMAL",
        "     -> no learned MAC for destination, flooding",
        "",
        'bridge("br1")',
        "-------------",
        " 0. priority 0",
        "    NORMAL",
        "     >>>> dropping VLAN 10 tagged packet received on port to0 configured as VLAN 9 access port <<<<",
        "     >> disallowed VLAN VID for this input port, dropping",
        "",
        "Final flow: unchanged",
        "",
      ].join("\n"),
    );
  });

  it("looks at as much as a real packet's translation does", async () => {
    const net = lab();
    const text = await appctl(net, "ofproto/trace br0 in_port=1,arp,arp_op=1,arp_spa=1.2.3.4,dl_dst=ff:ff:ff:ff:ff:ff");
    expect(text).toContain(
      "Megaflow: recirc_id=0,eth,arp,in_port=1,dl_src=00:00:00:00:00:00,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=1.2.3.4,arp_tpa=0.0.0.0,arp_op=1\n",
    );
  });

  it("says why, for every reason", async () => {
    const net = lab();
    const notes = async (line: string): Promise<string[]> =>
      (await appctl(net, `ofproto/trace br0 ${line}`)).split("\n").filter((l) => l.startsWith("     "));
    expect(await notes("in_port=77")).toEqual([
      "     >>>> received packet on unknown port 77 <<<<",
      "     >> no input bundle, dropping",
    ]);
    net.configurePort("br0", "p2", { trunks: [5, 6] });
    expect(await notes("in_port=2,dl_vlan=9")).toEqual([
      "     >>>> dropping VLAN 9 packet received on port p2 not configured for trunking VLAN 9 <<<<",
      "     >> disallowed VLAN VID for this input port, dropping",
    ]);
    net.configurePort("br0", "p2", { trunks: [5, 6], protected: true });
    net.configurePort("br0", "p1", { vlanMode: "access", tag: 5, protected: true });
    await appctl(net, "fdb/add br0 p1 5 00:00:00:00:00:05");
    expect(await notes("in_port=2,dl_vlan=5,dl_dst=00:00:00:00:00:05")).toEqual([
      "     -> forwarding to learned port",
      "     >> Flow is between protected ports, skipping output.",
    ]);
    net.configurePort("br0", "p2", { vlanMode: "dot1q-tunnel", tag: 4, cvlans: [1, 2] });
    expect(await notes("in_port=2,dl_vlan=5")).toEqual([
      "     >>>> dropping VLAN 5 packet received on dot1q-tunnel port p2 that excludes this VLAN <<<<",
      "     >> disallowed VLAN VID for this input port, dropping",
    ]);
    expect(await notes("in_port=1,dl_dst=01:80:c2:00:00:0e")).toEqual([
      "     -> packet has reserved destination MAC, dropping",
    ]);
  });

  it("refuses in upstream's words", async () => {
    const net = lab();
    await expect(appctl(net, "ofproto/trace br0")).rejects.toThrow(
      "syntax error at br0 (or the bridge name was omitted)",
    );
    await expect(appctl(net, "ofproto/trace nobr in_port=1")).rejects.toThrow("nobr: unknown bridge");
    await expect(appctl(net, "ofproto/trace br0 in_prt=1")).rejects.toThrow(
      "Bad openflow flow syntax: in_prt=1: unknown field in_prt",
    );
    await expect(appctl(net, "ofproto/trace br0 in_port=1 zz")).rejects.toThrow("Trailing garbage in packet data");
    await expect(appctl(net, "ofproto/trace br0 ")).rejects.toThrow("Cannot find the datapath");
    await expect(appctl(net, "ofproto/trace nodp in_port(1)")).rejects.toThrow("Cannot find the datapath");
  });
});

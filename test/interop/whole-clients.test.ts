import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { describeWith, root, tun } from "../support/needs.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { shellWords } from "../support/shell-words.js";
import { ourPrograms, SwitchStack } from "../support/switch-stack.js";

/** A command line, and what it prints. A line that begins with `ip`, `appctl` or `!` is another program's, or fails. */
type Line = readonly [line: string, stdout?: string | RegExp];

/** What programs around a switch call, from their public sources, and how one sees that it had its effect. */
const clients: Readonly<Record<string, readonly Line[]>> = {
  "Mininet's one line for a switch": [
    ["ip link add wis1-eth1 type veth peer name wih1"],
    [
      '-- --id=@s1c0 create Controller target=\\"tcp:127.0.0.1:6653\\" max_backoff=1000 -- --id=@s1-listen create Controller target=\\"ptcp:6654\\" max_backoff=1000 -- --if-exists del-br s1 -- add-br s1 -- set bridge s1 controller=[@s1c0,@s1-listen] other_config:datapath-id=0000000000000001 fail_mode=secure other-config:disable-in-band=true datapath_type=netdev other-config:dp-desc=s1 protocols=OpenFlow13 -- add-port s1 wis1-eth1 -- set Interface wis1-eth1 ofport_request=1 -- add-port s1 s1-p -- set Interface s1-p ofport_request=2 type=patch options:peer=s2-p',
      /^([0-9a-f-]{36}\n){2}$/,
    ],
    ["get bridge s1 datapath_id fail_mode", '"0000000000000001"\nsecure\n'],
    ["get interface wis1-eth1 ofport -- get interface s1-p ofport", "1\n2\n"],
    ["appctl bridge/dump-flows s1", /^table_id=254[^\n]*\n(table_id=254[^\n]*\n){3}$/],
    ["-t 1 show", /is_connected|Controller "tcp:127.0.0.1:6653"/],
    ["--version", /^ovs-vsctl \(Open vSwitch\) \d+\.\d+\.\d+\n/],
    ["--timeout=1 list-br", "s1\n"],
    ["-- get Bridge s1 Controller", /^\[[0-9a-f-]{36}, [0-9a-f-]{36}\]\n$/],
    [
      '-- --id=@sflow create sflow agent=eth0 target=\\"127.0.0.1:6343\\" header=128 sampling=64 polling=10 -- -- set bridge s1 sflow=@sflow',
      /^[0-9a-f-]{36}\n$/,
    ],
    ["--if-exists del-br s1"],
    ["ip link del wis1-eth1"],
  ],
  "libvirt's, for a guest": [
    ["add-br ovsbr"],
    ["ip tuntap add vnet0 mode tap"],
    [
      '--timeout=5 -- --may-exist add-port ovsbr vnet0 vlan_mode=native-untagged tag=2 trunk=3,4 -- set Interface vnet0 external-ids:attached-mac="52:54:00:00:00:01" -- set Interface vnet0 external-ids:iface-id="5d2e" -- set Interface vnet0 external-ids:vm-id="9c" -- set Interface vnet0 external-ids:iface-status=active',
    ],
    ["list-ports ovsbr", "vnet0\n"],
    ["get port vnet0 tag trunks vlan_mode", "2\n[3, 4]\nnative-untagged\n"],
    ["--timeout=5 --if-exists get Interface vnet0 external_ids:PortData", "\n"],
    ["--timeout=5 set Interface vnet0 external_ids:PortData=abc"],
    ["--timeout=5 --if-exists get Interface vnet0 external_ids:PortData", "abc\n"],
    [
      "--timeout=5 --if-exists --format=list --data=json --no-headings --columns=statistics list Interface vnet0",
      /^\["map",\[\["collisions",0\],\["rx_bytes",0\]/,
    ],
    ["--timeout=5 iface-to-br vnet0", "ovsbr\n"],
    ["--timeout=5 --no-headings --columns=name find Interface options:vhost-server-path=/x", ""],
    [
      "--timeout=5 set port vnet0 qos=@qos1 external-ids:vm-id=9c -- --id=@qos1 create qos type=linux-htb other_config:min-rate=1 other_config:max-rate=8 queues:0=@queue0 -- --id=@queue0 create queue other_config:min-rate=1",
      /^([0-9a-f-]{36}\n){2}$/,
    ],
    ["--timeout=5 --no-heading --columns=_uuid find queue other_config:min-rate=1", /^[0-9a-f-]{36}\n$/],
    ["--timeout=5 clear port vnet0 qos"],
    ["--timeout=5 set Interface vnet0 ingress_policing_rate=8000 -- set Interface vnet0 ingress_policing_burst=800"],
    [
      "--timeout=5 --if-exists clear Port vnet0 tag -- --if-exists clear Port vnet0 trunk -- --if-exists clear Port vnet0 vlan_mode",
    ],
    ["get port vnet0 tag trunks vlan_mode", "[]\n[]\n[]\n"],
    ["--timeout=5 -- --if-exists del-port vnet0"],
    ["ip link del vnet0"],
    ["del-br ovsbr"],
  ],
  "OpenNebula's": [
    ["--may-exist add-br onebr.5"],
    ["ip tuntap add one-1-0 mode tap"],
    ["--may-exist add-port onebr.5 one-1-0"],
    ["set int one-1-0 mtu_request=1400"],
    ["get int one-1-0 mtu", "1400\n"],
    ["get int onebr.5 mtu", "1400\n"],
    ["set Port one-1-0 tag=7"],
    ["set Port one-1-0 vlan_mode=dot1q-tunnel cvlans=1,2 other_config:qinq-ethtype=802.1q"],
    ["set Open_vSwitch . other_config:vlan-limit=2"],
    ["get Open_vSwitch . other_config:vlan-limit", '"2"\n'],
    ["appctl revalidator/purge"],
    ["--if-exists del-port onebr.5 one-1-0"],
    ["ip link del one-1-0"],
    ["del-br onebr.5"],
  ],
  "ifupdown2's on Proxmox": [
    [
      "-- --may-exist add-br vmbr0 -- --if-exists clear bridge vmbr0 auto_attach controller external-ids fail_mode flood_vlans ipfix mirrors netflow other_config protocols sflow -- set bridge vmbr0 external-ids:bridge-id=vmbr0",
    ],
    ["ip link show vmbr0", /vmbr0/],
    ["ip link add wib0 type veth peer name wib0p"],
    ["ip link add wib1 type veth peer name wib1p"],
    [
      "-- --may-exist --fake-iface add-bond vmbr0 bond0 wib0 wib1 -- --if-exists clear port bond0 bond_active_slave bond_mode cvlans external_ids lacp mac other_config qos tag trunks vlan_mode -- --if-exists clear interface bond0 mtu_request external-ids other_config options -- set port bond0 bond_mode=active-backup",
    ],
    ["list-ifaces vmbr0", "wib0\nwib1\n"],
    ["get interface wib0 error -- get interface wib1 error", "[]\n[]\n"],
    ["-- --may-exist add-port vmbr0 vlan10 tag=10 -- set Interface vlan10 type=internal mtu_request=1450"],
    ["ip -o link show vlan10", /mtu 1450/],
    ["add-port vmbr0 tap100i0 tag=10 trunks=20,30 vlan_mode=native-untagged -- set Interface tap100i0 type=internal"],
    ["get interface tap100i0 ofport link_state", /^\d+\ndown\n$/],
    ["-- --if-exists del-port vmbr0 tap100i0"],
    ["del-br vmbr0"],
    ["!ip link show vlan10", /does not exist/],
    ["ip link del wib0"],
    ["ip link del wib1"],
  ],
  "Debian's ifupdown script's": [
    ["--timeout=5 -- --may-exist add-br br-deb"],
    ["--timeout=5 -- --may-exist add-br br-vl br-deb 77"],
    ["br-to-vlan br-vl", "77\n"],
    ["--timeout=5 -- --may-exist add-port br-deb intp -- set Interface intp type=internal"],
    ["--timeout=5 -- --may-exist add-port br-deb patchp -- set Interface patchp type=patch options:peer=elsewhere"],
    ["--timeout=5 -- --if-exists del-port br-deb patchp"],
    ["--timeout=5 -- --if-exists del-br br-vl -- --if-exists del-br br-deb"],
    ["list-br", ""],
  ],
  "Xen's, for an interface that comes and goes": [
    ["add-br xenbr0"],
    ["ip link add vif1.0 type veth peer name wivif1"],
    [
      '--timeout=30 -- --if-exists del-port vif1.0 -- add-port xenbr0 vif1.0 tag=5 -- set interface vif1.0 external-ids:"xen-vm-name"="one" external-ids:"xen-vm-uuid"="1" external-ids:"attached-mac"="00:16:3e:00:00:01"',
    ],
    ["get interface vif1.0 external-ids", '{attached-mac="00:16:3e:00:00:01", xen-vm-name=one, xen-vm-uuid="1"}\n'],
    ["--timeout=30 -- --if-exists del-port vif1.0 -- add-port xenbr0 vif1.0 trunk=6,7"],
    ["get port vif1.0 trunks tag", "[6, 7]\n[]\n"],
    ["--timeout=30 -- --if-exists del-port vif1.0"],
    ["ip link del vif1.0"],
    ["del-br xenbr0"],
  ],
  "netplan's": [
    ["--may-exist add-br ovs0"],
    ["--may-exist add-br ovs0.100 ovs0 100"],
    ["set Interface ovs0.100 external-ids:netplan=true"],
    ["--may-exist add-port ovs0 patch0-1 -- set Interface patch0-1 type=patch options:peer=patch1-0"],
    [
      "--may-exist add-br ovs1 -- --may-exist add-port ovs1 patch1-0 -- set Interface patch1-0 type=patch options:peer=patch0-1",
    ],
    ["get interface patch0-1 error ofport -- get interface patch1-0 error", /^\[\]\n\d+\n\[\]\n$/],
    [
      "set Bridge ovs0 protocols=OpenFlow10,OpenFlow15 -- set Bridge ovs0 external-ids:netplan/protocols=OpenFlow10,OpenFlow15",
    ],
    ["set Bridge ovs0 mcast_snooping_enable=false rstp_enable=false"],
    ["set-fail-mode ovs0 secure -- set Bridge ovs0 external-ids:netplan/global/set-fail-mode=secure"],
    ["set-controller ovs0 ptcp:1337 -- set Controller ovs0 connection-mode=out-of-band"],
    ["get-controller ovs0", "ptcp:1337\n"],
    ["set-ssl /key.pem /cert.pem /ca.pem"],
    ["set Open_vSwitch . external-ids:netplan/global/set-ssl=/key.pem,/cert.pem,/ca.pem"],
    [
      "--columns=name,external-ids -f csv -d bare --no-headings list Bridge ovs0",
      'ovs0,"netplan/global/set-fail-mode=secure netplan/protocols=OpenFlow10,OpenFlow15"\n',
    ],
    ["del-ssl -- --if-exists del-br ovs0 -- --if-exists del-br ovs1"],
  ],
  "ovs-docker's": [
    ["--timeout=60 add-br ovs-br1"],
    ["--timeout=60 br-exists ovs-br1"],
    ["ip link add wic_l type veth peer name wic_c"],
    [
      '--timeout=60 --may-exist add-port ovs-br1 wic_l -- set interface wic_l external_ids:container_id="c1" external_ids:container_iface="eth1"',
    ],
    [
      "--timeout=60 --data=bare --no-heading --columns=name find interface external_ids:container_id=c1 external_ids:container_iface=eth1",
      "wic_l\n",
    ],
    ["--timeout=60 set port wic_l tag=100"],
    ["--timeout=60 --if-exists del-port wic_l"],
    ["ip link del wic_l"],
    ["--timeout=60 del-br ovs-br1"],
  ],
  "Kube-OVN's": [
    ["--may-exist add-br br-int -- set Bridge br-int datapath_type=netdev"],
    ["ip link add wik_h type veth peer name wik_c"],
    ["--may-exist add-port br-int wik_h -- set interface wik_h external_ids:iface-id=pod.ns external_ids:pod_name=pod"],
    ["wait-until interface wik_h name=wik_h"],
    [
      "--format=csv --data=bare --no-heading --columns=name,ofport find interface external_ids:iface-id!=[]",
      /^wik_h,\d+\n$/,
    ],
    ["--data=bare --format=csv --no-heading --columns=_uuid find qos queues:0!=[]", /^[0-9a-f-]{36}\n$/],
    ["--if-exists --with-iface del-port br-int wik_h"],
    ["list-ports br-int", ""],
    ["ip link del wik_h"],
    ["--if-exists del-br br-int"],
  ],
};

describeWith([root, tun], "what programs around a switch call", () => {
  let stack: SwitchStack;
  beforeAll(async () => {
    stack = await SwitchStack.start(ourPrograms);
    // As a service's start script does.
    await stack.must(ourPrograms.vsctl, "--no-wait", "init");
  });
  afterAll(() => stack?.close());

  async function check([line, expected = ""]: Line): Promise<void> {
    const fails = line.startsWith("!") || (typeof expected === "string" && expected.startsWith("!"));
    const words = shellWords(line.replace(/^!/, ""));
    const [first = "", ...rest] = words;
    const ran =
      first === "ip"
        ? await stack.run("ip", ...rest)
        : first === "appctl"
          ? await stack.appctl(...rest)
          : await stack.vsctl(...words);
    const said = fails ? ran.stderr : ran.stdout;
    expect([line, ran.status === 0, fails ? "" : ran.stderr]).toEqual([line, !fails, ""]);
    if (typeof expected === "string") expect([line, said]).toEqual([line, expected.replace(/^!/, "")]);
    else expect(said).toMatch(expected);
  }

  for (const [client, lines] of Object.entries(clients)) {
    it(client, async () => {
      for (const line of lines) await check(line);
    });
  }

  it("NetworkManager's raw transactions", async () => {
    const client = await RawClient.open(stack.path("db.sock"));
    try {
      const columns = {
        Open_vSwitch: { columns: ["bridges", "cur_cfg", "next_cfg"] },
        Bridge: { columns: ["name", "ports", "other_config"] },
        Interface: { columns: ["name", "type", "ofport", "error"] },
      };
      const monitored = (await client.call("monitor", ["Open_vSwitch", null, columns])).result as Record<string, Json>;
      const [uuid, row] = Object.entries(
        monitored["Open_vSwitch"] as Record<string, { new: Record<string, Json> }>,
      )[0]!;
      const nm = ["map", [["NM.connection.uuid", "1234"]]];
      const reply = await client.call("transact", [
        "Open_vSwitch",
        {
          op: "wait",
          timeout: 0,
          table: "Open_vSwitch",
          where: [["_uuid", "==", ["uuid", uuid]]],
          columns: ["bridges"],
          until: "==",
          rows: [{ bridges: row.new["bridges"]! }],
        },
        {
          op: "insert",
          table: "Interface",
          row: { name: "nmbr", type: "internal", external_ids: nm },
          "uuid-name": "rowInterface",
        },
        {
          op: "insert",
          table: "Port",
          row: { name: "nmbr", interfaces: ["set", [["named-uuid", "rowInterface"]]], external_ids: nm },
          "uuid-name": "rowPort",
        },
        {
          op: "insert",
          table: "Bridge",
          row: {
            name: "nmbr",
            ports: ["set", [["named-uuid", "rowPort"]]],
            external_ids: nm,
            stp_enable: false,
            datapath_type: "",
          },
          "uuid-name": "rowBridge",
        },
        {
          op: "mutate",
          table: "Open_vSwitch",
          where: [["_uuid", "==", ["uuid", uuid]]],
          mutations: [["bridges", "insert", ["set", [["named-uuid", "rowBridge"]]]]],
        },
        {
          op: "mutate",
          table: "Open_vSwitch",
          where: [["_uuid", "==", ["uuid", uuid]]],
          mutations: [["next_cfg", "+=", 1]],
        },
      ] as unknown as Json[]);
      expect(reply.error).toBeNull();
      const told = () => JSON.stringify(client.notifications.map((n) => n["params"] ?? null));
      await client.until(() => /"ofport":65534/.test(told()) && /"name":"nmbr"/.test(told()));
      expect((await stack.run("ip", "-o", "link", "show", "nmbr")).status).toBe(0);
      const bridge = [["name", "==", "nmbr"]];
      const change = await client.call("transact", [
        "Open_vSwitch",
        {
          op: "mutate",
          table: "Bridge",
          where: bridge,
          mutations: [
            ["other_config", "delete", ["set", ["hwaddr"]]],
            ["other_config", "insert", ["map", [["hwaddr", "00:99:00:00:00:01"]]]],
          ],
        },
      ] as unknown as Json[]);
      expect(change.error).toBeNull();
      expect((await stack.vsctl("del-br", "nmbr")).status).toBe(0);
      expect((await stack.run("ip", "link", "show", "nmbr")).status).not.toBe(0);
    } finally {
      client.close();
    }
  });
});

import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith } from "../support/needs.js";
import { VmPair, vmPairNeeds } from "../support/vm-pair.js";
import { waitFor } from "../support/weft-host.js";

describeWith(vmPairNeeds(), "VLANs between virtual machines", () => {
  let pair: VmPair;

  beforeAll(async () => {
    pair = new VmPair();
    await pair.start();
    pair.host.vsctl("set", "Open_vSwitch", ".", "other_config:vlan-limit=2");
  });
  afterAll(() => pair?.close());

  beforeEach(async () => {
    for (const number of [1, 2]) {
      await pair.guest(number).must("for d in eth0.10 eth0.100; do ip link del $d 2>/dev/null; done; true");
      for (const column of ["tag", "trunks", "vlan_mode"]) pair.host.vsctl("clear", "port", `vm${number}`, column);
    }
  });

  /** A VLAN device above another one of a guest. */
  async function addVlan(number: number, below: string, id: number, protocol = "802.1Q"): Promise<string> {
    const name = `${below}.${id}`;
    const add = `ip link add link ${below} name ${name} type vlan protocol ${protocol} id ${id}`;
    await pair.guest(number).must(`${add} && ip link set ${name} up`);
    return name;
  }

  async function setOffloads(on: boolean): Promise<void> {
    const word = on ? "on" : "off";
    for (const number of [1, 2])
      await pair
        .guest(number)
        .run(`ethtool -K eth0 tx ${word} rx ${word} sg ${word} tso ${word} gso ${word} gro ${word}`);
  }

  async function expectTraffic(): Promise<void> {
    expect(await pair.pings(1, "10.11.0.2")).toBe(true);
    for (const [from, address] of [
      [1, "10.11.0.2"],
      [2, "fd11::1"],
    ] as const) {
      await pair.tcp(from, address);
    }
    for (const size of [1400, 4000]) expect([size, await pair.udpLost(1, "10.11.0.2", size)]).toEqual([size, 0]);
    expect(await pair.pings(1, "10.11.0.2", 10_000)).toBe(true);
    expect(await pair.checksumFaults()).toBe(0);
  }

  it("keep access ports apart", async () => {
    for (const number of [1, 2]) await pair.address(number, "eth0");
    pair.host.vsctl("set", "port", "vm1", "tag=10", "--", "set", "port", "vm2", "tag=20");
    expect(await pair.misses(1, "10.11.0.2")).toBe(true);
    pair.host.vsctl("set", "port", "vm2", "tag=10");
    expect(await pair.pings(1, "10.11.0.2")).toBe(true);
  });

  for (const on of [true, false]) {
    const offloads = `offloads ${on ? "on" : "off"}`;

    it(`join an access port and a trunk with a guest's VLAN device, ${offloads}`, async () => {
      await setOffloads(on);
      pair.host.vsctl("set", "port", "vm1", "tag=10", "--", "set", "port", "vm2", "trunks=10,20");
      await pair.address(1, "eth0");
      await pair.address(2, await addVlan(2, "eth0", 10));
      await expectTraffic();
    });

    it(`carry a customer's tag inside a provider's, by vlan_mode=dot1q-tunnel and by flows, ${offloads}`, async () => {
      await setOffloads(on);
      pair.host.vsctl("set", "port", "vm1", "vlan_mode=dot1q-tunnel", "tag=100");
      pair.host.vsctl("set", "port", "vm2", "vlan_mode=trunk", "trunks=100");
      // Room for both tags, as packet sockets know none of a provider's.
      for (const number of [1, 2]) {
        await pair.guest(number).must("ip link set eth0 mtu 1508");
        pair.host.vsctl("set", "interface", `vm${number}`, "mtu_request=1508");
        waitFor(() => pair.host.vsctl("get", "interface", `vm${number}`, "mtu").trim() === "1508", "the MTU");
      }
      const inner = await addVlan(1, "eth0", 10);
      const outer = await addVlan(2, "eth0", 100, "802.1ad");
      const both = await addVlan(2, outer, 10);
      await pair.guest(1).must(`ip link set ${inner} mtu 1500`);
      await pair.guest(2).must(`ip link set ${both} mtu 1500`);
      await pair.address(1, inner);
      await pair.address(2, both);
      await expectTraffic();

      const flow = (...line: string[]): string => pair.host.must("ovs-ofctl", "-OOpenFlow13", ...line);
      const push = "actions=push_vlan:0x88a8,set_field:4196->vlan_vid,output:vm2";
      for (const number of [1, 2])
        for (const column of ["tag", "trunks", "vlan_mode"]) pair.host.vsctl("clear", "port", `vm${number}`, column);
      flow("del-flows", "br0");
      expect(await pair.misses(1, "10.11.0.2")).toBe(true);
      flow("add-flow", "br0", `in_port=vm1,${push}`);
      flow("add-flow", "br0", "in_port=vm2,dl_vlan=100,actions=pop_vlan,output:vm1");
      await expectTraffic();
      flow("del-flows", "br0");
      flow("add-flow", "br0", "priority=0,actions=NORMAL");
    }, 120_000);
  }
});

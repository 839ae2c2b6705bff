import { availableParallelism } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { guestIperf } from "../support/guest-iperf.js";
import { describeWith, program } from "../support/needs.js";
import { QemuGuest, virtualMachines } from "../support/qemu-guest.js";
import { checksumErrors } from "../support/traffic-ends.js";
import { WeftHost } from "../support/weft-host.js";

const IPERF3 = "/usr/bin/iperf3";
/** Milliseconds for what boots machines or moves much, where they are translated and others are busy too. */
const LONG = 180_000;
/** A translated processor is slow. */
const MEGABYTES = QemuGuest.translated ? 20 : 400;
type GuestNic = Parameters<typeof QemuGuest.start>[0]["nics"][number];

/** What a virtual network card is told so that it leaves nothing to others. */
const NO_OFFLOADS = "csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,mrg_rxbuf=off";

describeWith([program(IPERF3, "iperf3"), ...virtualMachines()], "virtual machines on vhost-user ports", () => {
  let host: WeftHost;
  const guests: (QemuGuest | undefined)[] = [];

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    host.vsctl("set", "Open_vSwitch", ".", "other_config:vhost-sock-dir=.");
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    host.vsctl("add-port", "br0", "wdq1", "--", "set", "Interface", "wdq1", "type=dpdkvhostuser");
    const path = `options:vhost-server-path=${host.directory}/wdq2.sock`;
    host.vsctl("add-port", "br0", "wdq2", "--", "set", "Interface", "wdq2", "type=dpdkvhostuserclient", path);
    await Promise.all([boot(1), boot(2)]);
  });
  afterAll(async () => {
    for (const guest of guests) await guest?.close();
    host?.close();
  });

  /** Starts guest 1, which connects to the switch's socket, or 2, to whose socket the switch connects. */
  async function boot(number: number, more: Partial<GuestNic> = {}): Promise<void> {
    const vhostUser =
      number === 1 ? { path: `${host.directory}/wdq1` } : { path: `${host.directory}/wdq2.sock`, server: true };
    const guest = await QemuGuest.start({
      namespace: host.namespace,
      nics: [{ mac: `02:00:00:00:0d:0${number}`, vhostUser, ...more }],
      processors: more.queues ?? 1,
      programs: [IPERF3],
    });
    guests[number] = guest;
    await guest.must("for f in all default eth0; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done");
    await guest.must(`ip addr add 10.11.0.${number}/24 dev eth0; ip addr add fd11::${number}/64 dev eth0`);
    await guest.must("ip link set eth0 up; iperf3 -s -D");
    await eventually(() => get(number, "link_state") === "up", "the port to be up");
  }

  function get(number: number, column: string): string {
    return host.vsctl("get", "Interface", `wdq${number}`, column).trim().replaceAll('"', "");
  }

  async function pings(from: number, address: string, size = 56): Promise<boolean> {
    return (await guests[from]!.run(`ping -c 2 -W 1 -A -s ${size} ${address}`)).status === 0;
  }

  /** Megabits a second of a TCP transfer, of which all must arrive. */
  async function tcp(from: number, address: string, streams = 1): Promise<number> {
    const options = `-c ${address} -n ${MEGABYTES}M -P ${streams}`;
    const { bytes, bits_per_second } = (await guestIperf(guests[from]!, options)).sum_received;
    if (bytes < MEGABYTES * 0.9e6) throw new Error(`only ${bytes} bytes arrived`);
    const rate = bits_per_second / 1e6;
    console.log(
      `${from} to ${address}: ${rate.toFixed(0)} Mb/s${QemuGuest.translated ? ", processors translated" : ""}`,
    );
    return rate;
  }

  async function checksumFaults(): Promise<number> {
    let sum = 0;
    for (const guest of guests)
      if (guest) sum += checksumErrors(await guest.must("cat /proc/net/snmp /proc/net/snmp6"));
    return sum;
  }

  it("reach each other", async () => {
    expect(await pings(1, "10.11.0.2")).toBe(true);
    expect(await pings(2, "fd11::1")).toBe(true);
    expect(await pings(1, "10.11.0.2", 20_000)).toBe(true);
  });

  it("show in the database", () => {
    expect(get(1, "status:mode")).toBe("server");
    expect(get(1, "status:socket")).toBe(`${host.directory}/wdq1`);
    expect(get(2, "status:mode")).toBe("client");
    for (const number of [1, 2]) {
      expect(get(number, "status:status")).toBe("connected");
      expect(get(number, "status:num_of_vrings")).toBe("2");
      expect(get(number, "status:vring_0_size")).toBe("256");
      expect(get(number, "status:features")).toMatch(/^0x[0-9a-f]{16}$/);
      expect(get(number, "mac_in_use")).toBe("00:00:00:00:00:00");
    }
    expect(host.vsctl("get", "Open_vSwitch", ".", "iface_types")).toContain("dpdkvhostuser, dpdkvhostuserclient");
  });

  it.each([
    [1, "10.11.0.2"],
    [2, "10.11.0.1"],
    [1, "fd11::2"],
  ])("exchange TCP, whose segments come whole: %d to %s", async (from, address) => {
    const count = (key: string): number => Number(get(from, `statistics:${key}`));
    await tcp(from, address);
    await eventually(() => count("rx_bytes") > MEGABYTES * 0.9e6, "the statistics");
    expect(count("rx_bytes") / count("rx_packets")).toBeGreaterThan(4000);
    expect(await checksumFaults()).toBe(0);
  });

  it("get what was sent, byte by byte", async () => {
    await guests[2]!.must("(sleep 100 | nc -l -p 7000 | sha256sum > /tmp/got) >/dev/null 2>&1 &");
    await guests[2]!.must("until netstat -ltn | grep -q :7000; do sleep 0.1; done");
    const sending = "head -c 3000001 /dev/urandom > /tmp/sent; nc 10.11.0.2 7000 < /tmp/sent; sha256sum < /tmp/sent";
    const sent = await guests[1]!.must(sending);
    expect(await guests[2]!.must("while [ ! -s /tmp/got ]; do sleep 0.1; done; cat /tmp/got")).toBe(sent);
  });

  it("find each other again after the switch was restarted", async () => {
    host.must("ovs-appctl", "-t", "ovs-vswitchd", "exit");
    await eventually(() => host.run("ovs-appctl", "version").status !== 0, "the switch's end");
    host.startSwitch();
    for (const number of [1, 2]) await eventually(() => get(number, "link_state") === "up", "the port to be up");
    expect(await pings(1, "10.11.0.2")).toBe(true);
    await tcp(1, "10.11.0.2");
    expect(await checksumFaults()).toBe(0);
  });

  it(
    "come back after they were switched off: one that offloads nothing, one with two queue pairs",
    async () => {
      for (const number of [1, 2]) {
        await guests[number]!.close();
        await eventually(() => get(number, "link_state") === "down", "the port to be down");
        expect(get(number, "status:status")).toBe("disconnected");
      }
      await Promise.all([boot(1, { properties: NO_OFFLOADS }), boot(2, { queues: 2 })]);
      await eventually(() => get(2, "status:num_of_vrings") === "4", "four rings");
      expect(await pings(1, "10.11.0.2")).toBe(true);
      await tcp(1, "10.11.0.2", 4);
      await tcp(2, "10.11.0.1", 4);
      expect(await checksumFaults()).toBe(0);
    },
    LONG,
  );

  it.skipIf(availableParallelism() < 2)(
    "have their queue pairs read by several threads",
    async () => {
      host.vsctl("set", "Open_vSwitch", ".", "other_config:pmd-cpu-mask=3");
      const queues = (): number =>
        [...host.appctl("dpif-netdev/pmd-rxq-show").matchAll(/port: wdq2 +queue-id:/g)].length;
      await eventually(() => queues() === 2, "a queue for each pair");
      expect(await pings(2, "10.11.0.1")).toBe(true);
      await tcp(2, "10.11.0.1", 4);
      await tcp(1, "10.11.0.2", 4);
      host.vsctl("remove", "Open_vSwitch", ".", "other_config", "pmd-cpu-mask");
      await tcp(2, "10.11.0.1", 4);
      expect(await checksumFaults()).toBe(0);
    },
    LONG,
  );

  it(
    "move to another QEMU while they run",
    async () => {
      host.vsctl("add-port", "br0", "wdq3", "--", "set", "Interface", "wdq3", "type=dpdkvhostuser");
      const moved = await QemuGuest.start({
        namespace: host.namespace,
        nics: [{ mac: "02:00:00:00:0d:01", properties: NO_OFFLOADS, vhostUser: { path: `${host.directory}/wdq3` } }],
        programs: [IPERF3],
        incoming: true,
      });
      const pinging = guests[2]!.run("ping -i 0.2 -c 40 -q 10.11.0.1");
      const old = guests[1]!;
      guests[1] = moved;
      await old.moveTo(moved);
      await old.close();
      const received = Number(/(\d+) packets received/.exec((await pinging).output)![1]);
      expect(received).toBeGreaterThan(30);
      expect([get(1, "link_state"), get(3, "link_state")]).toEqual(["down", "up"]);
      await tcp(1, "10.11.0.2");
      await tcp(2, "10.11.0.1");
      expect(await checksumFaults()).toBe(0);
    },
    LONG,
  );
});

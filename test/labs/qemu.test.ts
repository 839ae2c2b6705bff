import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, program, root, tun } from "../support/needs.js";
import { QemuGuest, virtualMachines } from "../support/qemu-guest.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const iperf3 = "/usr/bin/iperf3";
/** What a virtual network card is told so that it leaves nothing to others. */
const NO_OFFLOADS =
  "csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off,mrg_rxbuf=off";
/** A translated processor is slow. */
const MEGABYTES = QemuGuest.translated ? 40 : 400;

describeWith([root, tun, program(iperf3, "iperf3"), ...virtualMachines()], "virtual machines on TAP ports", () => {
  let host: WeftHost;
  const guests: QemuGuest[] = [];

  async function boot(number: number, properties?: string): Promise<void> {
    const nic = { tap: `whq${number}`, mac: `02:00:00:00:0d:0${number}` };
    guests[number] = await QemuGuest.start({
      namespace: host.namespace,
      nics: [properties === undefined ? nic : { ...nic, properties }],
      modules: ["8021q"],
      programs: [iperf3],
    });
    // As libvirt does once QEMU has opened it.
    host.namespace.ip(`link set whq${number} up`);
    await guests[number].must(
      `echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad; ip link set eth0 up; ip addr add 10.11.0.${number}/24 dev eth0`,
    );
    await guests[number].must(`ip addr add fd11::${number}/64 dev eth0; iperf3 -s -D`);
  }

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    await Promise.all([boot(1), boot(2)]);
    for (const number of [1, 2])
      host.vsctl(
        "--may-exist",
        "add-port",
        "br0",
        `whq${number}`,
        "--",
        "set",
        "Interface",
        `whq${number}`,
        "external_ids:iface-status=active",
      );
  });
  afterAll(async () => {
    for (const guest of guests) await guest?.close();
    host?.close();
  });

  const pings = async (from: number, address: string): Promise<boolean> =>
    (await guests[from]!.run(`ping -c 3 -W 2 -A ${address}`)).status === 0;

  /** Bytes of a TCP transfer that arrived, and megabits a second. */
  async function transfer(from: number, address: string): Promise<{ bytes: number; rate: number }> {
    const text = await guests[from]!.must(`iperf3 -c ${address} -n ${MEGABYTES}M -J`, 60_000);
    const { bytes, bits_per_second } = JSON.parse(text).end.sum_received;
    return { bytes, rate: bits_per_second / 1e6 };
  }

  /** Packets that guests threw away since a checksum was wrong. */
  async function checksumFaults(): Promise<number> {
    let sum = 0;
    for (const number of [1, 2]) {
      const text = await guests[number]!.must("cat /proc/net/snmp /proc/net/snmp6");
      const row = (name: string): string[] => [...text.matchAll(new RegExp(`^${name}: (.*)$`, "gm"))].map((m) => m[1]!);
      for (const protocol of ["Tcp", "Udp", "Icmp"]) {
        const [names, values] = row(protocol).map((line) => line.split(" "));
        sum += Number(values![names!.indexOf("InCsumErrors")]);
      }
      for (const match of text.matchAll(/^\w*InCsumErrors\s+(\d+)$/gm)) sum += Number(match[1]);
    }
    return sum;
  }

  /** The length of the frames that came in by a port since `before`, on average. */
  const received = (number: number): { rxPackets: number; rxBytes: number } =>
    host.namespace.net.link(`whq${number}`)!.stats;

  it("reach each other", async () => {
    expect(await pings(1, "10.11.0.2")).toBe(true);
    expect(await pings(2, "fd11::1")).toBe(true);
  });

  it.each([
    [1, "10.11.0.2"],
    [2, "10.11.0.1"],
    [1, "fd11::2"],
  ])("exchange TCP with their offloads on: %d to %s", async (from, address) => {
    const before = received(from);
    const { bytes, rate } = await transfer(from, address);
    const after = received(from);
    console.log(
      `${from} to ${address}: ${rate.toFixed(0)} Mb/s${QemuGuest.translated ? ", processors translated" : ""}`,
    );
    expect(bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
    // The sender's large segments came whole.
    expect((after.rxBytes - before.rxBytes) / (after.rxPackets - before.rxPackets)).toBeGreaterThan(4000);
    expect(await checksumFaults()).toBe(0);
  });

  it("get what was sent, byte by byte", async () => {
    await guests[2]!.must("(sleep 100 | nc -l -p 7000 | sha256sum > /tmp/got) >/dev/null 2>&1 &");
    const sent = await guests[1]!.must(
      "head -c 3000001 /dev/urandom > /tmp/sent; sleep 1; nc 10.11.0.2 7000 < /tmp/sent; sha256sum < /tmp/sent",
    );
    const got = await guests[2]!.must("while [ ! -s /tmp/got ]; do sleep 0.1; done; cat /tmp/got");
    expect(got).toBe(sent);
  });

  it("are kept apart by access ports, and joined by a trunk", async () => {
    host.vsctl("set", "port", "whq1", "tag=10", "--", "set", "port", "whq2", "tag=20");
    expect(await pings(1, "10.11.0.2")).toBe(false);
    host.vsctl("clear", "port", "whq2", "tag");
    await guests[2]!.must("ip link add link eth0 name eth0.10 type vlan id 10 && ip addr flush dev eth0");
    await guests[2]!.must("ip addr add 10.11.0.2/24 dev eth0.10 && ip link set eth0.10 up");
    expect(await pings(1, "10.11.0.2")).toBe(true);
    expect((await transfer(1, "10.11.0.2")).bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
    expect((await transfer(2, "10.11.0.1")).bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
    expect(await checksumFaults()).toBe(0);
    host.vsctl("clear", "port", "whq1", "tag");
  });

  it("come back after they were switched off, with a card that offloads nothing", async () => {
    const number = (): string => host.vsctl("get", "interface", "whq2", "ofport").trim();
    await guests[2]!.close();
    waitFor(() => number() === "-1", "the TAP's end to be seen");
    await boot(2, NO_OFFLOADS);
    waitFor(() => number() !== "-1", "the TAP to be a port again");
    expect(await pings(1, "10.11.0.2")).toBe(true);
    expect((await transfer(1, "10.11.0.2")).bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
    expect((await transfer(2, "10.11.0.1")).bytes).toBeGreaterThan(MEGABYTES * 0.9e6);
    expect(await checksumFaults()).toBe(0);
  });
});

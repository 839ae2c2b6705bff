import { join } from "node:path";
import { guestIperf } from "./guest-iperf.js";
import { guideBlocks } from "./guide-blocks.js";
import { type Need, program, tun } from "./needs.js";
import { QemuGuest, virtualMachines } from "./qemu-guest.js";
import { checksumErrors } from "./traffic-ends.js";
import { WeftHost } from "./weft-host.js";

const bin = join(import.meta.dirname, "../../bin");
const IPERF3 = "/usr/bin/iperf3";
const ETHTOOL = "/usr/sbin/ethtool";
/** A translated processor is slow. */
const MEGABYTES = QemuGuest.translated ? 10 : 400;

/** What labs with a `VmPair` need. */
export function vmPairNeeds(): readonly Need[] {
  return [tun, program(IPERF3, "iperf3"), program(ETHTOOL, "ethtool"), ...virtualMachines()];
}

/** Two virtual machines, 1 and 2, on the TAP ports vm1 and vm2 of a bridge br0 of the userspace engine, with the addresses 10.11.0.N and fd11::N. */
export class VmPair {
  readonly host: WeftHost = new WeftHost();
  readonly #guests: (QemuGuest | undefined)[] = [];

  async start(): Promise<void> {
    const { host } = this;
    host.start();
    const [bridge, , port] = guideBlocks("virtual-machines", "Plain QEMU");
    this.#type(bridge!);
    await Promise.all([this.boot(1), this.boot(2)]);
    for (const tap of ["vm1", "vm2"]) this.#type(port!.replaceAll("vm1", tap));
  }

  /** Does what the guide says. */
  #type(block: string): void {
    this.host.must("/bin/sh", "-ec", `PATH=${bin}:$PATH\n${block}`);
  }

  /** Starts a guest; `properties` are more of its network card's. */
  async boot(number: number, properties?: string): Promise<void> {
    const nic = { tap: `vm${number}`, mac: `02:00:00:00:0d:0${number}` };
    const guest = await QemuGuest.start({
      namespace: this.host.namespace,
      nics: [properties === undefined ? nic : { ...nic, properties }],
      modules: ["8021q"],
      programs: [IPERF3, ETHTOOL],
    });
    this.#guests[number] = guest;
    this.host.namespace.ip(`link set vm${number} up`);
    await guest.must("for f in all default eth0; do echo 0 > /proc/sys/net/ipv6/conf/$f/accept_dad; done");
    // Datagrams wait for a server that has no processor for a while.
    await guest.must("for n in default max; do echo 16777216 > /proc/sys/net/core/rmem_$n; done");
    await guest.must("ip link set eth0 up; iperf3 -s -D");
    await this.address(number, "eth0");
  }

  guest(number: number): QemuGuest {
    return this.#guests[number]!;
  }

  /** Gives a guest's addresses to one of its devices. */
  async address(number: number, device: string): Promise<void> {
    const plan = `ip addr flush dev eth0; ip addr add 10.11.0.${number}/24 dev ${device}`;
    await this.guest(number).must(`${plan}; ip addr add fd11::${number}/64 dev ${device}`);
  }

  /** Whether an echo request is answered, one of several that a busy machine may be late with. */
  async pings(from: number, address: string, size = 56): Promise<boolean> {
    const trials = `for i in 1 2 3 4 5; do ping -c 1 -W 2 -s ${size} ${address} && exit 0; done; exit 1`;
    return (await this.guest(from).run(trials)).status === 0;
  }

  /** Whether an echo request goes unanswered. */
  async misses(from: number, address: string): Promise<boolean> {
    return (await this.guest(from).run(`ping -c 1 -W 2 ${address}`)).status !== 0;
  }

  /** Megabits a second of a TCP transfer, of which all must arrive. */
  async tcp(from: number, address: string): Promise<number> {
    const { bytes, bits_per_second } = (await guestIperf(this.guest(from), `-c ${address} -n ${MEGABYTES}M`))
      .sum_received;
    if (bytes < MEGABYTES * 0.9e6) throw new Error(`only ${bytes} bytes arrived`);
    return bits_per_second / 1e6;
  }

  /** Lost datagrams of a hundred, sent slowly: the fewest of three trials, since a guest that has no processor for a while loses what its TAP has no room for. */
  async udpLost(from: number, address: string, size: number): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 3 && fewest > 0; trial++) {
      const { sum } = await guestIperf(this.guest(from), `-u -c ${address} -l ${size} -b ${size * 3200} -k 100`);
      if (sum.packets < 100) throw new Error(`only ${sum.packets} datagrams were sent`);
      fewest = Math.min(fewest, sum.lost_packets);
    }
    return fewest;
  }

  /** Packets that the guests threw away since a checksum was wrong. */
  async checksumFaults(): Promise<number> {
    let sum = 0;
    for (const guest of this.#guests)
      if (guest) sum += checksumErrors(await guest.must("cat /proc/net/snmp /proc/net/snmp6"));
    return sum;
  }

  async close(): Promise<void> {
    for (const guest of this.#guests) await guest?.close();
    this.host.close();
  }
}

import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root, tun } from "../support/needs.js";
import { WeftHost } from "../support/weft-host.js";

const needs = [root, tun, program("/usr/bin/ping", "iputils-ping")];
const GUESTS = 5;

describeWith(needs, "floods that the kernel copies at once", () => {
  let host: WeftHost;
  const guests: TestNamespace[] = [];

  beforeAll(() => {
    host = new WeftHost();
    for (let i = 1; i <= GUESTS; i++) guests.push(host.guest(`wr${i}`, `10.9.0.${i}/24`));
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=system");
    for (let i = 1; i <= GUESTS; i++) host.vsctl("add-port", "br0", `wr${i}`);
  });
  afterAll(() => host?.close());

  const received = (guest: number): number => guests[guest - 1]!.net.link("eth0")!.stats.rxPackets;
  const devices = (): string[] =>
    host.namespace.net.links().flatMap(({ name }) => (name.startsWith("weft_fan") ? [name] : []));
  /** Waits until broadcasts of the first guest reach others. */
  const isFlooded = async (to: readonly number[] = [2, 3, 4, 5], size = 56): Promise<void> =>
    eventually(() => {
      const before = to.map(received);
      guests[0]!.run("ping", "-b", "-c", "5", "-i", "0.01", "-W", "0.1", "-s", `${size}`, "10.9.0.255");
      return to.every((guest, i) => received(guest) - before[i]! >= 5);
    }, "floods at every port");

  it("reach a port again that has been elsewhere", async () => {
    await isFlooded();
    expect(devices()).toEqual(["weft_fan"]);
    guests[1]!.ip("link set eth0 up");
    host.namespace.ip(`link set wr4 netns /proc/${process.pid}/fd/${guests[1]!.fd}`);
    guests[1]!.ip(`link set wr4 netns /proc/${process.pid}/fd/${host.namespace.fd}`);
    host.namespace.ip("link set wr4 up");
    await isFlooded();
    await isFlooded();
  });

  it("reach the others when one of the ports is down, or takes no packets as long as they are", async () => {
    host.namespace.ip("link set wr2 down");
    await isFlooded([3, 4, 5]);
    host.namespace.ip("link set wr2 up");
    await isFlooded();
    host.namespace.ip("link set wr2 mtu 600");
    await isFlooded([3, 4, 5], 1200);
    await isFlooded();
    host.namespace.ip("link set wr2 mtu 1500");
    await isFlooded([2, 3, 4, 5], 1200);
  });

  it("are copied by a device that is no port, and of which there is one, however daemons end", async () => {
    host.run("ovs-vsctl", "--timeout=5", "add-port", "br0", "weft_fan");
    expect(host.vsctl("get", "interface", "weft_fan", "error")).toContain("the kernel engine copies packets by it");
    host.vsctl("del-port", "br0", "weft_fan");
    for (const end of [() => host.kill("ovs-vswitchd"), () => host.appctl("exit")]) {
      end();
      const [left] = devices();
      host.startSwitch();
      await isFlooded();
      await eventually(() => devices().length === 1 && devices()[0] !== left, "one device, the new daemon's");
    }
    host.appctl("exit", "--cleanup");
    await eventually(() => devices().length === 0, "no device");
  });
});

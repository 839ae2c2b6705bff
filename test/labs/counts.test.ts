import { afterAll, beforeAll, expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { plainOffload } from "#wire/virtio-net.js";
import { describeEngines } from "../support/engines.js";
import type { TestNamespace } from "../support/namespace.js";
import { root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

/** The type of the test's own frames (IEEE: local experiments), so that nothing else is counted with them. */
const ETHER_TYPE = 0x88b5;

/** A frame to a station 99 from station `source`. */
function frame(source: number, length = 60, destination = 99): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([2, 0, 0, 0, 0, destination, 2, 0, 0, 0, 0, source, ETHER_TYPE >> 8, ETHER_TYPE & 0xff]);
  return bytes;
}

/** Keeps a namespace from sending anything by itself. */
function quiet(namespace: TestNamespace): void {
  const off = "for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done";
  expect(namespace.run("sh", "-c", off).status).toBe(0);
}

describeEngines([root], "every packet is counted once, whatever happens to its flow", (choose) => {
  let host: WeftHost;
  let sender: LinuxFrameIo;
  const guests: TestNamespace[] = [];
  const closing: (() => void)[] = [];

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    choose(host);
    for (const i of [1, 2, 3]) {
      const guest = host.guest(`wkc${i}`, `10.1.0.${i}/24`);
      quiet(guest);
      guests.push(guest);
    }
    quiet(host.namespace);
    host.vsctl("add-br", "br0");
    for (const i of [1, 2, 3]) host.vsctl("add-port", "br0", `wkc${i}`);
    host.namespace.net.setUp("br0", true);
    sender = new LinuxFrameIo();
    const source = guests[0]!.net.capture("eth0", { input: "socket" });
    sender.attach(1, source.frames);
    closing.push(
      () => sender.close(),
      () => source.close(),
    );
  });
  afterAll(() => {
    for (const close of closing) close();
    host?.close();
  });

  const send = (bytes: Uint8Array, count: number): void => {
    for (let i = 0; i < count; i++) sender.send(1, bytes, 0, 0, bytes, 0, bytes.length, plainOffload());
    sender.flush();
  };
  const statistics = (port: string, name: string): number =>
    Number(host.namespace.net.link(port)!.stats[name as "rxPackets"]);
  const ruleBytes = (): number =>
    Number(/n_bytes=(\d+), priority=0,/.exec(host.appctl("bridge/dump-flows", "br0"))![1]);
  const drops = (why: string): number =>
    [...host.appctl("ofproto/drops").matchAll(/: (\d+) packets, (.*)/g)]
      .filter((match) => match[2] === why)
      .reduce((sum, match) => sum + Number(match[1]), 0);

  it("while settings change, flows are translated anew, and ports come and go", () => {
    const before = { rule: ruleBytes(), out: statistics("wkc2", "txBytes"), in: statistics("wkc1", "rxBytes") };
    let sent = 0;
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 10; i++) send(frame(1 + (i & 3), 100), 20);
      sent += 200 * 100;
      if (round === 3) host.vsctl("set", "bridge", "br0", "other_config:mac-aging-time=60");
      if (round === 5) host.vsctl("del-port", "wkc3");
      if (round === 7) host.appctl("fdb/flush", "br0");
      if (round === 8) host.appctl("revalidator/purge");
      if (round === 9) host.vsctl("add-port", "br0", "wkc3");
    }
    expect(statistics("wkc1", "rxBytes") - before.in).toBe(sent);
    waitFor(() => statistics("wkc2", "txBytes") - before.out >= sent, "all frames to be forwarded");
    expect(statistics("wkc2", "txBytes") - before.out).toBe(sent);
    waitFor(() => ruleBytes() - before.rule >= sent, "all frames to be credited");
    expect(ruleBytes() - before.rule).toBe(sent);
    host.appctl("revalidator/purge");
    expect(ruleBytes() - before.rule).toBe(sent);
  });

  it("names a frame that is too long for where it goes", () => {
    const why = "longer than the MTU of the port it was to leave by";
    guests[2]!.ip("link set eth0 mtu 1200");
    host.namespace.ip("link set wkc3 mtu 1200");
    waitFor(() => host.vsctl("get", "interface", "wkc3", "mtu").trim() === "1200", "the MTU to be known");
    send(frame(1, 1400), 30);
    const dropped = (): string => host.appctl("ofproto/drops", "br0");
    waitFor(() => dropped().includes(`br0 wkc3: 30 packets, ${why}\n`), "the drops");
    // The bridge's own port follows the smallest of the others.
    const own = (): number => host.namespace.net.link("br0")!.mtu;
    waitFor(() => own() === 1200, "the bridge's port to follow");
    host.namespace.ip("link set wkc3 mtu 1500");
    waitFor(() => own() === 1500, "the bridge's port to follow back");
  });

  it("names a frame to a port that is down, and one that came from where it is to go", () => {
    host.namespace.ip("link set wkc3 down");
    // What the kernel forwards until then, it counts on the device.
    waitFor(
      () => host.vsctl("get", "interface", "wkc3", "admin_state").trim() === "down",
      "the port's state to be known",
    );
    const down = "the port it was to leave by is down";
    send(frame(1), 25);
    waitFor(() => drops(down) >= 25, "the drops");
    expect(drops(down)).toBe(25);
    send(frame(1, 60, 1), 25);
    const behind = "the destination is behind the port the packet came in by";
    waitFor(() => drops(behind) >= 25, "the drops");
    expect(drops(behind)).toBe(25);
  });

  it("names what came in faster than it could be taken: nothing of a flood is lost in silence", () => {
    const known = (): number => {
      const shown = host.appctl("dpctl/show");
      // What came up faster than it could be asked about is lost, and has its name as well.
      const [, hit, missed, lost] = /hit:(\d+) missed:(\d+) lost:(\d+)/.exec(shown)!.map(Number);
      return hit! + missed! + lost! + drops("came in faster than it could be taken");
    };
    const arrived = (): number => statistics("wkc1", "rxPackets");
    const before = { known: known(), arrived: arrived() };
    for (let i = 0; i < 40; i++) send(frame(7), 1000);
    // What the sender's own kernel could not queue has not arrived.
    const came = arrived() - before.arrived;
    expect(came).toBeGreaterThan(20_000);
    waitFor(() => known() - before.known >= came, "every frame to be known");
    expect(known() - before.known).toBeLessThan(came + 20);
  });
});

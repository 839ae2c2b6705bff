import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unanswered } from "../support/echoes.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const tcpdump = program("/usr/bin/tcpdump", "tcpdump");

describeWith([root, ping, tcpdump], "packets that the kernel hands to guests directly", () => {
  let host: WeftHost;
  let left: TestNamespace;
  let right: TestNamespace;

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0");
    left = host.guest("wal", "10.9.1.1/24");
    right = host.guest("war", "10.9.1.2/24");
    host.vsctl("add-port", "br0", "wal", "--", "add-port", "br0", "war");
  });
  afterAll(() => host?.close());

  const send = (count: number): boolean =>
    unanswered(left.run("ping", "-c", String(count), "-i", "0.002", "-W", "1", "10.9.1.2").stdout, count).length === 0;
  const known = (): boolean => (host.appctl("dpctl/dump-flows", "-m").match(/dp:ebpf/g)?.length ?? 0) >= 2;
  const atPort = (): number => host.namespace.net.link("war")!.stats.txPackets;
  const counted = (): number => Number(/tx pkts=(\d+)/.exec(host.must("ovs-ofctl", "dump-ports", "br0", "war"))![1]);

  it("pass the port by, which counts them all the same", () => {
    expect(send(3)).toBe(true);
    waitFor(known, "flows in the kernel");
    const before = { port: atPort(), all: counted() };
    expect(send(200)).toBe(true);
    expect(counted() - before.all).toBeGreaterThanOrEqual(200);
    expect(atPort() - before.port).toBeLessThan(50);
  });

  /** How many of 20 packets for the guest, and as many replies, do not pass its port. */
  const direct = (): number => {
    const before = { port: atPort(), all: counted() };
    expect(send(20)).toBe(true);
    return counted() - before.all - (atPort() - before.port);
  };

  it("pass the port while tcpdump listens there, and no longer", { timeout: 30_000 }, async () => {
    for (const link of ["war", "any"]) {
      const dump = host.background("tcpdump", "-n", "-l", "-i", link, "icmp and greater 600");
      let seen = "";
      dump.stdout!.setEncoding("utf8").on("data", (text: string) => {
        seen += text;
      });
      await once(dump.stderr!, "data");
      await expect.poll(direct, { timeout: 2000 }).toBe(0);
      expect(left.run("ping", "-c", "20", "-i", "0.002", "-s", "600", "10.9.1.2").status).toBe(0);
      for (const what of [/echo request/g, /echo reply/g])
        await expect.poll(() => seen.match(what)?.length, { timeout: 3000 }).toBeGreaterThanOrEqual(20);
      dump.kill("SIGINT");
      await once(dump, "close");
      await expect.poll(direct, { timeout: 5000 }).toBeGreaterThanOrEqual(20);
    }
  });

  const qdisc = (what: string, ...rest: string[]): number | null =>
    host.namespace.run("tc", "qdisc", what, "dev", ...rest).status;

  it("pass the port where that is wanted, or something there holds packets back", async () => {
    host.vsctl("set", "Open_vSwitch", ".", "other_config:weft-direct-to-guests=false");
    expect(direct()).toBe(0);
    host.vsctl("remove", "Open_vSwitch", ".", "other_config", "weft-direct-to-guests");
    expect(direct()).toBeGreaterThanOrEqual(20);
    expect(qdisc("add", "war", "root", "pfifo", "limit", "1000")).toBe(0);
    await expect.poll(direct, { timeout: 5000 }).toBe(0);
    expect(qdisc("del", "war", "root")).toBe(0);
    await expect.poll(direct, { timeout: 5000 }).toBeGreaterThanOrEqual(20);
  });

  it("go through the port where the guest has another address than was known", () => {
    right.ip("link set eth0 address 02:00:00:00:09:99");
    left.ip("neigh flush all");
    expect(send(3)).toBe(true);
    waitFor(known, "flows in the kernel");
    const before = atPort();
    expect(send(100)).toBe(true);
    expect(atPort() - before).toBeGreaterThanOrEqual(100);
  });

  it("are not taken for the guest's where they are for somebody else", () => {
    left.ip("neigh replace 10.9.1.2 lladdr 02:00:00:00:09:77 dev eth0 nud permanent");
    expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "1", "10.9.1.2").status).toBe(1);
    left.ip("neigh replace 10.9.1.2 lladdr 02:00:00:00:09:99 dev eth0 nud permanent");
    expect(send(3)).toBe(true);
  });
});

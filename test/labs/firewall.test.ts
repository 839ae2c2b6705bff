import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeEngines } from "../support/engines.js";
import { guideBlocks } from "../support/guide-blocks.js";
import { ask, iperf, LabPeers, python } from "../support/lab-peers.js";
import type { TestNamespace } from "../support/namespace.js";
import { program, root } from "../support/needs.js";
import { reaches, WeftHost, waitFor } from "../support/weft-host.js";

const needs = [root, python, program("/usr/bin/ping", "iputils-ping"), program("/usr/bin/iperf3", "iperf3")];
const PORTS = ["tcp:8080", "tcp:9090", "udp:5353", "ftp:21"];

/** Types the blocks of a section of the guide. */
function type(host: WeftHost, ...blocks: readonly string[]): void {
  const bin = join(import.meta.dirname, "../../bin");
  for (const block of blocks) {
    const { status, stderr } = host.run("/bin/sh", "-ec", `PATH=${bin}:$PATH\n${block}`);
    expect({ block, status, stderr }).toEqual({ block, status: 0, stderr: "" });
  }
}

describeEngines(needs, "a stateful firewall, as the guide has it", (choose) => {
  let host: WeftHost;
  let inside: TestNamespace;
  let outside: TestNamespace;
  const peers = new LabPeers();
  const tracked = (zone = 1): string => host.appctl("dpctl/dump-conntrack", `zone=${zone}`);

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    choose(host);
    inside = host.guest("inside", "10.9.0.1/24");
    outside = host.guest("outside", "10.9.0.2/24");
    inside.ip("addr add fd00:9::1/64 dev eth0 nodad");
    outside.ip("addr add fd00:9::2/64 dev eth0 nodad");
    for (const guest of [inside, outside]) await peers.serve(guest, ...PORTS);
    await peers.serveIperf(outside);
    const [bridge, rules] = guideBlocks("firewall", "Who may begin");
    type(host, bridge!, rules!);
  });
  afterAll(() => {
    peers.close();
    host?.close();
  });

  it("lets through what is allowed to begin, and its replies", () => {
    expect(reaches(inside, "10.9.0.2")).toBe(true);
    expect(ask(inside, "tcp", "10.9.0.2", 8080)).toMatch(/^10\.9\.0\.1 \d+$/);
    expect(ask(inside, "udp", "10.9.0.2", 5353)).toMatch(/^10\.9\.0\.1 \d+$/);
  });

  it("judges fragments as what they are parts of", () => {
    for (const [address, family] of [
      ["10.9.0.2", "-4"],
      ["fd00:9::2", "-6"],
    ] as const) {
      // For the last answer, once there was one, ping waits no longer than the interval.
      const large = [family, "-c", "2", "-i", "1", "-W", "2", "-s", "4000", address];
      expect(inside.run("ping", ...large).stdout).toContain(" 0% packet loss");
    }
    expect(outside.run("ping", "-c", "1", "-W", "1", "-s", "4000", "10.9.0.1").status).not.toBe(0);
  });

  it("refuses everything else, in both directions", () => {
    expect(ask(inside, "tcp", "10.9.0.2", 9090)).toMatch(/^no: TimeoutError/);
    expect(ask(outside, "tcp", "10.9.0.1", 8080)).toMatch(/^no: TimeoutError/);
    expect(ask(outside, "udp", "10.9.0.1", 5353)).toMatch(/^no: TimeoutError/);
    expect(outside.run("ping", "-c", "1", "-W", "1", "10.9.0.1").status).not.toBe(0);
    expect(tracked()).not.toContain("dport=9090");
  });

  it("does so for IPv6, too", () => {
    waitFor(() => inside.run("ping", "-6", "-c", "1", "-W", "1", "fd00:9::2").status === 0, "an echo over IPv6");
    expect(ask(inside, "tcp", "fd00:9::2", 8080)).toMatch(/^fd00:9::1 \d+$/);
    expect(ask(inside, "udp", "fd00:9::2", 5353)).toMatch(/^fd00:9::1 \d+$/);
    expect(ask(inside, "tcp", "fd00:9::2", 9090)).toMatch(/^no: TimeoutError/);
    expect(ask(outside, "tcp", "fd00:9::1", 8080)).toMatch(/^no: TimeoutError/);
    expect(outside.run("ping", "-6", "-c", "1", "-W", "1", "fd00:9::1").status).not.toBe(0);
  });

  it("shows connections as upstream does", () => {
    host.appctl("dpctl/flush-conntrack");
    expect(tracked()).toBe("");
    const [, port] = ask(inside, "tcp", "10.9.0.2", 8080).split(" ");
    ask(inside, "udp", "fd00:9::2", 5353);
    inside.run("ping", "-c", "1", "-W", "1", "10.9.0.2");
    const lines = tracked().trim().split("\n").sort();
    const pair = `src=10.9.0.1,dst=10.9.0.2,sport=${port},dport=8080`;
    expect(lines[1]).toMatch(
      new RegExp(
        `^tcp,orig=\\(${pair}\\),reply=\\(src=10.9.0.2,dst=10.9.0.1,sport=8080,dport=${port}\\),zone=1,protoinfo=\\(state=\\w+\\)$`,
      ),
    );
    expect(lines[0]).toMatch(
      /^icmp,orig=\(src=10\.9\.0\.1,dst=10\.9\.0\.2,id=\d+,type=8,code=0\),reply=\(src=10\.9\.0\.2,dst=10\.9\.0\.1,id=\d+,type=0,code=0\),zone=1$/,
    );
    expect(lines[2]).toMatch(
      /^udp,orig=\(src=fd00:9::1,dst=fd00:9::2,sport=\d+,dport=5353\),reply=\(src=fd00:9::2,dst=fd00:9::1,sport=5353,dport=\d+\),zone=1$/,
    );
  });

  it("lets errors by ICMP through that belong to a connection", () => {
    // Nobody is there: the answer is an error, not silence.
    expect(ask(inside, "udp", "10.9.0.2", 7)).toMatch(/^no: ConnectionRefusedError/);
    expect(ask(inside, "udp", "fd00:9::2", 7)).toMatch(/^no: ConnectionRefusedError/);
  });

  it("follows ftp to its data connections, from either side, over IPv4 and IPv6", () => {
    for (const address of ["10.9.0.2", "fd00:9::2"]) {
      for (const mode of ["passive", "active"]) {
        expect([mode, ask(inside, "ftp", address, 21, mode)]).toEqual([mode, "same 226 300000 bytes"]);
      }
    }
    expect(ask(outside, "ftp", "10.9.0.1", 21, "passive")).toMatch(/^no: TimeoutError/);
  });

  it("carries volume with offloads left on, both ways", () => {
    expect(iperf(inside, "10.9.0.2")).toBeGreaterThan(200);
    expect(iperf(inside, "10.9.0.2", "-R")).toBeGreaterThan(200);
  });

  it("drops with a reason what is refused", () => {
    ask(inside, "tcp", "10.9.0.2", 9090);
    expect(host.appctl("ofproto/drops", "fw0")).toMatch(/[1-9]\d* packets/);
  });

  it("stands as it was after a restart, with connections that go on", async () => {
    const held = peers.hold(inside, "10.9.0.2", 8080);
    expect(await held.exchange()).toMatch(/^10\.9\.0\.1 \d+$/);
    host.must("ovs-ctl", "--system-id=lab", "--no-monitor", "--no-ovsdb-server", "restart");
    expect(await held.exchange()).toMatch(/^10\.9\.0\.1 \d+$/);
    held.close();
    expect(ask(inside, "ftp", "10.9.0.2", 21, "active")).toBe("same 226 300000 bytes");
    expect(ask(outside, "tcp", "10.9.0.1", 8080)).toMatch(/^no: TimeoutError/);
  });

  it("keeps a connection that is forgotten from going on", async () => {
    const held = peers.hold(inside, "10.9.0.2", 8080);
    expect(await held.exchange()).toMatch(/^10\.9\.0\.1 \d+$/);
    host.appctl("dpctl/flush-conntrack", "zone=1");
    // Segments in the middle of a connection begin one anew, as upstream has it: the rule for new ones allows it.
    expect(await held.exchange()).toMatch(/^10\.9\.0\.1 \d+$/);
    host.must("ovs-ofctl", "del-flows", "fw0", "table=1,ct_state=+trk+new,tcp,tp_dst=8080");
    host.appctl("dpctl/flush-conntrack", "zone=1");
    expect(ask(inside, "tcp", "10.9.0.2", 8080)).toMatch(/^no: TimeoutError/);
    held.close();
  });

  it("ends connections as the database's timeouts say, and takes no more than a zone's limit", () => {
    type(host, ...guideBlocks("firewall", "How many, and for how long"));
    host.appctl("dpctl/flush-conntrack");
    expect(ask(inside, "udp", "10.9.0.2", 5353)).toMatch(/^10\.9\.0\.1/);
    expect(tracked()).toContain("udp,");
    expect(reaches(inside, "10.9.0.2")).toBe(true);
    expect(tracked()).toContain("icmp,");
    waitFor(() => !tracked().includes("icmp,"), "connections of ICMP to end after two seconds");
    expect(tracked()).toContain("udp,");
    const policy = host.vsctl("--bare", "--columns=_uuid", "list", "CT_Timeout_Policy").trim();
    host.vsctl("set", "CT_Timeout_Policy", policy, "timeouts:udp_multiple=1");
    host.appctl("dpctl/flush-conntrack");
    expect(ask(inside, "udp", "10.9.0.2", 5353)).toMatch(/^10\.9\.0\.1/);
    waitFor(() => !tracked().includes("dport=5353"), "connections to end");
    host.vsctl("del-zone-tp", "system", "zone=1");
    host.appctl("dpctl/flush-conntrack");
    host.appctl("dpctl/ct-set-limits", "zone=1,limit=2");
    const asked = [1, 2, 3, 4].map(() => ask(inside, "udp", "10.9.0.2", 5353));
    expect(asked.filter((a) => a.startsWith("10.9.0.1"))).toHaveLength(2);
    expect(host.appctl("dpctl/ct-get-limits", "zone=1")).toBe("default limit=0\nzone=1,limit=2,count=2\n");
    host.vsctl("set-zone-limit", "system", "1", "3");
    const more = [1, 2, 3].map(() => ask(inside, "udp", "10.9.0.2", 5353));
    expect(more.filter((a) => a.startsWith("10.9.0.1"))).toHaveLength(1);
    expect(host.vsctl("list-zone-limits", "system")).toContain("Zone: 1, Limit: 3");
  });
});

describeEngines(needs, "NAT, as the guide has it", (choose) => {
  let host: WeftHost;
  let client: TestNamespace;
  let server: TestNamespace;
  let wan: TestNamespace;
  const peers = new LabPeers();
  const tracked = (zone: number): string => host.appctl("dpctl/dump-conntrack", `zone=${zone}`);

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    choose(host);
    client = host.guest("client", "10.1.0.2/24");
    server = host.guest("server", "10.1.0.3/24");
    wan = host.guest("wan", "192.0.2.2/24");
    client.ip("link set eth0 address 02:00:00:00:01:02");
    server.ip("link set eth0 address 02:00:00:00:01:03");
    wan.ip("link set eth0 address 02:00:00:00:02:02");
    client.ip("route add default via 10.1.0.1");
    server.ip("route add default via 10.1.0.1");
    for (const guest of [client, server, wan]) await peers.serve(guest, ...PORTS);
    await peers.serveIperf(wan);
    type(host, ...guideBlocks("firewall", "NAT"));
  });
  afterAll(() => {
    peers.close();
    host?.close();
  });

  it("gives guests an outer address of the range", () => {
    expect(reaches(client, "192.0.2.2")).toBe(true);
    const [address, port] = ask(client, "tcp", "192.0.2.2", 8080).split(" ");
    expect(address).toMatch(/^192\.0\.2\.1[012]$/);
    expect(Number(port)).toBeGreaterThanOrEqual(30000);
    expect(Number(port)).toBeLessThanOrEqual(30999);
    expect(ask(client, "udp", "192.0.2.2", 5353)).toMatch(/^192\.0\.2\.1[012] \d+$/);
    expect(tracked(1)).toMatch(
      new RegExp(`tcp,orig=\\(src=10.1.0.2,dst=192.0.2.2,.*reply=\\(src=192.0.2.2,dst=${address},.*dport=${port}\\)`),
    );
  });

  it("keeps several guests of one port apart", () => {
    const first = ask(client, "tcp", "192.0.2.2", 8080);
    const second = ask(server, "tcp", "192.0.2.2", 8080);
    expect(first).toMatch(/^192\.0\.2\.1[012] \d+$/);
    expect(second).toMatch(/^192\.0\.2\.1[012] \d+$/);
    expect(first).not.toBe(second);
  });

  it("leads the world to the server, and to nobody else", () => {
    expect(ask(wan, "tcp", "192.0.2.1", 80)).toMatch(/^192\.0\.2\.2 \d+$/);
    expect(ask(wan, "tcp", "192.0.2.1", 8080)).toMatch(/^no: TimeoutError/);
    expect(ask(wan, "tcp", "192.0.2.10", 80)).toMatch(/^no: TimeoutError/);
  });

  it("leads a guest by the outer address to the server beside it", () => {
    expect(ask(client, "tcp", "192.0.2.1", 80)).toMatch(/^10\.1\.0\.1 \d+$/);
    expect(tracked(2)).toContain("tcp,orig=(src=10.1.0.2,dst=10.1.0.3,");
  });

  it("rewrites what ftp says of addresses, in both directions of both kinds", () => {
    for (const mode of ["passive", "active"]) {
      expect([mode, ask(client, "ftp", "192.0.2.2", 21, mode)]).toEqual([mode, "same 226 300000 bytes"]);
      expect([mode, ask(wan, "ftp", "192.0.2.1", 21, mode)]).toEqual([mode, "same 226 300000 bytes"]);
    }
  });

  it("translates the packet within an ICMP error", () => {
    expect(ask(client, "udp", "192.0.2.2", 7)).toMatch(/^no: ConnectionRefusedError/);
  });

  it("carries volume with offloads left on", () => {
    // By a port of its own, so that the range of addresses holds it.
    expect(iperf(client, "192.0.2.2")).toBeGreaterThan(200);
    expect(iperf(client, "192.0.2.2", "-R")).toBeGreaterThan(200);
  });
});

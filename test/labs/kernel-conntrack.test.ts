import { afterAll, beforeAll, expect, it } from "vitest";
import { unanswered } from "../support/echoes.js";
import { ask, iperf, LabPeers, python } from "../support/lab-peers.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const needs = [root, python, program("/usr/bin/ping", "iputils-ping"), program("/usr/bin/iperf3", "iperf3")];

/** What the inside begins leaves as 10.9.0.100; the outside begins nothing. */
const RULES = `
table=0, priority=100, arp, actions=NORMAL
table=0, priority=50, ip, actions=ct(table=1, zone=7, nat)
table=1, priority=100, ct_state=+trk+inv, actions=drop
table=1, priority=90, ct_state=+trk+est, in_port=wcin, actions=output:wcout
table=1, priority=90, ct_state=+trk+est, in_port=wcout, actions=output:wcin
table=1, priority=90, ct_state=+trk+rel, in_port=wcout, ip, actions=output:wcin
table=1, priority=50, ct_state=+trk+new, in_port=wcin, ip, actions=ct(commit, zone=7, nat(src=10.9.0.100), exec(load:0x5->NXM_NX_CT_MARK[])), output:wcout
`;

describeWith(needs, "a stateful firewall with NAT whose connections the kernel follows", () => {
  let host: WeftHost;
  let inside: TestNamespace;
  let outside: TestNamespace;
  const peers = new LabPeers();

  beforeAll(async () => {
    host = new WeftHost();
    host.start();
    host.vsctl("set", "Open_vSwitch", ".", "other_config:weft-kernel-engine=true");
    host.vsctl("add-br", "wcfw", "--", "set", "bridge", "wcfw", "datapath_type=system", "fail_mode=secure");
    inside = host.guest("wcin", "10.9.0.1/24");
    outside = host.guest("wcout", "10.9.0.2/24");
    inside.ip("link set eth0 address 02:00:00:00:0c:01");
    outside.ip("neigh add 10.9.0.100 lladdr 02:00:00:00:0c:01 dev eth0");
    host.vsctl("add-port", "wcfw", "wcin", "--", "add-port", "wcfw", "wcout");
    for (const rule of RULES.trim().split("\n")) host.must("ovs-ofctl", "add-flow", "wcfw", rule);
    for (const guest of [inside, outside]) await peers.serve(guest, "tcp:8080", "udp:5353");
    await peers.serveIperf(outside);
  });
  afterAll(() => {
    peers.close();
    host?.close();
  });

  /** Frames that a forwarding thread has taken. */
  const byThread = (): number => {
    const text = host.appctl("dpif-netdev/pmd-perf-show");
    return [...text.matchAll(/Rx packets: +(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  const tracked = (): string => host.appctl("dpctl/dump-conntrack", "-m", "zone=7");

  it("lets through what the inside begins, translated, and its replies; nothing else", () => {
    expect(ask(inside, "tcp", "10.9.0.2", 8080)).toMatch(/^10\.9\.0\.100 \d+$/);
    expect(ask(inside, "udp", "10.9.0.2", 5353)).toMatch(/^10\.9\.0\.100 \d+$/);
    expect(unanswered(inside.run("ping", "-c", "3", "-i", "0.1", "-W", "2", "10.9.0.2").stdout, 3)).toEqual([]);
    expect(ask(outside, "tcp", "10.9.0.1", 8080)).toMatch(/^no: TimeoutError/);
    expect(ask(outside, "udp", "10.9.0.1", 5353)).toMatch(/^no: TimeoutError/);
    expect(ask(inside, "udp", "10.9.0.2", 7)).toMatch(/^no: ConnectionRefusedError/);
  });

  it("carries volume both ways, of which the thread sees next to nothing", () => {
    iperf(inside, "10.9.0.2");
    const before = byThread();
    expect(iperf(inside, "10.9.0.2")).toBeGreaterThan(1000);
    expect(iperf(inside, "10.9.0.2", "-R")).toBeGreaterThan(1000);
    // What opens and closes connections, and what had no flow yet.
    expect(byThread() - before).toBeLessThan(300);
    expect(host.appctl("dpctl/dump-flows", "-m")).toMatch(
      /recirc_id\(0\)[^\n]*packets:[0-9]{4,}[^\n]*dp:ebpf[^\n]*ct\(zone=7,nat\)/,
    );
  });

  it("tells the truth of connections, however long the kernel has followed them", async () => {
    host.appctl("dpctl/flush-conntrack", "zone=7");
    const held = peers.hold(inside, "10.9.0.2", 8080);
    expect(await held.exchange()).toMatch(/^10\.9\.0\.100 \d+$/);
    expect(unanswered(inside.run("ping", "-c", "20", "-i", "0.05", "10.9.0.2").stdout, 20)).toEqual([]);
    expect(tracked()).toMatch(
      /tcp,orig=\(src=10\.9\.0\.1[^\n]*reply=\([^\n]*dst=10\.9\.0\.100[^\n]*mark=5[^\n]*state_orig=ESTABLISHED,state_reply=ESTABLISHED/,
    );
    const timeout = (): number =>
      Number(
        /tcp,[^\n]*dport=8080\)[^\n]*timeout=(\d+)/.exec(host.appctl("dpctl/dump-conntrack", "-s", "zone=7"))?.[1],
      );
    const before = byThread();
    for (let i = 0; i < 20; i++) expect(await held.exchange()).toMatch(/^10\.9\.0\.100 \d+$/);
    expect(byThread() - before).toBeLessThan(6);
    expect(timeout()).toBeGreaterThan(86_390);
    host.appctl("dpctl/flush-conntrack", "zone=7");
    expect(tracked()).toBe("");
    held.close();
  });

  it("keeps connections while there is no daemon, and for the next one", async () => {
    host.appctl("dpctl/flush-conntrack", "zone=7");
    const held = peers.hold(inside, "10.9.0.2", 8080);
    for (let i = 0; i < 3; i++) expect(await held.exchange()).toMatch(/^10\.9\.0\.100 \d+$/);
    const port = /tcp,[^\n]*sport=(\d+),dport=8080/.exec(tracked())![1];
    host.kill("ovs-vswitchd");
    for (let i = 0; i < 3; i++) expect(await held.exchange()).toMatch(/^10\.9\.0\.100 \d+$/);
    host.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:flow-restore-wait=true");
    host.startSwitch();
    // Nobody may begin anything any more: what goes on is known.
    const [, ...rules] = RULES.trim().split("\n").reverse();
    for (const rule of rules) host.must("ovs-ofctl", "add-flow", "wcfw", rule);
    host.vsctl("remove", "Open_vSwitch", ".", "other_config", "flow-restore-wait");
    for (let i = 0; i < 3; i++) expect(await held.exchange()).toMatch(/^10\.9\.0\.100 \d+$/);
    expect(tracked()).toMatch(new RegExp(`sport=${port},dport=8080[^\\n]*mark=5[^\\n]*state_orig=ESTABLISHED`));
    expect(ask(inside, "tcp", "10.9.0.2", 8080)).toMatch(/^no: TimeoutError/);
    held.close();
    host.must("ovs-ofctl", "add-flow", "wcfw", RULES.trim().split("\n").at(-1)!);
  });

  it("forgets what is over though the kernel followed it to the end", () => {
    expect(ask(inside, "tcp", "10.9.0.2", 8080)).toMatch(/^10\.9\.0\.100 \d+$/);
    waitFor(() => /state_orig=FIN_WAIT_2,state_reply=FIN_WAIT_2/.test(tracked()), "a connection that closes");
    expect(host.log()).not.toMatch(/out of the kernel|ERR/);
  });
});

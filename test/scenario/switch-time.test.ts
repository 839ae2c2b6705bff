import { describe, expect, it } from "vitest";
import type { Upcall } from "#datapath/datapath.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { plainOffload } from "#wire/virtio-net.js";
import { broadcast, frame, station } from "./frames.js";
import { SwitchLab } from "./switch-lab.js";

function lab(ports = 3): SwitchLab {
  const made = new SwitchLab();
  made.addBridge("br0");
  for (let i = 1; i <= ports; i++) made.addPort("br0", `p${i}`, {}, "dummy", i);
  return made;
}

const flowsOf = (net: SwitchLab): number => net.switches.backers.get("dummy")!.flows.size;
const rule = (net: SwitchLab): { packets: number; bytes: number } => net.state("br0").tables.rules()[0]!;

describe("a switch over time", () => {
  it("forgets a silent station after the aging time and floods to it again", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["p1"]);
    net.clock.advance(299_000);
    net.receive("p2", frame(broadcast, station(2)));
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["p1"]);
    net.clock.advance(1500);
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["br0", "p1", "p3"]);
    expect(net.state("br0").macs.stats()).toMatchObject({ current: 1, expired: 1 });
  });

  it("gives packets that flood alike one list of actions, until a port comes or goes", () => {
    const net = lab();
    const lists = (): unknown[] => [...net.switches.backers.get("dummy")!.flows].map((flow) => flow.held.actions);
    net.receive("p1", frame(broadcast, station(1)));
    net.receive("p1", frame(broadcast, station(2)));
    expect(lists().length).toBe(2);
    expect(lists()[0]).toBe(lists()[1]);
    net.addPort("br0", "p4", {}, "dummy", 4);
    expect(net.reach("p1", frame(broadcast, station(3)))).toEqual(["br0", "p2", "p3", "p4"]);
    net.removePort("br0", "p2");
    expect(net.reach("p1", frame(broadcast, station(4)))).toEqual(["br0", "p3", "p4"]);
    expect(net.reach("p3", frame(broadcast, station(5)))).toEqual(["br0", "p1", "p4"]);
  });

  it("keeps a station whose packets only the datapath sees", () => {
    const net = lab();
    for (let s = 0; s < 400; s += 5) {
      net.receive("p1", frame(broadcast, station(1)));
      net.clock.advance(5000);
    }
    expect(net.switches.backers.get("dummy")!.upcalls.counters.misses).toBe(1);
    expect(net.state("br0").macs.stats()).toMatchObject({ current: 1, learned: 1, expired: 0 });
  });

  it("sends to a station where it is now, as soon as it speaks there", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["p1"]);
    net.receive("p3", frame(broadcast, station(1)));
    net.clock.advance(0);
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["p3"]);
    expect(net.state("br0").macs.stats()).toMatchObject({ moved: 1 });
  });

  it("notices a move back that only the datapath sees within half a second", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(10);
    net.receive("p3", frame(broadcast, station(1)));
    net.clock.advance(10);
    net.receive("p2", frame(station(1), station(2)));
    net.clock.advance(1000);
    const upcalls = net.switches.backers.get("dummy")!.upcalls.counters;
    const before = upcalls.misses;
    net.receive("p1", frame(broadcast, station(1)));
    expect(upcalls.misses).toBe(before);
    net.clock.advance(500);
    expect(net.reach("p2", frame(station(1), station(2)))).toEqual(["p1"]);
  });

  it("does not move a station back for packets counted late", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(10);
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(10);
    net.receive("p3", frame(broadcast, station(1)));
    net.clock.advance(1000);
    expect(net.state("br0").macs.lookup(0, 0x020000000001)?.port.name).toBe("p3");
    expect(net.state("br0").macs.stats()).toMatchObject({ moved: 1 });
  });

  it("translates again only the flows that a change concerns", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.receive("p2", frame(station(1), station(2)));
    net.receive("p3", frame(station(9), station(3)));
    net.settle();
    const { flows } = net.switches.backers.get("dummy")!;
    const before = new Map([...flows].map((f) => [f, f.effects]));
    net.receive("p2", frame(station(3), station(9)));
    net.settle();
    const again = [...flows].filter((f) => before.has(f) && before.get(f) !== f.effects);
    expect(again.map((f) => f.held.readKey(newKey())[W.eth + 2])).toEqual([3]);
  });

  it("removes flows that have been idle for ten seconds, and stops waking when there is nothing to do", () => {
    const net = lab();
    net.receive("p1", frame(broadcast, station(1)));
    net.clock.advance(9400);
    expect(flowsOf(net)).toBe(1);
    net.clock.advance(1200);
    expect(flowsOf(net)).toBe(0);
    net.clock.advance(400_000);
    expect(net.clock.pending).toBe(0);
  });

  it("removes idle flows sooner when there are too many, and all when far too many", () => {
    const net = lab();
    const backer = net.switches.backers.get("dummy")!;
    for (let i = 0; i < 8; i++) net.receive("p1", frame(broadcast, station(i)));
    net.settle();
    backer.flowLimit.set(7);
    net.clock.advance(600);
    expect(flowsOf(net)).toBe(0);
    for (let i = 0; i < 8; i++) net.receive("p1", frame(broadcast, station(i)));
    backer.flowLimit.set(3);
    backer.revalidator.round();
    expect(flowsOf(net)).toBe(0);
    expect(rule(net).packets).toBe(16);
  });
});

describe("statistics", () => {
  it("count every packet once, however flows come and go", () => {
    const net = lab();
    const backer = net.switches.backers.get("dummy")!;
    let sent = 0;
    const send = (n: number): void => {
      for (let i = 0; i < n; i++, sent++) net.receive("p1", frame(broadcast, station(1)));
    };
    send(3);
    backer.revalidator.round();
    expect(rule(net)).toMatchObject({ packets: 3, bytes: 180 });
    send(2);
    backer.revalidator.purge();
    expect(rule(net).packets).toBe(sent);
    send(4);
    net.configurePort("br0", "p3", { vlanMode: "access", tag: 9 });
    net.settle();
    expect(rule(net).packets).toBe(sent);
    send(2);
    net.removePort("br0", "p1");
    net.settle();
    expect(flowsOf(net)).toBe(0);
    expect(rule(net)).toMatchObject({ packets: sent, bytes: sent * 60 });
  });

  it("are kept of a rule that goes while its flows still carry packets", () => {
    const net = lab();
    const old = net.state("br0").tables.rules()[0]!;
    net.receive("p1", frame(broadcast, station(1)));
    net.receive("p1", frame(broadcast, station(1)));
    net.bridge("br0").configure({ ...net.state("br0").settings, failMode: "secure" });
    net.settle();
    expect(old.packets).toBe(2);
    expect(net.reach("p1", frame(broadcast, station(1)))).toEqual([]);
    net.switches.backers.get("dummy")!.revalidator.round();
    expect(net.state("br0").drops.total("no_match")).toBe(1);
    expect(old.packets).toBe(2);
  });

  it("are kept of patch ports, to which no datapath port corresponds", () => {
    const net = lab(2);
    net.addBridge("br1");
    net.addPort("br1", "q1");
    net.addPatch("br0", "to1", "to0");
    net.addPatch("br1", "to0", "to1");
    for (let i = 0; i < 5; i++) {
      expect(net.reach("p1", frame(broadcast, station(1)))).toEqual(["br0", "br1", "p2", "q1"]);
    }
    expect(net.reach("q1", frame(station(1), station(2)))).toEqual(["p1"]);
    net.switches.backers.get("dummy")!.revalidator.round();
    expect(net.bridge("br0").portStats("to1")).toMatchObject({ txPackets: 5, txBytes: 300, rxPackets: 1, rxBytes: 60 });
    expect(net.bridge("br1").portStats("to0")).toMatchObject({ rxPackets: 5, rxBytes: 300, txPackets: 1, txBytes: 60 });
    expect(net.bridge("br1").portStats("q1")).toMatchObject({ txPackets: 5, rxPackets: 1 });
  });
});

describe("ports", () => {
  it("carry nothing between bridges while a patch lacks its peer, and say so", () => {
    const net = lab(2);
    net.addPatch("br0", "to1", "to0");
    expect(net.reach("p1", frame(broadcast, station(1)))).toEqual(["br0", "p2"]);
    expect(net.bridge("br0").portProblem("to1")).toBe("No usable peer 'to0' exists in 'dummy' datapath.");
    net.addBridge("br1");
    net.addPatch("br1", "to0", "to1");
    expect(net.bridge("br0").portProblem("to1")).toBeUndefined();
    net.settle();
    expect(net.reach("p1", frame(broadcast, station(1)))).toEqual(["br0", "br1", "p2"]);
    net.removePort("br1", "to0");
    net.settle();
    expect(net.reach("p1", frame(broadcast, station(1)))).toEqual(["br0", "p2"]);
  });

  it("joined in a loop send copies, but not for ever", () => {
    const net = lab(2);
    net.addBridge("br1");
    for (const [a, b] of [
      ["a0", "a1"],
      ["b0", "b1"],
    ] as const) {
      net.addPatch("br0", a, b);
      net.addPatch("br1", b, a);
    }
    const copies = net.reach("p1", frame(broadcast, station(1))).filter((port) => port === "p2").length;
    expect(copies).toBeGreaterThan(1);
    expect(copies).toBeLessThan(2 * 64);
  });

  it("joined in loops that branch send nothing", () => {
    const net = lab(2);
    net.addBridge("br1");
    for (const name of ["a", "b", "c"]) {
      net.addPatch("br0", `${name}0`, `${name}1`);
      net.addPatch("br1", `${name}1`, `${name}0`);
    }
    expect(net.reach("p1", frame(broadcast, station(1)))).toEqual([]);
    const dropped =
      net.state("br0").drops.total("too_many_resubmits") + net.state("br1").drops.total("too_many_resubmits");
    expect(dropped).toBe(1);
  });

  it("give way to nobody, and are not given again early", () => {
    const net = lab(2);
    expect(net.bridge("br0").port("br0")?.ofport).toBe(65534);
    net.addPort("br0", "x", {}, "dummy", 2);
    expect(net.bridge("br0").port("x")?.ofport).toBe(3);
    net.removePort("br0", "p1");
    net.addPort("br0", "y");
    net.addPort("br0", "p1");
    expect([net.bridge("br0").port("y")?.ofport, net.bridge("br0").port("p1")?.ofport]).toEqual([4, 5]);
  });

  it("of a bridge that is removed leave the datapath, and the last bridge closes it", () => {
    const net = lab(2);
    net.addBridge("br1");
    net.addPort("br1", "q1");
    const { datapath } = net.switches.backers.get("dummy")!;
    net.receive("p1", frame(broadcast, station(1)));
    net.switches.remove("br0");
    net.settle();
    expect([...datapath.ports()].map((p) => p.name)).toEqual(["ovs-dummy", "q1", "br1"]);
    expect([...datapath.flows()]).toEqual([]);
    net.switches.remove("br1");
    expect(net.switches.backers.size).toBe(0);
    expect(net.clock.pending).toBe(0);
  });
});

describe("upcalls", () => {
  it("of one flow in one batch install it once and send every packet", () => {
    const net = lab();
    const backer = net.switches.backers.get("dummy")!;
    const data = Uint8Array.from(Buffer.from(frame(broadcast, station(1)), "hex"));
    const key = newKey();
    key.set([1], W.inPort);
    key.set([0xffffffff, 0xffff0200, 1, 0x88b5], W.eth);
    const upcall: Upcall = { kind: "miss", packet: { data, offload: plainOffload() }, key, cookie: undefined };
    net.sent.length = 0;
    backer.upcalls.handle([upcall, { ...upcall, key: key.slice() }, { ...upcall, key: key.slice() }]);
    expect(flowsOf(net)).toBe(1);
    expect(net.sent.filter((s) => s.port === "p2")).toHaveLength(3);
    backer.revalidator.round();
    expect(rule(net).packets).toBe(3);
  });

  it("from a port of no bridge are counted", () => {
    const net = lab();
    const backer = net.switches.backers.get("dummy")!;
    const key = newKey();
    key[W.inPort] = 77;
    backer.upcalls.handle([
      { kind: "miss", packet: { data: new Uint8Array(60), offload: plainOffload() }, key, cookie: undefined },
    ]);
    expect([...backer.upcalls.drops]).toEqual([["unknown_port", 1]]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DatapathAction } from "#datapath/actions.js";
import type { Datapath, Upcall } from "#datapath/datapath.js";
import type { Packet } from "#datapath/packet.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { CtState, W } from "#flow/layout.js";
import { type Offload, plainOffload } from "#wire/virtio-net.js";
import { fragmentsOf, ipv4, udp } from "../support/ip-frames.js";

/** One datapath under test, with ports into which frames can be put. */
export interface Bed {
  readonly datapath: Datapath;
  /** False where a kernel stands between: it refuses frames shorter than a header and offload state that makes no sense. */
  readonly takesAnyFrame: boolean;
  /** Makes a device and adds it; the port's number. */
  addPort(name: string, requested?: number): number;
  /** A frame arrives on a port. */
  put(port: number, packet: Packet): void;
  /** Waits until everything that was caused so far has happened. */
  settle(): Promise<void>;
  /** Frames that went out of a port since the last call. */
  take(port: number): Packet[];
  close(): void;
}

const A = [2, 0, 0, 0, 0, 0xa];
const B = [2, 0, 0, 0, 0, 0xb];

/** An Ethernet frame from A to B: type and payload. */
export function ether(type: number, payload: readonly number[], to: readonly number[] = B): Uint8Array {
  return Uint8Array.from([...to, ...A, type >> 8, type & 255, ...payload]);
}

export function plain(data: Uint8Array): Packet {
  return { data, offload: plainOffload() };
}

/** A TCP segment of 4000 bytes as a guest's kernel hands it over: cut up and summed by whoever comes last. */
export function largeSegment(): { data: Uint8Array; offload: Offload } {
  const data = new Uint8Array(54 + 4000);
  data.set(ether(0x0800, [0x45, 0, 0x0f, 0xc8, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]));
  data.set([0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0x20, 0, 0, 0, 0, 0], 34);
  return { data, offload: { flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, csumStart: 34, csumOffset: 16 } };
}

/** What must be seen of it again, `shift` bytes further on; the header's length is a hint that a kernel may leave out. */
function stateOf({ flags, gsoType, gsoSize, csumStart, csumOffset }: Offload, shift: number): Partial<Offload> {
  return { flags, gsoType, gsoSize, csumStart: csumStart + shift, csumOffset };
}

function fromPort(port: number): { key: FlowKey; mask: FlowKey } {
  const key = newKey();
  const mask = newKey();
  key[W.inPort] = port;
  mask[W.inPort] = 0xffffffff;
  mask[W.recircId] = 0xffffffff;
  return { key, mask };
}

const SEEN = Uint8Array.of(10, 0, 0, 9);
const UFID = (n: number): string => n.toString(16).padStart(32, "0");
const output = (port: number): DatapathAction => ({ kind: "output", port });
const bytesOf = (packets: readonly Packet[]): number[][] => packets.map((p) => [...p.data]);

/** The law of `Datapath`, for every engine. */
export function datapathContract(name: string, makeBed: () => Bed | Promise<Bed>): void {
  describe(`a datapath (${name})`, () => {
    let bed: Bed;
    let dp: Datapath;
    let a = 0;
    let b = 0;
    let c = 0;
    let upcalls: Upcall[] = [];
    const frame = ether(0x1234, [1, 2, 3, 4]);

    beforeEach(async () => {
      bed = await makeBed();
      dp = bed.datapath;
      a = bed.addPort("a");
      b = bed.addPort("b");
      c = bed.addPort("c");
      upcalls = [];
      dp.onUpcall((batch) => upcalls.push(...batch));
      await bed.settle();
    });
    afterEach(() => bed.close());

    const forward = async (actions: readonly DatapathAction[], data = frame, offload?: Offload): Promise<void> => {
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions });
      bed.put(a, { data, offload: offload ?? plainOffload() });
      await bed.settle();
    };

    it("knows its ports by number and name", () => {
      expect([a, b, c].every((n) => n > 0)).toBe(true);
      expect(new Set([a, b, c]).size).toBe(3);
      expect(dp.port(b)?.name).toBe("b");
      expect(dp.portByName("c")?.number).toBe(c);
      expect([...dp.ports()].map((p) => p.name)).toEqual(expect.arrayContaining(["a", "b", "c"]));
      dp.removePort(b);
      expect(dp.port(b)).toBeUndefined();
      expect(dp.portByName("b")).toBeUndefined();
    });

    it("gives a port the number asked for, or refuses", () => {
      expect(bed.addPort("d", 77)).toBe(77);
      expect(() => bed.addPort("e", 77)).toThrow("Device or resource busy");
      expect(() => bed.addPort("d")).toThrow("File exists");
    });

    it("sends up what no flow matches, whole, with its key", async () => {
      bed.put(a, plain(frame));
      await bed.settle();
      expect(upcalls.length).toBe(1);
      const up = upcalls[0]!;
      expect(up.kind).toBe("miss");
      expect(up.cookie).toBeUndefined();
      expect([...up.packet.data]).toEqual([...frame]);
      expect(up.key[W.inPort]).toBe(a);
      expect(up.key[W.ethType]).toBe(0x1234);
      expect(dp.stats()).toMatchObject({ hits: 0, misses: 1, lost: 0 });
    });

    it("counts as lost what nobody takes", async () => {
      dp.onUpcall(undefined);
      await bed.settle();
      bed.put(a, plain(frame));
      await bed.settle();
      expect(dp.stats()).toMatchObject({ misses: 0, lost: 1 });
      expect(dp.drops().get("datapath_drop_upcall_error")).toBe(1);
    });

    it("forwards by a flow and counts on it", async () => {
      await forward([output(b)]);
      bed.put(a, plain(frame));
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual([[...frame], [...frame]]);
      expect(upcalls).toEqual([]);
      expect(dp.flow(UFID(1))?.stats).toMatchObject({ packets: 2, bytes: 2 * frame.length, tcpFlags: 0 });
      expect(dp.stats()).toMatchObject({ hits: 2, misses: 0, flows: 1, masks: 1 });
      expect([...dp.flows()].map((f) => f.ufid)).toEqual([UFID(1)]);
    });

    it("follows a change of a flow's actions and keeps its counters", async () => {
      await forward([output(b)]);
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [output(c)] });
      bed.put(a, plain(frame));
      await bed.settle();
      expect(bed.take(b).length).toBe(1);
      expect(bed.take(c).length).toBe(1);
      expect(dp.flow(UFID(1))?.stats.packets).toBe(2);
      expect(dp.flow(UFID(1))?.actions).toEqual([output(c)]);
    });

    it("gives the final count of a deleted flow and no longer matches it", async () => {
      await forward([output(b)]);
      expect(dp.deleteFlow(UFID(1))?.packets).toBe(1);
      expect(dp.deleteFlow(UFID(1))).toBeUndefined();
      bed.put(a, plain(frame));
      await bed.settle();
      expect(upcalls.length).toBe(1);
      expect(dp.stats().flows).toBe(0);
      dp.putFlow({ ufid: UFID(2), ...fromPort(a), actions: [output(c)] });
      expect(dp.flow(UFID(2))?.stats.packets).toBe(0);
    });

    it("deletes several flows at once, and all", async () => {
      for (const [i, port] of [a, b, c].entries()) {
        dp.putFlow({ ufid: UFID(i), ...fromPort(port), actions: [output(a)] });
      }
      bed.put(c, plain(frame));
      await bed.settle();
      expect(dp.deleteFlows([UFID(2), UFID(9), UFID(0)]).map((s) => s?.packets)).toEqual([1, undefined, 0]);
      expect(dp.stats().flows).toBe(1);
      dp.flush();
      expect([...dp.flows()]).toEqual([]);
    });

    it("lets whoever put a flow hold it: its counters, other actions, its end", async () => {
      const { key, mask } = fromPort(a);
      const held = dp.install(key, mask, [output(b)]);
      held.owner = {};
      bed.put(a, plain(frame));
      await bed.settle();
      expect([held.packets(), held.stats().bytes, held.isThere]).toEqual([1, frame.length, true]);
      expect(held.readKey(newKey())).toEqual(key);
      dp.replace(held, [output(c)]);
      bed.put(a, plain(frame));
      await bed.settle();
      expect([bed.take(b).length, bed.take(c).length, held.packets()]).toEqual([1, 1, 2]);
      expect(dp.install(key, mask, [])).toBe(held);
      held.owner = undefined;
      expect(() => dp.install(key, mask, [])).toThrow("File exists");
      dp.removeFlows([held, held]);
      const again = dp.install(key, mask, [output(b)]);
      bed.put(a, plain(frame));
      await bed.settle();
      expect(() => dp.replace(held, [output(c)])).toThrow("No such file");
      // Its counters stay what they were, whatever has their place in memory now.
      expect([held.isThere, held.stats().packets, again.packets(), dp.stats().flows]).toEqual([false, 2, 1, 1]);
    });

    it("has a name for every flow, given or not", () => {
      const held = dp.install(fromPort(a).key, fromPort(a).mask, [output(b)]);
      dp.putFlow({ ufid: UFID(7), ...fromPort(b), actions: [output(a)] });
      expect(held.ufid).toMatch(/^[0-9a-f]{32}$/);
      expect(dp.flow(held.ufid)?.actions).toEqual([output(b)]);
      expect([...dp.flows()].map((f) => f.ufid)).toEqual([held.ufid, UFID(7)]);
      expect(dp.deleteFlow(held.ufid)?.packets).toBe(0);
      expect([held.isThere, dp.flow(held.ufid), dp.deleteFlow(held.ufid)]).toEqual([false, undefined, undefined]);
    });

    it("refuses a second flow that matches the same", () => {
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [] });
      expect(() => dp.putFlow({ ufid: UFID(2), ...fromPort(a), actions: [] })).toThrow("File exists");
    });

    it("refuses actions it does not have, and says which", () => {
      const actions: DatapathAction[] = [{ kind: "lb_output", bond: 1 }];
      expect(() => dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions })).toThrow("lb_output");
      expect(dp.flow(UFID(1))).toBeUndefined();
    });

    it("sends copies that do not disturb each other", async () => {
      await forward([
        output(b),
        { kind: "push_vlan", tpid: 0x8100, vid: 5, pcp: 3 },
        output(c),
        { kind: "pop_vlan" },
        output(b),
        { kind: "push_vlan", tpid: 0x88a8, vid: 6, pcp: 0 },
        output(c),
      ]);
      expect(bytesOf(bed.take(b))).toEqual([[...frame], [...frame]]);
      const tagged = (tpid: number[], tci: number[]): number[] => [
        ...frame.subarray(0, 12),
        ...tpid,
        ...tci,
        ...frame.subarray(12),
      ];
      expect(bytesOf(bed.take(c))).toEqual([tagged([0x81, 0], [0x60, 5]), tagged([0x88, 0xa8], [0, 6])]);
    });

    it("pushes and pops MPLS labels behind the tags", async () => {
      const tagged = ether(0x8100, [0, 7, 8, 0, 1, 2, 3, 4]);
      await forward(
        [
          { kind: "push_mpls", lse: 0x00064140, ethertype: 0x8847 },
          output(b),
          { kind: "pop_mpls", ethertype: 0x0800 },
          output(c),
          { kind: "pop_mpls", ethertype: 0x86dd },
          output(c),
        ],
        tagged,
      );
      expect(bytesOf(bed.take(b))).toEqual([
        [...tagged.subarray(0, 16), 0x88, 0x47, 0x00, 0x06, 0x41, 0x40, ...tagged.subarray(18)],
      ]);
      expect(bytesOf(bed.take(c))).toEqual([[...tagged], [...tagged]]);
    });

    it("keeps the offload state with the frame, shifted by a tag", async () => {
      const { data, offload } = largeSegment();
      await forward([output(b), { kind: "push_vlan", tpid: 0x8100, vid: 5, pcp: 0 }, output(c)], data, offload);
      const [first] = bed.take(b);
      expect(first?.data).toEqual(data);
      expect(first?.offload).toMatchObject(stateOf(offload, 0));
      const [second] = bed.take(c);
      expect(second?.data.length).toBe(data.length + 4);
      expect([...(second?.data.subarray(12, 18) ?? [])]).toEqual([0x81, 0, 0, 5, 8, 0]);
      expect(second?.offload).toMatchObject(stateOf(offload, 4));
    });

    it("sets fields", async () => {
      const value = newKey();
      const mask = newKey();
      value[W.eth] = 0x0a0b0c0d;
      value[W.eth + 1] = 0x0e0f0000;
      mask[W.eth] = 0xffffffff;
      mask[W.eth + 1] = 0xffff0000;
      await forward([{ kind: "set", value, mask }, output(b)]);
      expect([...bed.take(b)[0]!.data.subarray(0, 14)]).toEqual([10, 11, 12, 13, 14, 15, ...A, 0x12, 0x34]);
    });

    it("truncates the next output only", async () => {
      await forward([{ kind: "trunc", maxLength: 14 }, output(b), output(c)]);
      expect(bed.take(b).map((p) => p.data.length)).toEqual([14]);
      expect(bed.take(c).map((p) => p.data.length)).toEqual([frame.length]);
    });

    it("makes an ordinary frame of a large segment that is cut off, whose checksum is still to be computed if its place is there", async () => {
      const { data, offload } = largeSegment();
      const plainly = { gsoType: 0, gsoSize: 0 };
      for (const [length, left] of [
        [200, { flags: 1, csumStart: 34, csumOffset: 16 }],
        [51, { flags: 0, csumStart: 0, csumOffset: 0 }],
      ] as const) {
        await forward([{ kind: "trunc", maxLength: length }, output(b), output(c)], data, offload);
        const [cut, whole] = [bed.take(b), bed.take(c)];
        expect(bytesOf(cut)).toEqual([[...data.subarray(0, length)]]);
        expect(cut[0]!.offload).toMatchObject({ ...left, ...plainly });
        expect(bytesOf(whole)).toEqual([[...data]]);
        expect(whole[0]!.offload).toMatchObject(stateOf(offload, 0));
      }
    });

    it("clones: what happens inside stays inside", async () => {
      await forward([
        { kind: "clone", actions: [{ kind: "push_vlan", tpid: 0x8100, vid: 1, pcp: 0 }, output(b)] },
        { kind: "sample", probability: 0xffffffff, actions: [{ kind: "pop_vlan" }, output(b)] },
        { kind: "sample", probability: 0, actions: [output(b)] },
        output(c),
      ]);
      expect(bed.take(b).map((p) => p.data.length)).toEqual([frame.length + 4, frame.length]);
      expect(bytesOf(bed.take(c))).toEqual([[...frame]]);
    });

    it("chooses by length", async () => {
      await forward([
        { kind: "check_pkt_len", length: frame.length, greater: [output(b)], lessEqual: [output(c)] },
        { kind: "check_pkt_len", length: frame.length - 1, greater: [output(b)], lessEqual: [output(c)] },
      ]);
      expect(bed.take(b).length).toBe(1);
      expect(bed.take(c).length).toBe(1);
    });

    it("recirculates: looks the packet up again, as it then is", async () => {
      const again = fromPort(a);
      again.key[W.recircId] = 9;
      again.key[W.vlan0] = 0x81001007;
      again.mask[W.vlan0] = 0xffffffff;
      dp.putFlow({ ufid: UFID(2), ...again, actions: [output(b)] });
      await forward([{ kind: "push_vlan", tpid: 0x8100, vid: 7, pcp: 0 }, { kind: "recirc", id: 9 }, output(c)]);
      expect(bed.take(b).map((p) => p.data.length)).toEqual([frame.length + 4]);
      expect(bed.take(c).length).toBe(1);
      expect(dp.flow(UFID(2))?.stats).toMatchObject({ packets: 1, bytes: frame.length + 4 });
      dp.deleteFlow(UFID(2));
      bed.put(a, plain(frame));
      await bed.settle();
      expect(upcalls.map((u) => [u.kind, u.key[W.recircId], u.key[W.vlan0]])).toEqual([["miss", 9, 0x81001007]]);
    });

    it("ends a circle of recirculations", async () => {
      const again = fromPort(a);
      again.key[W.recircId] = 9;
      dp.putFlow({ ufid: UFID(2), ...again, actions: [output(b), { kind: "recirc", id: 9 }] });
      await forward([{ kind: "recirc", id: 9 }]);
      expect(bed.take(b).length).toBeLessThan(50);
      expect(dp.drops().get("datapath_drop_recirc_error")).toBe(1);
    });

    it("hashes for a later lookup", async () => {
      const again = fromPort(a);
      again.key[W.recircId] = 3;
      dp.putFlow({ ufid: UFID(2), ...again, actions: [{ kind: "userspace", pid: 1, cookie: COOKIE }] });
      await forward([
        { kind: "hash", algorithm: "l4", basis: 0 },
        { kind: "recirc", id: 3 },
      ]);
      expect(upcalls[0]?.key[W.dpHash]).not.toBe(0);
    });

    it("sends up by action, with the cookie, cut where asked", async () => {
      await forward([
        { kind: "trunc", maxLength: 15 },
        { kind: "userspace", pid: 1, cookie: COOKIE },
        { kind: "userspace", pid: 1, cookie: COOKIE },
        output(b),
      ]);
      expect(upcalls.map((u) => [u.kind, u.cookie, u.packet.data.length])).toEqual([
        ["action", COOKIE, 15],
        ["action", COOKIE, frame.length],
      ]);
      expect(bed.take(b).length).toBe(1);
    });

    it("executes what it is told to, without a flow", async () => {
      const { key } = fromPort(a);
      dp.execute(plain(frame), key, [output(b), { kind: "push_vlan", tpid: 0x8100, vid: 1, pcp: 0 }, output(c)]);
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual([[...frame]]);
      expect(bed.take(c).map((p) => p.data.length)).toEqual([frame.length + 4]);
    });

    it("lets the upcall handler install the flow and send the packet on", async () => {
      dp.onUpcall((batch) => {
        for (const up of batch) {
          if (dp.flow(UFID(1)) === undefined) dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [output(b)] });
          dp.execute(up.packet, up.key, [output(b)]);
        }
      });
      bed.put(a, plain(frame));
      await bed.settle();
      bed.put(a, plain(frame));
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual([[...frame], [...frame]]);
      expect(dp.flow(UFID(1))?.stats.packets).toBe(1);
    });

    it("counts drops by reason", async () => {
      await forward([output(999)]);
      expect(dp.drops().get("datapath_drop_invalid_port")).toBe(1);
      await forward([]);
      expect(dp.drops().get("drop_action_of_pipeline")).toBe(1);
      if (!bed.takesAnyFrame) return;
      bed.put(a, plain(Uint8Array.of(1, 2, 3)));
      await bed.settle();
      expect(dp.drops().get("datapath_drop_rx_invalid_packet")).toBe(1);
    });

    const NSH_HEADER = [0x0f, 0xc6, 1, 3, 0, 0x12, 0x34, 0xff, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4];
    const [X, Y] = [
      [2, 0, 0, 0, 0, 0x1a],
      [2, 0, 0, 0, 0, 0x1b],
    ];
    const pushEth: DatapathAction = {
      kind: "push_eth",
      source: Uint8Array.from(X),
      destination: Uint8Array.from(Y),
    };

    it("puts service headers and Ethernet around a frame, and takes them off", async () => {
      const pushNsh: DatapathAction = { kind: "push_nsh", header: Uint8Array.from(NSH_HEADER) };
      await forward([pushNsh, pushEth, output(b), { kind: "pop_eth" }, { kind: "pop_nsh" }, output(c)]);
      expect(bytesOf(bed.take(b))).toEqual([[...Y, ...X, 0x89, 0x4f, ...NSH_HEADER, ...frame]]);
      expect(bytesOf(bed.take(c))).toEqual([[...frame]]);
    });

    it("puts long service headers around what has no Ethernet header", async () => {
      const header = Uint8Array.from({ length: 132 }, (_, i) => [0x0f, 0xe1, 2, 1][i] ?? i);
      const ip = Array.from({ length: 30 }, (_, i) => [0x45, 0, 0, 30, 0, 0, 0x40, 0, 64, 99][i] ?? i);
      const data = ether(0x0800, ip);
      dp.putFlow({
        ufid: UFID(1),
        ...fromPort(a),
        actions: [{ kind: "pop_eth" }, { kind: "push_nsh", header }, pushEth, output(b)],
      });
      bed.put(a, plain(data));
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual([[...Y, ...X, 0x89, 0x4f, ...header, ...ip]]);
    });

    it("sends what has no Ethernet header to no port, and up as it is", async () => {
      await forward([{ kind: "pop_eth" }, output(b), { kind: "userspace", pid: 1, cookie: COOKIE }]);
      expect(bed.take(b)).toEqual([]);
      expect(dp.drops().get("datapath_drop_no_ethernet")).toBe(1);
      expect(upcalls.map((u) => [...u.packet.data])).toEqual([[...frame.subarray(14)]]);
      expect(upcalls[0]?.key[W.packetType]).toBe(0x11234);
      dp.execute(upcalls[0]!.packet, upcalls[0]!.key, [pushEth, output(c)]);
      await bed.settle();
      expect(bytesOf(bed.take(c))).toEqual([[...Y, ...X, ...frame.subarray(12)]]);
    });

    it("puts a label in front of a whole frame, and takes it off", async () => {
      const addMpls: DatapathAction = { kind: "add_mpls", lse: 0x0000a140, ethertype: 0x8847 };
      await forward([addMpls, pushEth, output(b), { kind: "pop_mpls", ethertype: 0x6558 }, output(c)]);
      expect(bytesOf(bed.take(b))).toEqual([[...Y, ...X, 0x88, 0x47, 0, 0, 0xa1, 0x40, ...frame]]);
      expect(bytesOf(bed.take(c))).toEqual([[...frame]]);
    });

    it("sets fields of a service header", async () => {
      const [value, mask] = [newKey(), newKey()];
      value[W.ethType] = 0x894f;
      value[W.nsh] = 0x02050000;
      mask[W.nsh] = 0x033f0000;
      value[W.nshPath] = 0x000077_00;
      mask[W.nshPath] = 0x00ffff_00;
      value[W.nshContext + 1] = 9;
      mask[W.nshContext + 1] = 0xffffffff;
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [{ kind: "set", value, mask }, output(b)] });
      bed.put(a, plain(ether(0x894f, [...NSH_HEADER, 1, 2])));
      await bed.settle();
      const changed = NSH_HEADER.with(0, 0x21).with(1, 0x46).with(5, 0).with(6, 0x77).with(15, 9);
      expect(bytesOf(bed.take(b))).toEqual([[...ether(0x894f, [...changed, 1, 2])]]);
    });

    it("drops what is beyond a meter's rate, and counts it", async () => {
      dp.meters.set(3, { unit: "pktps", bands: [{ type: "drop", rate: 1, burst: 2, precedence: 0 }] });
      const actions: DatapathAction[] = [{ kind: "meter", id: 3 }, output(b)];
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions });
      for (let i = 0; i < 5; i++) bed.put(a, plain(frame));
      await bed.settle();
      expect(bed.take(b).length).toBe(2);
      expect(dp.meters.stats(3)).toEqual({
        packets: 5,
        bytes: 5 * frame.length,
        bands: [{ packets: 3, bytes: 3 * frame.length }],
      });
      expect(dp.drops().get("datapath_drop_meter")).toBe(3);
      dp.meters.set(3, { unit: "pktps", bands: [{ type: "drop", rate: 1, burst: 1, precedence: 0 }] });
      expect(dp.meters.stats(3)?.packets).toBe(0);
      dp.meters.delete(3);
      expect(dp.meters.stats(3)).toBe(undefined);
      bed.put(a, plain(frame));
      bed.put(a, plain(frame));
      await bed.settle();
      expect(bed.take(b).length).toBe(2);
    });

    it("raises the drop precedence of what is beyond a meter's rate", async () => {
      dp.meters.set(0, { unit: "kbps", bands: [{ type: "dscp_remark", rate: 1, burst: 0, precedence: 1 }] });
      const { data } = largeSegment();
      const assured = data.slice(0, 134);
      assured[15] = 0x28;
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [{ kind: "meter", id: 0 }, output(b)] });
      bed.put(a, plain(assured));
      await bed.settle();
      expect(bed.take(b).map((p) => [p.data[15], (p.data[24]! << 8) | p.data[25]!])).toEqual([[0x30, 0xfff7]]);
    });

    it("meters a large segment as the packets it will become", async () => {
      const large = largeSegment();
      dp.meters.set(0, { unit: "pktps", bands: [{ type: "drop", rate: 1, burst: 4, precedence: 0 }] });
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [{ kind: "meter", id: 0 }, output(b)] });
      bed.put(a, large);
      await bed.settle();
      expect(bed.take(b).map((p) => p.data.length)).toEqual([4054]);
      expect(dp.meters.stats(0)).toMatchObject({ packets: 3, bytes: 4000 + 3 * 54, bands: [{ packets: 0 }] });
      bed.put(a, large);
      await bed.settle();
      expect(bed.take(b).map((p) => p.data.length)).toEqual([1502]);
      expect(dp.meters.stats(0)).toMatchObject({ packets: 6, bands: [{ packets: 2 }] });
    });

    it("tracks connections, translates them, and tells of them", async () => {
      const nat = { side: "src", addresses: { first: SEEN, last: SEEN }, persistent: false, method: "" } as const;
      const ct = { kind: "ct", zone: 3, commit: true, force: false, mark: { value: 5, mask: 15 }, nat } as const;
      dp.putFlow({ ufid: UFID(1), ...fromPort(a), actions: [ct, output(b)] });
      const back = {
        kind: "ct",
        zone: 3,
        commit: false,
        force: false,
        nat: { side: "", persistent: false, method: "" },
      } as const;
      dp.putFlow({ ufid: UFID(2), ...fromPort(b), actions: [back, { kind: "recirc", id: 1 }] });
      const established = fromPort(b);
      established.key[W.recircId] = 1;
      established.key[W.ctState] = CtState.trk | CtState.est | CtState.rpl | CtState.dnat;
      established.mask[W.ctState] = 0xff;
      dp.putFlow({ ufid: UFID(3), ...established, actions: [output(a)] });
      bed.put(b, plain(udp(ipv4, 2, 9, [99, 53])));
      await bed.settle();
      bed.put(a, plain(udp(ipv4, 1, 2, [53, 99])));
      await bed.settle();
      bed.put(b, plain(udp(ipv4, 2, 9, [99, 53])));
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual([[...udp(ipv4, 9, 2, [53, 99])]]);
      expect(bytesOf(bed.take(a))).toEqual([[...udp(ipv4, 2, 1, [99, 53])]]);
      const [dumped, figures] = [dp.conntrack.dump({ zone: 3 }), dp.conntrack.figures()];
      await bed.settle();
      expect(await dumped).toMatchObject([{ protocol: 17, zone: 3, mark: 5, original: { sourcePort: 53 } }]);
      expect((await figures).connections).toBe(1);
      const flushed = dp.conntrack.flush({ zone: 3, original: { destinationPort: 99 } });
      await bed.settle();
      await flushed;
      bed.put(b, plain(udp(ipv4, 2, 9, [99, 53])));
      await bed.settle();
      expect(bed.take(a)).toEqual([]);
    });

    it("holds fragments until their packet is whole, and sends them on in order", async () => {
      dp.putFlow({
        ufid: UFID(1),
        ...fromPort(a),
        actions: [{ kind: "ct", zone: 0, commit: true, force: false }, output(b)],
      });
      const pieces = fragmentsOf(udp(ipv4, 1, 2, [53, 99], new Uint8Array(2000).fill(7)), [1208, 2000], 5);
      bed.put(a, plain(pieces[1]!));
      await bed.settle();
      expect(bed.take(b)).toEqual([]);
      bed.put(a, plain(pieces[0]!));
      await bed.settle();
      expect(bytesOf(bed.take(b))).toEqual(pieces.map((piece) => [...piece]));
    });

    it("no longer sends to a removed port, nor takes from it", async () => {
      await forward([output(b)]);
      bed.take(b);
      dp.removePort(b);
      bed.put(a, plain(frame));
      await bed.settle();
      expect(dp.drops().get("datapath_drop_invalid_port")).toBe(1);
      bed.put(b, plain(frame));
      await bed.settle();
      expect(upcalls).toEqual([]);
    });

    it("forwards thousands of flows that differ in one field", async () => {
      const n = 3000;
      const sources = Array.from({ length: n }, (_, i) => {
        const { key, mask } = fromPort(a);
        key[W.eth + 2] = i;
        mask[W.eth + 2] = 0xffffffff;
        dp.putFlow({ ufid: UFID(i), key, mask, actions: i % 2 ? [output(b)] : [output(c)] });
        return i;
      });
      for (const i of sources) {
        const data = frame.slice();
        new DataView(data.buffer).setUint32(8, i);
        bed.put(a, plain(data));
      }
      await bed.settle();
      expect(upcalls.length).toBe(0);
      expect([bed.take(b).length, bed.take(c).length]).toEqual([n / 2, n / 2]);
      expect([...dp.flows()].every((f) => f.stats.packets === 1)).toBe(true);
    });
  });
}

const COOKIE = { kind: "slow_path", reason: 4, ofprotoUuid: "x" } as const;

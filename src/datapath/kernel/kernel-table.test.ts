import { describe, expect, it } from "vitest";
import {
  counterRow,
  FORWARD_SLOTS,
  MAX_MASKS,
  maskEntry,
  maskList,
  meterTable,
  Operation,
  operationHead,
  processorRow,
  sentRow,
} from "#bpf/forward/layout.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { VLAN_PRESENT, W } from "#flow/layout.js";
import { shapeOf } from "#flow/shape.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FanOut } from "#host/fan-out.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import type { Device } from "../device.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { compileActions } from "../userspace/compile.js";
import { COUNTERS, Counter, dropCounter } from "../userspace/counters.js";
import type { EngineFlow } from "../userspace/engine.js";
import { FlowSlots, readSlot, type Slot } from "../userspace/flow-slots.js";
import type { Program } from "../userspace/ops.js";
import { KernelTable } from "./kernel-table.js";

const view = (size: number): DataView => new DataView(new ArrayBuffer(size));

/** Maps that are this process's alone; `flows` says what is in them, `waits` how often programs were waited for. */
const NOWHERE = { byte: 0, bit: 0 };

function fakeMaps(room = 4): ForwardMaps & { readonly entries: Map<string, [number, number]>; waits: number } {
  const entries = new Map<string, [number, number]>();
  const maps = {
    entries,
    waits: 0,
    processors: 2,
    flows: room,
    masks: view(128 * maskEntry.size),
    lists: view(512 * maskList.size),
    meters: { place: { address: 0, size: 0 }, memory: new BigInt64Array(meterTable.size / 8) },
    kernelSkb: {
      ...{ csumStart: 0, csumOffset: 0, data: 0, head: 0, networkHeader: 0, transportHeader: 0 },
      ...{ ipSummed: NOWHERE, encapsulation: NOWHERE },
    },
    operations: view((1 << 17) * operationHead.size),
    counters: view(2 * room * counterRow.size),
    processorRows: view(2 * processorRow.size),
    sent: view(2 * 512 * sentRow.size),
    putFlow(key: Uint8Array, operations: number, row: number): boolean {
      entries.set(key.join(), [operations, row]);
      return true;
    },
    deleteFlow: (key: Uint8Array) => void entries.delete(key.join()),
    waitForPrograms: () => void maps.waits++,
    feed: () => undefined,
    forget: () => undefined,
    loadPart: () => undefined,
    tryProgram: () => undefined,
    monotonic: () => 1000,
    close: () => undefined,
  };
  return maps;
}

function device(ifindex: number, state = { mtu: 1500, up: true }): Device {
  return { frames: { kind: "capture", ifindex }, info: () => state, onChange() {} } as unknown as Device;
}

describe("KernelTable", () => {
  const slots = new FlowSlots();
  const bed = (room?: number) => {
    const maps = fakeMaps(room);
    const warnings: string[] = [];
    const clock = new FakeClock();
    const listened = new Set<number>();
    const listeners = { isListenedAt: (ifindex: number) => listened.has(ifindex) };
    const flows = new Map<number, EngineFlow>();
    const table = new KernelTable(
      maps,
      clock,
      (text) => void warnings.push(text),
      () => listeners,
      (index) => flows.get(index)!,
    );
    for (const [port, ifindex] of [
      [1, 11],
      [2, 12],
    ] as const)
      table.addPort(port, device(ifindex));
    let id = 0;
    const put = (
      text: string,
      fields: Readonly<Record<number, number>> = {},
    ): { id: number; slot: Slot; program: Program } => {
      const [key, mask] = [newKey(), newKey()];
      for (const [word, value] of Object.entries({ [W.inPort]: 1, ...fields })) {
        key[Number(word)] = value;
        mask[Number(word)] = 0xffffffff;
      }
      const slot = slots.take();
      const program = compileActions(parseDatapathActions(text), key);
      const readKey = (into: FlowKey): FlowKey => {
        into.set(key);
        return into;
      };
      const flow = { id: ++id, index: id, shape: shapeOf(mask), program, slot, readKey };
      flows.set(id, flow);
      table.put(flow);
      return flow;
    };
    return { maps, table, put, warnings, clock, listened };
  };
  const listOf = ({ lists }: ForwardMaps, slot: number): number => lists.getUint32(slot * maskList.size, true);

  it("says why a flow is not for the kernel, and leaves the maps alone", () => {
    const { maps, table, put } = bed();
    put("userspace(pid=1)");
    put("3");
    put("2", { [W.packetType]: 7 });
    put("2", { [W.mpls]: 7 });
    put("set(ipv4(ttl=1)),2", { [W.nw]: 6 });
    expect(maps.entries.size).toBe(0);
    expect([...table.reasons().values()]).toEqual([1, 1, 1, 1, 1]);
    expect(listOf(maps, 0)).toBe(0);
  });

  it("leaves flows of ports to threads whose packets do not meet the program", () => {
    const { maps, table, put } = bed();
    const frames = [{ kind: "tap" }, { kind: "capture", ifindex: 14, input: "socket" }];
    for (const [i, which] of frames.entries())
      table.addPort(3 + i, { ...device(0), frames: which } as unknown as Device);
    for (const port of [3, 4]) put("2", { [W.inPort]: port });
    expect([maps.entries.size, ...table.reasons()]).toEqual([0, ["comes in by a port whose packets threads take", 2]]);
  });

  it("takes a flow that waits for its port once that is there, and gives it up when the port goes", () => {
    const { maps, table, put } = bed();
    put("3");
    expect(table.size).toBe(0);
    table.addPort(3, device(13));
    expect(table.size).toBe(1);
    const [place] = [...maps.entries.values()][0]!;
    const at = place * operationHead.size;
    expect(maps.operations.getUint32(at + operationHead.limit, true)).toBe(1514);
    expect(maps.operations.getUint32(at + 16, true)).toBe(Operation.lastOutput);
    expect(maps.operations.getUint32(at + 20, true)).toBe(13);
    const waits = maps.waits;
    table.removePort(3);
    expect(table.size).toBe(0);
    expect(maps.waits).toBeGreaterThan(waits);
  });

  it("lets in flows that found no room for their mask once another one's is gone", () => {
    const { table, put } = bed(1000);
    const masks = Array.from({ length: MAX_MASKS + 1 }, (_, i) =>
      [W.tp, W.nwSrc, W.nwDst, W.l4, W.eth, W.eth + 1, W.eth + 2, W.ipv6Label].filter((_, bit) => (i + 1) & (1 << bit)),
    );
    const ids = masks.map((words) => put("2", Object.fromEntries(words.map((word) => [word, 1]))).id);
    table.placeAll();
    expect([...table.reasons()]).toEqual([["too many masks", 1]]);
    table.remove([ids[5]!]);
    expect([...table.reasons()]).toEqual([]);
    expect(table.size).toBe(MAX_MASKS);
  });

  it("sends to a guest by its port while somebody listens there", () => {
    const { maps, table, put, clock, listened } = bed();
    table.addPort(3, { ...device(13), directWay: () => ({ guest: new Uint8Array(6) }) } as Device);
    put("3");
    const operation = (): number => {
      const [place] = [...maps.entries.values()][0]!;
      return maps.operations.getUint32(place * operationHead.size + 16, true);
    };
    expect(operation()).toBe(Operation.guestOutput);
    listened.add(13);
    clock.advance(1000);
    expect(operation()).toBe(Operation.lastOutput);
    listened.clear();
    clock.advance(1000);
    expect(operation()).toBe(Operation.guestOutput);
    table.sendDirectly(false);
    expect(operation()).toBe(Operation.lastOutput);
    table.sendDirectly(true);
    expect(operation()).toBe(Operation.guestOutput);
    table.removePort(3);
  });

  it("copies packets for many ports at once, as long as there is the device for it and nobody listens at them", () => {
    const { maps, table, put, clock, listened } = bed();
    const fanOut: FanOut = {
      ifindex: 77,
      put: (set, ifindexes) => void made.set(set, ifindexes.join()),
      onLost: undefined,
    };
    const made = new Map<number, string>();
    maps.openFanOut = () => fanOut;
    for (const port of [3, 4, 5, 6]) table.addPort(port, { ...device(10 + port), directWay: () => ({}) } as Device);
    put("3,4,5,6");
    const operation = (): number => {
      const [place] = [...maps.entries.values()][0]!;
      return maps.operations.getUint32(place * operationHead.size + 16, true);
    };
    expect([operation(), table.fill().sets.used, [...made]]).toEqual([Operation.lastFanOut, 1, [[0, "13,14,15,16"]]]);
    listened.add(13);
    clock.advance(1000);
    expect(operation()).toBe(Operation.output);
    listened.clear();
    clock.advance(1000);
    expect([operation(), made.size]).toEqual([Operation.lastFanOut, 1]);
    fanOut.onLost!();
    expect([operation(), table.fill().sets.used]).toEqual([Operation.output, 0]);
    table.close();
  });

  it("makes the sets anew that a port was in when it comes again", () => {
    const { maps, table, put } = bed();
    const made: string[] = [];
    maps.openFanOut = () => ({
      ifindex: 77,
      put: (set, ifindexes) => void made.push(`${set}: ${ifindexes.join()}`),
      onLost: undefined,
    });
    const addPort = (port: number): void =>
      table.addPort(port, { ...device(10 + port), directWay: () => ({}) } as Device);
    for (const port of [3, 4, 5, 6]) addPort(port);
    put("3,4,5,6");
    table.removePort(4);
    addPort(4);
    expect(made).toEqual(["0: 13,14,15,16", "1: 13,14,15,16"]);
    table.close();
  });

  it("copies packets one by one where there can be no such device, and says so once", () => {
    const { maps, table, put, warnings } = bed();
    maps.openFanOut = () => {
      throw new Error("no TAPs here");
    };
    for (const port of [3, 4, 5, 6]) table.addPort(port, { ...device(10 + port), directWay: () => ({}) } as Device);
    put("3,4,5,6");
    put("6,5,4,3");
    expect([table.size, warnings]).toEqual([2, ["packets for many ports are copied one by one: Error: no TAPs here"]]);
    table.close();
  });

  it("counts what is to go out by a port while that is down, until the port goes", () => {
    const { maps, table, put } = bed();
    const state = { mtu: 1500, up: true };
    table.addPort(3, device(13, state));
    put("3,2");
    const operations = [true, false, true, false].map((up) => {
      state.up = up;
      table.refreshPort(3);
      const at = [...maps.entries.values()][0]![0] * operationHead.size;
      return [1, 2].map((i) => maps.operations.getUint32(at + i * operationHead.size, true));
    });
    const [whenUp, whenDown] = [
      [Operation.output, Operation.lastOutput],
      [Operation.downOutput, Operation.lastOutput],
    ];
    expect(operations).toEqual([whenUp, whenDown, whenUp, whenDown]);
    for (const cpu of [0, 1]) {
      const row = (cpu * FORWARD_SLOTS + table.slotOf(3)!) * sentRow.size;
      maps.sent.setBigUint64(row + sentRow.down, 3n, true);
      maps.processorRows.setBigUint64(cpu * processorRow.size + processorRow.downDrops, 4n, true);
    }
    const total = (): number => {
      const counters = new Float64Array(COUNTERS);
      table.addTo(counters);
      return counters[dropCounter("datapath_drop_tx_down")]!;
    };
    expect([table.down(3), table.down(2), total()]).toEqual([6, 0, 8]);
    table.removePort(3);
    table.addPort(4, device(14));
    expect([table.down(3), table.down(4), total()]).toEqual([0, 0, 8]);
  });

  it("allows a tag beyond the MTU where there is one, and leaves room for one that is pushed", () => {
    const { maps, put } = bed();
    const limit = (): number => {
      const place = [...maps.entries.values()].at(-1)![0];
      return maps.operations.getUint32(place * operationHead.size + operationHead.limit, true);
    };
    put("2", { [W.vlan0]: 0x81000000 | VLAN_PRESENT | 5 });
    expect(limit()).toBe(1518);
    put("push_vlan(vid=1,pcp=0),2", { [W.vlan0]: 0 });
    expect(limit()).toBe(1514);
    put("pop_vlan,2", { [W.vlan0]: 0x81000000 | VLAN_PRESENT | 6 });
    expect(limit()).toBe(1518);
  });

  it("shares masks and lists of actions, and gives everything back", () => {
    const { maps, table, put } = bed(64);
    const ids = Array.from({ length: 40 }, (_, i) => put("2", { [W.nwSrc]: i + 1 }).id);
    ids.push(put("2", { [W.nwDst]: 1 }).id);
    table.placeAll();
    expect(listOf(maps, 0)).toBe(2);
    expect(new Set([...maps.entries.values()].map(([place]) => place)).size).toBe(1);
    table.remove(ids);
    expect(maps.entries.size).toBe(0);
    expect(listOf(maps, 0)).toBe(0);
    // Otherwise rows would be used up by now.
    for (let i = 0; i < 200; i++) {
      const { id } = put("2", { [W.nwSrc]: i + 1 });
      table.placeAll();
      table.remove([id]);
    }
    put("2", { [W.nwSrc]: 1 });
    table.placeAll();
    expect(table.size).toBe(1);
  });

  it("makes room by leaving to the threads what came first and has not been used, and lets it in again", () => {
    const { maps, table, put, warnings } = bed(3);
    const flows = [1, 2, 3].map((i) => put("2", { [W.nwSrc]: i }));
    const isThere = (): (boolean | undefined)[] => flows.map(({ slot }) => slot.part?.isThere);
    const row = [...maps.entries.values()][0]![1];
    maps.counters.setBigUint64(row * counterRow.size + counterRow.packets, 5n, true);
    flows.push(put("2", { [W.nwSrc]: 4 }));
    expect(isThere()).toEqual([true, false, true, true]);
    flows.push(put("2", { [W.nwSrc]: 5 }));
    expect(isThere()).toEqual([true, false, false, true, true]);
    expect(maps.entries.size).toBe(3);
    expect([...table.reasons()]).toEqual([["too many flows", 2]]);
    expect(warnings).toEqual(["the kernel's table of 3 flows is full: those not used lately are left to the threads"]);
    expect(readSlot(flows[0]!.slot).packets).toBe(5);
    table.remove([flows[3]!.id]);
    expect(isThere()).toEqual([true, true, false, false, true]);
    table.remove([flows[2]!.id, flows[0]!.id]);
    expect(isThere()).toEqual([false, true, false, false, true]);
    expect([...table.reasons()]).toEqual([]);
  });

  it("adds what both places count, through every change", () => {
    const { maps, table, put } = bed();
    const { id, slot } = put("2");
    slot.chunk.memories[0]![slot.at] = 5;
    const row = [...maps.entries.values()][0]![1];
    maps.counters.setBigUint64(row * counterRow.size + counterRow.packets, 3n, true);
    maps.counters.setBigUint64((4 + row) * counterRow.size + counterRow.packets, 4n, true);
    maps.counters.setBigUint64((4 + row) * counterRow.size + counterRow.used, 1_234_000_000n, true);
    maps.counters.setBigUint64((4 + row) * counterRow.size + counterRow.tcpFlags, 0x12n, true);
    maps.processorRows.setBigUint64(processorRow.size + processorRow.packets, 7n, true);
    expect(readSlot(slot)).toEqual({ packets: 12, bytes: 0, used: 234, tcpFlags: 0x12 });
    table.setProgram(id, compileActions(parseDatapathActions("userspace(pid=1)"), newKey()));
    expect(slot.part?.isThere).toBe(false);
    expect(readSlot(slot).packets).toBe(12);
    table.setProgram(id, compileActions(parseDatapathActions("2"), newKey()));
    expect(slot.part?.isThere).toBe(true);
    expect(readSlot(slot).packets).toBe(12);
    table.close();
    expect(readSlot(slot).packets).toBe(12);
    const counters = new Float64Array(COUNTERS);
    table.addTo(counters);
    expect(counters[Counter.megaflowHits]).toBe(7);
  });

  describe("with more flows at once than go into the maps", () => {
    const storm = () => {
      const it = bed(1000);
      const flows = Array.from({ length: 300 }, (_, i) => it.put("2", { [W.nwSrc]: i + 1 }));
      const count = (i: number): void => void (flows[i]!.slot.chunk.memories[0]![flows[i]!.slot.at] = 1);
      const isThere = (i: number): boolean | undefined => flows[i]!.slot.part?.isThere;
      return { ...it, flows, count, isThere };
    };

    it("puts off those that come later, until a thread has counted a packet", () => {
      const { maps, table, clock, flows, count, isThere } = storm();
      const { size } = table;
      expect(size).toBeGreaterThan(0);
      expect(size).toBeLessThan(50);
      expect([...table.reasons()]).toEqual([["waits for another packet", 300 - size]]);
      clock.advance(1000);
      expect(table.size).toBe(size);
      for (const i of [299, 200]) count(i);
      clock.advance(100);
      expect([isThere(299), isThere(200), isThere(201)]).toEqual([true, true, undefined]);
      expect(maps.entries.size).toBe(size + 2);
      expect(readSlot(flows[200]!.slot).packets).toBe(1);
    });

    it("takes those in at once that come after it", () => {
      const { table, clock, put } = storm();
      const { size } = table;
      clock.advance(2);
      put("2", { [W.nwSrc]: 1000 });
      expect(table.size).toBe(size + 1);
    });

    it("does not touch the maps for one that goes before it was placed", () => {
      const { maps, table, clock, flows, count } = storm();
      const [{ size }, { waits }] = [table, maps];
      count(250);
      table.remove(flows.slice(200).map(({ id }) => id));
      clock.advance(1000);
      table.placeAll();
      expect([maps.waits, size]).toEqual([waits, expect.any(Number)]);
      expect(table.size).toBe(200);
      expect(flows[250]!.slot.part).toBeUndefined();
    });

    it("places one with what it was told to do last", () => {
      const { maps, table, flows, isThere } = storm();
      const to1 = compileActions(parseDatapathActions("1"), newKey());
      flows[290]!.program = to1;
      table.setProgram(flows[290]!.id, to1);
      expect(isThere(290)).toBeUndefined();
      flows[291]!.program = compileActions(parseDatapathActions("userspace(pid=1)"), newKey());
      table.setProgram(flows[291]!.id, flows[291]!.program);
      table.placeAll();
      expect([isThere(290), isThere(291), isThere(292)]).toEqual([true, false, true]);
      expect([...table.reasons()]).toEqual([["sends packets up", 1]]);
      const ifindexes = [...maps.entries.values()].map(([place]) =>
        maps.operations.getUint32(place * operationHead.size + 20, true),
      );
      expect(ifindexes.filter((ifindex) => ifindex === 11).length).toBe(1);
    });

    it("follows ports that change and go meanwhile", () => {
      const { maps, table } = storm();
      table.addPort(2, device(22));
      table.placeAll();
      const [place] = [...maps.entries.values()].at(-1)!;
      expect(maps.operations.getUint32(place * operationHead.size + 20, true)).toBe(22);
      table.removePort(2);
      expect([...table.reasons()]).toEqual([["outputs to a port that the program cannot send by", 300]]);
    });

    it("settles by placing all, or those that have been used where they are thousands", () => {
      const small = storm();
      small.table.settle();
      expect(small.table.size).toBe(300);
      const large = bed(10_000);
      const flows = Array.from({ length: 6000 }, (_, i) => large.put("2", { [W.nwSrc]: i + 1 }));
      const { size } = large.table;
      const { chunk, at } = flows[5000]!.slot;
      chunk.memories[0]![at] = 1;
      large.table.settle();
      expect(large.table.size).toBe(size + 1);
      expect(flows[5000]!.slot.part?.isThere).toBe(true);
    });

    it("leaves nothing behind when it is closed", () => {
      const { table, clock, count } = storm();
      count(250);
      table.close();
      clock.advance(1000);
      expect([table.size, clock.pending]).toEqual([0, 0]);
    });
  });
});

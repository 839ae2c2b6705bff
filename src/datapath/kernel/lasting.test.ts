import { beforeEach, describe, expect, it } from "vitest";
import { counterRow, processorRow } from "#bpf/forward/layout.js";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { FakeClock } from "#host/fake/clock.js";
import type { FlowRecords, ForwardMaps, LeftMaps, SentPackets } from "#host/forward-maps.js";
import type { DatapathFlow, HeldFlow } from "../datapath.js";
import type { Device } from "../device.js";
import { parseDatapathActions } from "../text/action-parse.js";
import { FlowSlots, readSlot, type Slot } from "../userspace/flow-slots.js";
import { formatDescription } from "./description.js";
import { encodeFlowRecord } from "./flow-record.js";
import { KernelCounts } from "./kernel-counts.js";
import type { KernelTable } from "./kernel-table.js";
import { Lasting, type LastingBook } from "./lasting.js";

/** CLOCK_MONOTONIC is so far ahead of the clock. */
const OFFSET = 5000;

describe("Lasting", () => {
  const slots = new FlowSlots();
  let events: string[];
  let counters: Map<number, number>;
  let left: LeftMaps | undefined;
  let records: Map<number, Uint8Array>;
  let described: string;
  let adopted: Map<string, Slot>;
  let added: object | undefined;
  let sent: WeakMap<Device, SentPackets>;
  let there: ReadonlyMap<number, Device>;

  const ports = (...names: readonly string[]): Map<number, Device> =>
    new Map(
      names.map((name, i) => [
        i + 1,
        { name, type: "system", info: () => ({ ifindex: ifindexes.get(name) ?? i + 11 }) } as unknown as Device,
      ]),
    );
  const ifindexes = new Map<string, number>();
  const rows = { processors: 1, flows: 8, processorRows: new DataView(new ArrayBuffer(processorRow.size)) };

  /** What a process before this one has left. */
  const leave = (names: readonly string[], description?: string): void => {
    left = {
      description:
        description ??
        formatDescription(rows, ports(...names), { hits: 20, misses: 3, lost: 1 }, (number) => ({
          ...{ slot: number, ifindex: number + 10, packets: 100, bytes: 1000 },
        })),
      records: () => records,
      valueOf: (place) => place[0]!,
      deleteFlow: () => undefined,
      removeRecord: () => undefined,
      counted: (row) => ({ packets: counters.get(row) ?? 0, bytes: 0, used: OFFSET + 90, tcpFlags: 2 }),
      sent: (slot) => ({ packets: slot, bytes: 10 * slot }),
      total: () => 7,
      waitForPrograms: () => {
        events.push("wait");
        // A packet that was under way.
        counters.set(1, counters.get(1)! + 1);
      },
      close: () => void events.push("close"),
    };
  };
  /** A flow in row `row`, which the maps have under a key that says the row `place`. */
  const record = (row: number, port: number, actions: string, place = row): void => {
    const key = newKey();
    key[W.inPort] = port;
    const bytes = encodeFlowRecord({
      ufid: row.toString(16).padStart(32, "0"),
      key,
      mask: newKey().fill(0xffffffff, W.inPort, W.inPort + 1),
      actions: parseDatapathActions(actions),
      place: Uint8Array.of(place, 0, 0, 0),
      elsewhere: { packets: 5, bytes: 500, used: OFFSET + 10, tcpFlags: 0x10 },
    });
    records.set(row, bytes!.slice());
  };
  const begin = (names: readonly string[]): Lasting => {
    const flowRecords: FlowRecords = {
      write: () => undefined,
      flush: () => undefined,
      remove: () => undefined,
      describe: (text) => {
        described = text;
        events.push("describe");
      },
    };
    const maps = {
      ...rows,
      monotonic: () => OFFSET,
      hasLeft: left !== undefined,
      openLeft: () => left,
      removeLeft: () => void events.push("remove"),
      leave: () => void events.push("leave"),
    } as unknown as ForwardMaps;
    const book: LastingBook = {
      recorded: () => undefined,
      lookups: () => ({ hits: 0, misses: 0, lost: 0 }),
      addLookups: (lookups) => void (added = lookups),
      adopt: ({ ufid }: DatapathFlow) => {
        events.push("adopt");
        const slot = slots.take();
        slot.part = new KernelCounts(maps, OFFSET, undefined);
        adopted.set(ufid, slot);
        return { ufid, slot } as HeldFlow & { readonly slot: Slot };
      },
    };
    there = ports(...names);
    return new Lasting({
      maps,
      records: flowRecords,
      clock: new FakeClock(),
      table: {
        tellPlaces: () => undefined,
        slotOf: (number: number) => number,
        placeAll: () => undefined,
        placeUsed: () => undefined,
      } as unknown as KernelTable,
      sent,
      ports: there,
      book: () => book,
      feed: () => void events.push("feed"),
    });
  };

  beforeEach(() => {
    events = [];
    counters = new Map([[1, 10]]);
    left = undefined;
    records = new Map();
    described = "";
    adopted = new Map();
    added = undefined;
    sent = new WeakMap();
    ifindexes.clear();
  });

  it("waits for nobody where nothing is left, and describes itself when there is something to say", () => {
    const lasting = begin(["a"]);
    expect(lasting.isWaiting).toBe(false);
    expect(lasting.adopt()).toEqual([]);
    lasting.flush();
    expect(JSON.parse(described)).toMatchObject({ ports: [{ number: 1, name: "a" }], counter: counterRow });
    expect(events).toEqual(["describe"]);
  });

  it("puts flows into its table before ports are fed, and credits what was counted when no program of the other's runs any more", () => {
    leave(["a", "b"]);
    record(1, 1, "2");
    const lasting = begin(["a", "b"]);
    expect(lasting.isWaiting).toBe(true);
    lasting.flush();
    expect(events).toEqual([]);
    expect(lasting.adopt()).toHaveLength(1);
    expect(events).toEqual(["adopt", "feed", "wait", "close", "describe", "remove"]);
    const [slot] = adopted.values();
    expect(readSlot(slot!)).toEqual({ packets: 16, bytes: 500, used: 90, tcpFlags: 0x12 });
    expect(added).toEqual({ hits: 27, misses: 3, lost: 1 });
    expect(lasting.isWaiting).toBe(false);
    expect(lasting.adopt()).toEqual([]);
  });

  it("goes on to count what went to guests directly, where they are at the same device", () => {
    leave(["a", "b"]);
    ifindexes.set("b", 99);
    const lasting = begin(["a", "b"]);
    lasting.adopt();
    expect([...there.values()].map((device) => sent.get(device))).toEqual([{ packets: 101, bytes: 1010 }, undefined]);
    expect(JSON.parse(described)).toMatchObject({ ports: [{ sent: { slot: 1, ifindex: 11, packets: 101 } }, {}] });
  });

  it("leaves flows out whose ports are others now, and those that the maps do not have where it is written", () => {
    leave(["a", "b", "c"]);
    record(1, 1, "2");
    record(2, 1, "clone(3),2");
    record(3, 3, "1");
    record(4, 1, "drop", 5);
    record(5, 2, "drop");
    const lasting = begin(["a", "b", "x"]);
    lasting.adopt();
    expect([...adopted.keys()].map((ufid) => Number.parseInt(ufid, 16))).toEqual([1, 5]);
  });

  it("keeps ports' numbers for them until flows are taken over", () => {
    leave(["a", "b"]);
    const lasting = begin([]);
    expect([lasting.formerNumber("b"), lasting.formerNumber("c")]).toEqual([2, undefined]);
    expect([lasting.isFormer(2), lasting.isFormer(3)]).toEqual([true, false]);
    lasting.adopt();
    expect([lasting.formerNumber("b"), lasting.isFormer(2)]).toEqual([undefined, false]);
  });

  it("takes ports over, but no flows, where what is left cannot be read", () => {
    leave([], `{"version":99}`);
    const lasting = begin(["a"]);
    expect(lasting.isWaiting).toBe(true);
    expect(lasting.adopt()).toEqual([]);
    expect(events).toEqual(["close", "feed", "describe", "remove"]);
  });

  it("leaves what it has found where it has not taken it over yet", () => {
    leave(["a"]);
    begin(["a"]).leave();
    expect(events).toEqual(["leave"]);
  });
});

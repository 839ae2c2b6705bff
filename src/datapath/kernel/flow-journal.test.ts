import { beforeEach, describe, expect, it } from "vitest";
import { newKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import { FakeClock } from "#host/fake/clock.js";
import type { DatapathAction } from "../actions.js";
import { FlowSlots } from "../userspace/flow-slots.js";
import { FlowJournal, type RecordedFlow } from "./flow-journal.js";
import { decodeFlowRecord } from "./flow-record.js";

/** CLOCK_MONOTONIC is so far ahead of the clock. */
const OFFSET = 5000;

describe("FlowJournal", () => {
  const slots = new FlowSlots();
  let clock: FakeClock;
  let written: Map<number, Uint8Array>;
  let writes: number;
  let flows: Map<number, RecordedFlow>;
  let journal: FlowJournal;

  const flow = (port: number): RecordedFlow => ({
    ufid: port.toString(16).padStart(32, "0"),
    mask: newKey().fill(0xffffffff, W.inPort, W.inPort + 1),
    actions: [{ kind: "output", port: port + 1 }],
    slot: slots.take(),
    readKey: (key) => {
      key.fill(0);
      key[W.inPort] = port;
      return key;
    },
  });
  const place = (id: number, row: number): void => {
    flows.set(id, flow(id));
    journal.placed(id, row, Uint8Array.of(id, 0, 0, 0));
  };
  const read = (row: number) => decodeFlowRecord(written.get(row)!)!;

  beforeEach(() => {
    clock = new FakeClock();
    written = new Map();
    writes = 0;
    flows = new Map();
    const records = {
      write: (row: number, record: Uint8Array) => {
        writes++;
        written.set(row, record.slice());
      },
      flush: () => undefined,
      remove: (rows: Iterable<number>) => {
        for (const row of rows) written.delete(row);
      },
      describe: () => undefined,
    };
    journal = new FlowJournal(records, clock, OFFSET, (id) => flows.get(id));
  });

  it("writes flows down a moment after they have come, once", () => {
    place(1, 7);
    expect(written.size).toBe(0);
    clock.advance(100);
    expect(read(7)).toMatchObject({ ufid: flows.get(1)!.ufid, actions: [{ kind: "output", port: 2 }] });
    expect(read(7).key[W.inPort]).toBe(1);
    expect(read(7).place).toEqual(Uint8Array.of(1, 0, 0, 0));
    clock.advance(5000);
    expect(writes).toBe(1);
  });

  it("never writes what goes at once, and takes away what has gone, also where its row is another's by then", () => {
    place(1, 7);
    journal.displaced(7);
    clock.advance(100);
    expect(writes).toBe(0);
    place(2, 7);
    place(3, 8);
    clock.advance(100);
    journal.displaced(7);
    journal.displaced(8);
    place(4, 7);
    clock.advance(100);
    expect([...written.keys()]).toEqual([7]);
    expect(read(7).ufid).toBe(flows.get(4)!.ufid);
  });

  it("writes again what does something else, and what threads have counted on meanwhile, by the kernel's clock", () => {
    place(1, 7);
    clock.advance(100);
    const actions: DatapathAction[] = [];
    flows.set(1, { ...flows.get(1)!, actions });
    journal.placed(1, 7, Uint8Array.of(1, 0, 0, 0));
    clock.advance(100);
    expect(read(7).actions).toEqual([]);
    const { chunk, at } = flows.get(1)!.slot;
    chunk.memories[0]!.set([3, 180, 42, 0x12], at);
    clock.advance(1000);
    expect(read(7).elsewhere).toEqual({ packets: 3, bytes: 180, used: 42 + OFFSET, tcpFlags: 0x12 });
    expect(writes).toBe(3);
  });

  it("writes many flows in turns, and all at once where it must", () => {
    for (let i = 0; i < 1000; i++) place(i, i);
    clock.advance(100);
    expect(written.size).toBeGreaterThan(0);
    expect(written.size).toBeLessThan(1000);
    journal.flush();
    expect(written.size).toBe(1000);
  });

  it("rests where there is nothing to write, and once it is closed", () => {
    place(1, 7);
    clock.advance(100);
    journal.displaced(7);
    clock.advance(100);
    expect(clock.pending).toBe(0);
    place(2, 7);
    journal.close();
    clock.advance(1000);
    expect(written.size).toBe(0);
  });
});

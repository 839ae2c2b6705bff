import type { SkbPlaces } from "#bpf/capture-program.js";
import type { ProgramItem } from "#bpf/instruction.js";
import type { CaptureRing, RingPlace } from "./capture-rings.js";
import type { FanOut } from "./fan-out.js";
import type { LeaseHandle } from "./lease-memory.js";
import type { CaptureHandle } from "./net.js";
import type { SharedMeters } from "./shared-meters.js";

/** The maps of the forwarding program, as the main thread has them; `#bpf/forward/layout.js` says what lies where. */
export interface ForwardMaps {
  /** Processors that the program may run on: 0 to one below. */
  readonly processors: number;
  /** Flows there may be, and rows of counters for each processor. */
  readonly flows: number;
  /** Where the kernel keeps what programs read of a packet. */
  readonly kernelSkb: SkbPlaces;
  readonly masks: DataView;
  readonly lists: DataView;
  readonly operations: DataView;
  /** Rows of the first processor, then of the next one. */
  readonly counters: DataView;
  readonly processorRows: DataView;
  readonly meters: SharedMeters;
  /** What has gone to ports' guests: rows of the first processor for each slot, then of the next one. */
  readonly sent: DataView;
  /** What the thread that tracks connections shares with the part `track`, where there is such a part. */
  readonly leases?: LeaseHandle;
  /** Adds a flow to the map of keys of that size, or gives one that is there another value. False where there is no room. */
  putFlow(key: Uint8Array, operations: number, row: number): boolean;
  deleteFlow(key: Uint8Array): void;
  /** Returns when no program runs any more that did when it was called: nobody has anything that has been taken out of the maps before. */
  waitForPrograms(): void;
  /** Has a captured port's frames go through `front`, if there is one, and those that it leaves at the label `FORWARD_OTHER` to the places. Parts go back to it by its slot. */
  feed(
    port: CaptureHandle,
    queues: readonly { readonly ring: CaptureRing; readonly place: RingPlace }[],
    front: ForwardFront | undefined,
  ): void;
  /** No port has this slot any more. */
  forget(slot: number): void;
  /** Loads a part of the forwarding program (`#bpf/forward/part-program.js`), if that has not been done. Throws `HostError` where the kernel refuses it. */
  loadPart(part: number, items: () => readonly ProgramItem[]): void;
  /** Has the kernel look at a program that `feed` would be given, and forget it again. Throws `HostError` where it refuses it. */
  tryProgram(front: readonly ProgramItem[]): void;
  /** Makes a device for packets to many ports. Throws `HostError` where the host does not let it. */
  openFanOut?(): FanOut;
  /** Milliseconds of CLOCK_MONOTONIC, by which the program says when a flow was used. */
  monotonic(): number;
  /** Where the maps outlive the process. */
  readonly records?: FlowRecords | undefined;
  /** Ports may still go by what a process before this one has left, until they are fed. */
  readonly hasLeft?: boolean;
  /** The maps that it has left, where they are to be found. */
  openLeft?(): LeftMaps | undefined;
  /** What no process has use for any more is taken away: links of devices that have not been fed, maps before these. */
  removeLeft?(): void;
  /** The maps and all links stay as they are, whatever is closed from now on. */
  leave?(): void;
  close(): void;
}

/** The forwarding program of one port. */
export interface ForwardFront {
  readonly slot: number;
  readonly items: readonly ProgramItem[];
}

/** What is written down of a datapath beside its maps, for whoever comes after this process or looks from beside it. A record is a row's. */
export interface FlowRecords {
  /** Some is written later, by `flush` at the latest. A record that is too long, or that there is no room for, is none. */
  write(row: number, record: Uint8Array): void;
  flush(): void;
  remove(rows: Iterable<number>): void;
  /** Puts the text in the place of the one before, at once. */
  describe(text: string): void;
}

/** Where counters are in maps that may be of another program's. */
export interface LeftLayout {
  readonly processors: number;
  /** Rows of counters for each processor. */
  readonly rows: number;
  /** As `counterRow` and `processorRow` of that program. */
  readonly counter: {
    readonly packets: number;
    readonly bytes: number;
    readonly used: number;
    readonly tcpFlags: number;
    readonly size: number;
  };
  readonly processor: { readonly running: number; readonly size: number };
  /** Rows for each processor, and as `sentRow` of that program. */
  readonly sent: { readonly slots: number; readonly packets: number; readonly bytes: number; readonly size: number };
}

/** What went to a port's guest without passing the port. */
export interface SentPackets {
  readonly packets: number;
  readonly bytes: number;
}

/** Counters of one row: `used` is in milliseconds of CLOCK_MONOTONIC, 0 for never. */
export interface CountedFlow {
  readonly packets: number;
  readonly bytes: number;
  readonly used: number;
  readonly tcpFlags: number;
}

/** A datapath's maps as they are pinned: another process has left them, or works with them. */
export interface LeftMaps {
  /** The text of `FlowRecords.describe`. */
  readonly description: string;
  records(): Iterable<readonly [row: number, record: Uint8Array]>;
  /** The u32 at `at` of the value that the map of flows has under a key; undefined where it has none. */
  valueOf(key: Uint8Array, at: number): number | undefined;
  deleteFlow(key: Uint8Array): void;
  removeRecord(row: number): void;
  counted(row: number, layout: LeftLayout): CountedFlow;
  /** What went to the guest of the port with a slot. */
  sent(slot: number, layout: LeftLayout): SentPackets;
  /** A total of all processors, by its offset. */
  total(offset: number, layout: LeftLayout): number;
  /** Returns when no program runs any more that did when it was called. */
  waitForPrograms(layout: LeftLayout): void;
  close(): void;
}

/** Where a program that is put before the capturing one goes on with what it does not do. */
export const FORWARD_OTHER = "capture";

import { W } from "#flow/layout.js";
import type { FlowRecords, ForwardMaps, SentPackets } from "#host/forward-maps.js";
import type { Clock } from "#util/clock.js";
import type { DatapathFlow, HeldFlow } from "../datapath.js";
import type { Device } from "../device.js";
import { someAction } from "../nested-actions.js";
import type { Slot } from "../userspace/flow-slots.js";
import { type DescribedPort, formatDescription, type Lookups } from "./description.js";
import { FlowJournal, type RecordedFlow } from "./flow-journal.js";
import { KernelCounts } from "./kernel-counts.js";
import type { KernelTable } from "./kernel-table.js";
import { LeftDatapath, type LeftFlow } from "./left-datapath.js";

/** Who keeps the flows that are to last. */
export interface LastingBook {
  recorded(id: number): RecordedFlow | undefined;
  /** Takes a flow in that is in the kernel already; undefined where it cannot be. */
  adopt(flow: DatapathFlow): (HeldFlow & { readonly slot: Slot }) | undefined;
  /** Lookups so far. */
  lookups(): Lookups;
  /** There were more, in another process. */
  addLookups(lookups: Lookups): void;
}

export interface LastingHost {
  readonly maps: ForwardMaps;
  readonly records: FlowRecords;
  readonly clock: Clock;
  readonly table: KernelTable;
  readonly ports: ReadonlyMap<number, Device>;
  readonly book: () => LastingBook | undefined;
  /** What went to guests directly, by the ports' devices, before there was the table. */
  readonly sent: WeakMap<Device, SentPackets>;
  /** Has the ports' frames go through this table's programs. */
  readonly feed: () => void;
}

/**
 * What makes a table of flows outlast its process. It writes down what the maps do not say, and takes over what a process before this one has left: ports
 * go through that one's programs, by its maps, until `adopt` has put its flows into the table; then they are switched, and what was counted meanwhile is credited. So it does not matter
 * what these maps are like, only that the records can be read.
 */
export class Lasting {
  readonly #host: LastingHost;
  readonly #journal: FlowJournal;
  readonly #offset: number;
  #isWaiting: boolean;
  #left: LeftDatapath | undefined;
  #described = "";

  constructor(host: LastingHost) {
    const { maps, records, clock, table, book } = host;
    this.#host = host;
    this.#offset = maps.monotonic() - clock.now();
    this.#journal = new FlowJournal(records, clock, this.#offset, (id) => book()?.recorded(id));
    this.#journal.onWrite = () => this.#describe();
    this.#isWaiting = maps.hasLeft ?? false;
    const left = maps.openLeft?.();
    this.#left = left && LeftDatapath.of(left);
    table.tellPlaces(this.#journal);
  }

  /** Ports are to go through the programs that they go through. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** The number that a port had before. */
  formerNumber(name: string): number | undefined {
    return this.#left?.description.ports.find((port) => port.name === name)?.number;
  }

  /** A port that is not there yet had this number. */
  isFormer(number: number): boolean {
    return this.#left?.ports.has(number) ?? false;
  }

  /** Takes the flows over that are left, of ports that are there again; which these are. */
  adopt(): readonly HeldFlow[] {
    if (!this.#isWaiting) return [];
    this.#isWaiting = false;
    const left = this.#left;
    this.#left = undefined;
    const adopted = left ? this.#put(left) : [];
    this.#host.table.placeAll();
    this.#host.feed();
    left?.waitForPrograms();
    for (const { flow, held } of adopted) {
      const counted = left!.counted(flow);
      const { part } = held.slot;
      if (part instanceof KernelCounts) {
        part.credit({ ...counted, used: counted.used === 0 ? 0 : counted.used - this.#offset });
      }
    }
    if (left) {
      this.#host.book()?.addLookups(left.lookups());
      for (const device of this.#host.ports.values()) {
        const sent = left.sent(device.name, device.info().ifindex);
        if (sent) this.#host.sent.set(device, sent);
      }
    }
    left?.close();
    this.flush();
    this.#host.maps.removeLeft?.();
    return adopted.map(({ held }) => held);
  }

  #put(left: LeftDatapath): { readonly flow: LeftFlow; readonly held: HeldFlow & { readonly slot: Slot } }[] {
    const book = this.#host.book();
    return [...left.flows()].flatMap((flow) => {
      if (!this.#hasItsPorts(flow, left)) return [];
      const held = book?.adopt({ ufid: flow.ufid, key: flow.key, mask: flow.mask, actions: flow.actions });
      return held === undefined ? [] : [{ flow, held }];
    });
  }

  /** Writes down everything now. */
  flush(): void {
    this.#journal.flush();
    this.#describe();
  }

  /** The maps go on without this process. */
  leave(): void {
    // Before others' flows are adopted, nothing is to be left but what they have left.
    if (!this.#isWaiting) {
      this.#host.table.placeUsed();
      this.flush();
    }
    this.#host.maps.leave?.();
  }

  /** From now on nothing is written; what is there goes with the maps, or stays. */
  close(): void {
    this.#host.table.tellPlaces(undefined);
    this.#journal.close();
    this.#left?.close();
  }

  /** The ports that a flow names are those that had these numbers. */
  #hasItsPorts({ key, actions }: LeftFlow, left: LeftDatapath): boolean {
    const isSame = (number: number): boolean =>
      this.#host.ports.get(number)?.name === left.ports.get(number)?.name && this.#host.ports.has(number);
    const names = (number: number): boolean => !isSame(number);
    if (!isSame(key[W.inPort]!)) return false;
    return !someAction(
      actions,
      (a) =>
        ((a.kind === "output" || a.kind === "tnl_pop") && names(a.port)) ||
        (a.kind === "tnl_push" && (names(a.tunnelPort) || names(a.outPort))),
    );
  }

  #sent(number: number): DescribedPort["sent"] {
    const slot = this.#host.table.slotOf(number);
    const device = this.#host.ports.get(number);
    const ifindex = device?.info().ifindex;
    if (slot === undefined || ifindex === undefined) return undefined;
    return { slot, ifindex, ...(this.#host.sent.get(device!) ?? { packets: 0, bytes: 0 }) };
  }

  #describe(): void {
    // Until others are adopted, theirs count.
    if (this.#isWaiting) return;
    const { maps, records, ports, book } = this.#host;
    const lookups = book()?.lookups() ?? { hits: 0, misses: 0, lost: 0 };
    const text = formatDescription(maps, ports, lookups, (number) => this.#sent(number));
    if (text !== this.#described) records.describe(text);
    this.#described = text;
  }
}

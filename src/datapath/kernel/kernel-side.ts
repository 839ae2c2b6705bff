import type { CaptureRings } from "#host/capture-rings.js";
import type { ForwardMaps, SentPackets } from "#host/forward-maps.js";
import { type LeaseHandle, LeaseState } from "#host/lease-memory.js";
import type { LinkStats } from "#host/net.js";
import type { PacketListeners } from "#host/packet-listeners.js";
import type { Clock } from "#util/clock.js";
import type { Device } from "../device.js";
import type { EngineFlows } from "../userspace/engine.js";
import type { PortLoss } from "../userspace/queues/port-losses.js";
import { KernelMeters } from "./kernel-meters.js";
import { KernelTable } from "./kernel-table.js";
import { Lasting, type LastingBook } from "./lasting.js";

/** What an engine gives its kernel side. */
export interface KernelSideHost {
  readonly clock: Clock;
  readonly rings?: CaptureRings;
  /** Makes maps for flows to be forwarded in the kernel. Throws `HostError`. Without it there is no such thing here. */
  readonly forwardMaps?: () => ForwardMaps;
  /** What this host lacks for that, each with its reason. */
  readonly lacking?: () => readonly string[];
  /** Who listens at ports now. Without it nobody does. */
  readonly packetListeners?: () => PacketListeners;
  log(level: "info" | "warn", text: string): void;
}

/** What Open_vSwitch:other_config calls the choice. */
const OPTION = "weft-kernel-engine";
/** Whether packets may go to guests without passing their ports. */
const DIRECT = "weft-direct-to-guests";
const NOBODY: PacketListeners = { isListenedAt: () => false };

/** The kernel's part in an engine of threads: a table of the flows that it forwards by itself, while that is wanted and can be. */
export class KernelSide {
  readonly #host: KernelSideHost;
  readonly #feedAgain: () => void;
  readonly #tellTracker: (leases: LeaseHandle | undefined) => boolean;
  #table: KernelTable | undefined;
  /** What the thread that tracks connections shares with the kernel. */
  #leases: LeaseHandle | undefined;
  /** Where flows outlast the process. */
  #lasting: Lasting | undefined;
  #book: LastingBook | undefined;
  #hasLeft = false;
  readonly meters: KernelMeters = new KernelMeters();
  /** What went to guests directly before there was this table. */
  readonly #sent = new WeakMap<Device, SentPackets>();
  /** What was to go out by ports that were down, before there was this table. */
  readonly #down = new WeakMap<Device, number>();
  #isWanted = false;
  #isDirect = true;
  #fault = "";

  /**
   * `feedAgain` has captured ports get the programs that `rings` makes now. `tellTracker` tells the thread that tracks connections where it may lease them; false
   * where it may not have obeyed on return.
   */
  constructor(host: KernelSideHost, feedAgain: () => void, tellTracker: (leases: LeaseHandle | undefined) => boolean) {
    this.#host = host;
    this.#feedAgain = feedAgain;
    this.#tellTracker = tellTracker;
  }

  /** What a thread that tracks connections from now on is to be told. */
  get leases(): LeaseHandle | undefined {
    return this.#leases;
  }

  #beginLeases(leases: LeaseHandle | undefined): void {
    if (leases === undefined) return;
    Atomics.store(new Int32Array(leases.state), 0, LeaseState.open);
    this.#leases = leases;
    this.#tellTracker(leases);
  }

  #endLeases(): void {
    const leases = this.#leases;
    if (leases === undefined) return;
    this.#leases = undefined;
    const state = new Int32Array(leases.state);
    Atomics.store(state, 0, LeaseState.closed);
    if (this.#tellTracker(undefined)) Atomics.store(state, 0, LeaseState.unused);
  }

  get table(): KernelTable | undefined {
    return this.#table;
  }

  /** The engine is of a kind that can have a table. */
  get isPossible(): boolean {
    return this.#host.forwardMaps !== undefined;
  }

  /** Why there is no table. */
  get reason(): string {
    if (!this.isPossible) return "datapath_type=netdev is for it alone";
    return this.#isWanted ? this.#fault : `other_config:${OPTION} is false`;
  }

  /** Rings that the frames go into which the kernel does not forward by itself. */
  rings(rings: CaptureRings): CaptureRings {
    return {
      open: () => rings.open(),
      feed: (port, queues) => {
        if (!this.#lasting?.isWaiting) (this.#table ?? rings).feed(port, queues);
      },
      stop: (port) => {
        if (!this.#hasLeft) rings.stop(port);
      },
    };
  }

  /** A port's counters: its device's, and what went to its guest without passing that. */
  portStats(number: number, device: Device): LinkStats {
    const stats = device.stats();
    const { packets, bytes } = this.#sentTo(number, device);
    return packets === 0 ? stats : { ...stats, txPackets: stats.txPackets + packets, txBytes: stats.txBytes + bytes };
  }

  #sentTo(number: number, device: Device): SentPackets {
    const [now, before] = [this.#table?.sent(number), this.#sent.get(device)];
    return { packets: (now?.packets ?? 0) + (before?.packets ?? 0), bytes: (now?.bytes ?? 0) + (before?.bytes ?? 0) };
  }

  /** What the kernel has lost of what was to go out by a port. */
  portDrops(number: number, device: Device): PortLoss {
    const packets = (this.#table?.down(number) ?? 0) + (this.#down.get(device) ?? 0);
    return { port: number, reason: "datapath_drop_tx_down", packets };
  }

  /** Takes who keeps the flows. */
  setBook(book: LastingBook): void {
    this.#book = book;
  }

  /** What makes flows outlast the process, where they do. */
  get lasting(): Lasting | undefined {
    return this.#lasting;
  }

  /** The kernel goes on without this process; nothing that is closed from now on takes anything from it. */
  leave(): void {
    if (this.#lasting === undefined || this.#table === undefined) return;
    this.#lasting.leave();
    this.#hasLeft = true;
    // The kernel goes on to follow connections.
    this.#leases = undefined;
    this.close();
    this.#table = undefined;
  }

  /** Nothing is forwarded by the kernel any more, unless it was left. */
  close(): void {
    this.#endLeases();
    this.#lasting?.close();
    this.#lasting = undefined;
    this.#table?.close();
  }

  /**
   * Has the kernel forward what it can of these flows, if it can, unless the options say that it is not to: then, and when that changes, what it has counted is added to
   * `counted`.
   */
  choose(
    options: ReadonlyMap<string, string>,
    ports: ReadonlyMap<number, Device>,
    flows: () => EngineFlows,
    counted: Float64Array,
  ): void {
    this.#isDirect = options.get(DIRECT) !== "false";
    this.#table?.sendDirectly(this.#isDirect);
    const wanted = this.#host.forwardMaps !== undefined && options.get(OPTION) !== "false";
    if (wanted === this.#isWanted) return;
    this.#isWanted = wanted;
    const before = this.#table;
    if (before) {
      for (const [number, device] of ports) {
        this.#sent.set(device, this.#sentTo(number, device));
        this.#down.set(device, this.portDrops(number, device).packets);
      }
      this.#table = undefined;
      this.#lasting?.close();
      this.#lasting = undefined;
      this.#feedAgain();
      this.#endLeases();
      this.meters.end();
      before.close();
      before.addTo(counted);
      this.#host.log("info", `kernel engine: flows are taken out of the kernel: ${this.reason}`);
    } else if (wanted) this.#begin(ports, flows);
  }

  #begin(ports: ReadonlyMap<number, Device>, flows: () => EngineFlows): void {
    try {
      this.#table = this.#open(ports, flows);
    } catch (error) {
      const lacking = this.#host.lacking?.() ?? [];
      this.#fault = lacking.length > 0 ? `this host lacks ${lacking.join(", ")}` : String((error as Error).message);
      this.#host.log("warn", `the userspace engine forwards all: ${this.#fault}; see 'weft doctor'`);
      return;
    }
    for (const [port, device] of ports) this.#table.addPort(port, device);
    for (const flow of flows()) this.#table.put(flow);
    this.#table.placeAll();
    this.#feedAgain();
    this.#host.log("info", "kernel engine: the kernel forwards the flows that it can");
  }

  #open(ports: ReadonlyMap<number, Device>, flows: () => EngineFlows): KernelTable {
    const { forwardMaps, clock, log, packetListeners = () => NOBODY } = this.#host;
    const maps = forwardMaps!();
    const warn = (text: string): void => log("warn", text);
    const table = new KernelTable(maps, clock, warn, packetListeners, (index) => flows().at(index)!);
    table.sendDirectly(this.#isDirect);
    try {
      table.tryProgram();
      const { records } = maps;
      const book = (): LastingBook | undefined => this.#book;
      if (records)
        this.#lasting = new Lasting({
          maps,
          records,
          clock,
          table,
          ports,
          sent: this.#sent,
          book,
          feed: this.#feedAgain,
        });
      this.#beginLeases(maps.leases);
      this.meters.begin(table, maps.meters);
      return table;
    } catch (error) {
      table.close();
      throw error;
    }
  }
}

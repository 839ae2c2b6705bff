import type { CaptureRings } from "#host/capture-rings.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import type { Clock } from "#util/clock.js";
import type { Device } from "../device.js";
import type { EngineFlow } from "../userspace/engine.js";
import { KernelTable } from "./kernel-table.js";

/** What an engine gives its kernel side. */
export interface KernelSideHost {
  readonly clock: Clock;
  readonly rings?: CaptureRings;
  /** Makes maps for flows to be forwarded in the kernel. Throws `HostError`. */
  readonly forwardMaps?: () => ForwardMaps;
  log(level: "warn", text: string): void;
}

/** The kernel's part in an engine of threads: a table of the flows that it forwards by itself, while that is wanted. */
export class KernelSide {
  readonly #host: KernelSideHost;
  readonly #feedAgain: () => void;
  #table: KernelTable | undefined;

  /** `feedAgain` has captured ports get the programs that `rings` makes now. */
  constructor(host: KernelSideHost, feedAgain: () => void) {
    this.#host = host;
    this.#feedAgain = feedAgain;
  }

  get table(): KernelTable | undefined {
    return this.#table;
  }

  /** Rings that the frames go into which the kernel does not forward by itself. */
  rings(rings: CaptureRings): CaptureRings {
    return {
      open: () => rings.open(),
      feed: (port, queues) => (this.#table ?? rings).feed(port, queues),
      stop: (port) => rings.stop(port),
    };
  }

  /** Has the kernel forward what it can of these flows, or nothing any more: then what it has counted is added to `counted`. */
  use(
    wanted: boolean,
    ports: ReadonlyMap<number, Device>,
    flows: () => Iterable<EngineFlow>,
    counted: Float64Array,
  ): void {
    const { forwardMaps, rings, clock } = this.#host;
    const before = this.#table;
    if (wanted === (before !== undefined)) return;
    if (before) {
      this.#table = undefined;
      this.#feedAgain();
      before.close();
      before.addTo(counted);
      return;
    }
    if (forwardMaps === undefined || rings === undefined) return;
    const warn = (text: string): void => this.#host.log("warn", text);
    try {
      this.#table = new KernelTable(forwardMaps(), clock, warn);
    } catch (error) {
      warn(`flows stay out of the kernel: ${String(error)}`);
      return;
    }
    for (const [port, device] of ports) this.#table.addPort(port, device);
    for (const { id, key, shape, program, slot } of flows()) this.#table.put(id, key, shape, program, slot);
    this.#feedAgain();
  }
}

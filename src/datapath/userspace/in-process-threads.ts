import { COUNTERS } from "./counters.js";
import type { DirectDevice } from "./direct-device.js";
import { type PollingCore, parseAffinity, placeQueues, type QueueClaim } from "./queues/place-queues.js";
import { type PollingSettings, readPollingSettings } from "./queues/polling-settings.js";
import type { ForwardingThreadInfo, QueueInfo } from "./threads/forwarding-thread-info.js";

interface Port {
  readonly device: DirectDevice;
  affinity: ReadonlyMap<number, number>;
}

/**
 * Threads that an engine without threads would have: which of them would poll which queue, and what each would have counted. Devices that ask for it
 * (`DirectDevice.polledQueues`) are polled by numbered ones, all others by the main thread.
 */
export class InProcessThreads {
  readonly #cores: () => readonly PollingCore[];
  readonly #total: Float64Array;
  readonly #before = new Float64Array(COUNTERS);
  readonly #ports = new Map<number, Port>();
  readonly #counters = new Map<number, Float64Array>();
  readonly #main = new Float64Array(COUNTERS);
  #settings: PollingSettings = readPollingSettings(new Map());

  /** `total` is what the engine counts in. */
  constructor(total: Float64Array, cores: () => readonly PollingCore[]) {
    this.#total = total;
    this.#cores = cores;
  }

  /** Takes Open_vSwitch:other_config. */
  setOptions(options: ReadonlyMap<string, string>): void {
    this.#settings = readPollingSettings(options);
  }

  setPortOptions(number: number, options: ReadonlyMap<string, string>): void {
    const port = this.#ports.get(number);
    if (port) port.affinity = parseAffinity(options.get("pmd-rxq-affinity") ?? "") ?? new Map();
  }

  addPort(number: number, device: DirectDevice): void {
    this.#ports.set(number, { device, affinity: new Map() });
  }

  removePort(number: number): void {
    this.#ports.delete(number);
  }

  /** Runs what a frame in a queue causes, and counts it as its thread's, too. */
  count(number: number, queue: number, run: () => void): void {
    const isPolled = this.#ports.get(number)?.device.polledQueues !== undefined;
    if (isPolled) this.#before.set(this.#total);
    run();
    if (!isPolled) return;
    const core = this.#place().queues.find(({ claim }) => claim.port === number && claim.queue === queue)?.core;
    if (core === undefined) return;
    const own = this.#countersOf(core);
    for (let i = 0; i < COUNTERS; i++) own[i]! += this.#total[i]! - this.#before[i]!;
  }

  list(): ForwardingThreadInfo[] {
    const placement = this.#place();
    const numbered = this.#numbered().map(({ core, numa }): ForwardingThreadInfo => {
      const queues = placement.queues.flatMap((placed): QueueInfo[] => {
        const { port, queue } = placed.claim;
        return placed.core === core ? [{ port, queue, enabled: true, usage: () => undefined }] : [];
      });
      const counters = this.#countersOf(core);
      const isolated = placement.isolated.has(core);
      return { core, numa, isolated, counters, metrics: undefined, queues, overhead: () => undefined };
    });
    const none = { isolated: false, metrics: undefined, queues: [], overhead: () => undefined };
    // What no other thread has counted is the main one's. The memory stays the same: it is known by that.
    this.#main.set(this.#total);
    for (const own of this.#counters.values()) for (let i = 0; i < COUNTERS; i++) this.#main[i]! -= own[i]!;
    return [...numbered, { core: undefined, numa: 0, ...none, counters: this.#main }];
  }

  #countersOf(core: number): Float64Array {
    let own = this.#counters.get(core);
    if (own === undefined) {
      own = new Float64Array(COUNTERS);
      this.#counters.set(core, own);
    }
    return own;
  }

  /** The cores that threads are on: none where no device is polled, the last one where it is not said. */
  #numbered(): readonly PollingCore[] {
    if ([...this.#ports.values()].every(({ device }) => device.polledQueues === undefined)) return [];
    const all = this.#cores();
    const chosen = all.filter(({ core }) => this.#settings.cores.includes(core));
    return chosen.length > 0 ? chosen : [all.at(-1) ?? { core: 0, numa: 0 }];
  }

  #place(): ReturnType<typeof placeQueues> {
    const claims = [...this.#ports].flatMap(([port, { device, affinity }]): QueueClaim[] =>
      Array.from({ length: device.polledQueues ?? 0 }, (_, queue) => {
        return { port, name: device.name, queue, wanted: affinity.get(queue), load: 0 };
      }),
    );
    const { mode, isolates } = this.#settings;
    return placeQueues(claims, this.#numbered(), { mode, isolates });
  }
}

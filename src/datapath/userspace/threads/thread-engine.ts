import { type FlowKey, newKey } from "#flow/key.js";
import type { CaptureRing, CaptureRings } from "#host/capture-rings.js";
import type { ForwardMaps } from "#host/forward-maps.js";
import type { PacketListeners } from "#host/packet-listeners.js";
import type { Cancel } from "#util/clock.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { DatapathAction } from "../../actions.js";
import { ManagedTracking } from "../../conntrack/managed-tracking.js";
import type { Upcall } from "../../datapath.js";
import type { Device } from "../../device.js";
import { isTunnelDevice } from "../../devices/tunnel-device.js";
import { KernelSide } from "../../kernel/kernel-side.js";
import type { DatapathMeter } from "../../meters.js";
import type { Packet } from "../../packet.js";
import { programOf } from "../compile.js";
import { COUNTERS } from "../counters.js";
import type { Engine, EngineFlow, EngineFlows } from "../engine.js";
import { FlowSlots, type SlotChunk } from "../flow-slots.js";
import { beginMeter } from "../meters/meter.js";
import type { MeterPlace } from "../meters/meter-places.js";
import type { Program } from "../ops.js";
import { LoadHistory, SAMPLE_INTERVAL } from "../queues/load-history.js";
import { type PollingCore, parseAffinity } from "../queues/place-queues.js";
import { type PollingSettings, readPollingSettings, remarksOn } from "../queues/polling-settings.js";
import { PortDrops, withLoss } from "../queues/port-drops.js";
import { GRACE, RxQueues } from "../queues/rx-queues.js";
import { ReceivedUpcalls, type UpcallOrigin } from "../upcalls/received-upcalls.js";
import { UpcallTurns } from "../upcalls/upcall-turns.js";
import { ForwardingThread, type ForwardingThreadHost, type ThreadOwner } from "./forwarding-thread.js";
import type { ForwardingThreadInfo } from "./forwarding-thread-info.js";
import { newHandoverMemory } from "./handover-ring.js";
import { copyLogSettings } from "./thread-metrics.js";
import type { Command, Event } from "./thread-protocol.js";
import { TrackingCalls } from "./tracking-calls.js";
import { tracksConnections } from "./tracks-connections.js";

export interface ThreadEngineHost extends ForwardingThreadHost {
  /** Where captured ports' frames can go through rings. */
  readonly rings?: CaptureRings;
  /** The cores that threads may run on. */
  readonly cores?: () => readonly PollingCore[];
  /** Makes maps for flows to be forwarded in the kernel, which happens unless the option `weft-kernel-engine` is false. Throws `HostError`. */
  readonly forwardMaps?: () => ForwardMaps;
  /** What this host lacks for that, each with its reason. */
  readonly lacking?: () => readonly string[];
  /** Who listens at captured ports now. */
  readonly packetListeners?: () => PacketListeners;
  readonly onClose?: () => void;
}

const NO_OPTIONS: ReadonlyMap<string, string> = new Map();

/**
 * Forwards in threads of their own: one, or as many as `pmd-cpu-mask` has cores. Each knows every flow, meter and port; the first one alone tracks connections. If one
 * dies, another takes its place with the same ports, flows and counters.
 */
export class ThreadEngine implements Engine {
  readonly slots: FlowSlots = new FlowSlots((chunk) => {
    for (const thread of this.#threads) tellSlots(chunk, thread);
  });
  readonly conntrack: ManagedTracking = new ManagedTracking({
    ask: (request) => this.#ctCalls.ask(request, this.#tracker),
    tell: (request) => this.#tracker.queue({ op: "ct", request, call: undefined }),
  });
  readonly #host: ThreadEngineHost;
  readonly #owner: ThreadOwner = {
    replay: (thread) => this.#replay(thread),
    onEvent: (event, origin, thread) => this.#onEvent(event, origin, thread),
    onDeath: (thread) => {
      if (thread === this.#tracker) this.#ctCalls.rejectAll();
    },
  };
  /** The first one tracks connections and stays as long as the engine. */
  readonly #threads: ForwardingThread[] = [];
  /** Threads that get no queues any more, and end. */
  readonly #retiring = new Set<ForwardingThread>();
  readonly #queues: RxQueues;
  readonly #upcalls: UpcallTurns;
  /** Whose buffers upcalls are in. */
  readonly #sources = new WeakMap<ArrayBufferLike, ForwardingThread>();
  readonly #ports = new Map<number, Device>();
  readonly #portOptions = new Map<number, ReadonlyMap<string, string>>();
  readonly #portDrops = new PortDrops();
  readonly #meters = new Map<number, Command & { op: "meter" }>();
  #flows: () => EngineFlows = () => [];
  #options: ReadonlyMap<string, string> = NO_OPTIONS;
  #settings: PollingSettings = readPollingSettings(NO_OPTIONS);
  #faults: readonly string[] = [];
  /** The cores that threads run on; none where there is one, on no core in particular. */
  #cores: readonly PollingCore[] = [];
  /** What threads that are no more have counted. */
  readonly #counted: Float64Array = new Float64Array(COUNTERS);
  /** What threads' work for no queue has cost. */
  readonly #overheads = new Map<ForwardingThread, LoadHistory>();
  #sampling: Cancel | undefined;
  readonly kernel: KernelSide;
  #balancedAt = 0;
  readonly #ctCalls = new TrackingCalls();
  #closed = false;

  constructor(host: ThreadEngineHost) {
    this.#host = host;
    this.#upcalls = new UpcallTurns(host.clock, () => this.#flush());
    const tracker = this.#newThread(undefined);
    const { rings, clock } = host;
    this.kernel = new KernelSide(
      host,
      () => this.#queues.feedAgain(),
      (handle) => {
        this.#tracker.queue({ op: "leases", handle });
        return this.#settle([this.#tracker]);
      },
    );
    this.#queues = new RxQueues(
      {
        rings: rings && this.kernel.rings(rings),
        clock,
        log: (level, text) => host.log(level, text),
        threads: () => this.#threads,
        settle: (threads) => void this.#settle(threads),
      },
      { threads: [tracker], cores: [], mode: "cycles", isolates: true },
    );
    tracker.start();
  }

  get #tracker(): ForwardingThread {
    return this.#threads[0]!;
  }

  /** A snapshot. */
  get counters(): Float64Array {
    const sum = this.#counted.slice();
    for (const { counters } of this.#threads) for (let i = 0; i < COUNTERS; i++) sum[i]! += counters[i]!;
    this.kernel.table?.addTo(sum);
    return sum;
  }

  masks(): number {
    return this.#tracker.masks;
  }

  portDrops(number: number): ReadonlyMap<string, number> {
    const device = this.#ports.get(number);
    const drops = this.#portDrops.of(number);
    return device ? withLoss(drops, this.kernel.portDrops(number, device)) : drops;
  }

  addPort(number: number, device: Device): void {
    this.#ports.set(number, device);
    if (isTunnelDevice(device)) this.#broadcast({ op: "tunnel", port: number, tunnel: device.tunnel });
    this.kernel.table?.addPort(number, device);
    this.#queues.add(number, device);
    let mtu = device.info().mtu;
    device.onChange(() => {
      if (this.#ports.get(number) !== device) return;
      this.kernel.table?.refreshPort(number);
      this.#queues.refresh(number);
      if (device.info().mtu === mtu) return;
      mtu = device.info().mtu;
      this.#broadcast({ op: "mtu", port: number, mtu });
    });
  }

  removePort(number: number): void {
    if (!this.#ports.delete(number)) return;
    // Later the number may be another port's.
    this.#upcalls.finishPort(number);
    this.kernel.table?.removePort(number);
    this.#portDrops.delete(number);
    if (this.#portOptions.delete(number)) this.#broadcast({ op: "port-options", port: number, options: NO_OPTIONS });
    // The device's owner may close its descriptor next, and the number be given out again.
    this.#queues.remove(number);
  }

  setFlows(flows: () => EngineFlows): void {
    this.#flows = flows;
  }

  put(flow: EngineFlow, key: FlowKey): void {
    const threads = this.#threads;
    for (let i = 0; i < threads.length; i++) threads[i]!.put(flow, key);
    this.kernel.table?.put(flow);
  }

  setProgram(id: number, program: Program): void {
    this.kernel.table?.setProgram(id, program);
    this.#broadcast({ op: "program", id, program });
  }

  remove(ids: readonly number[]): void {
    this.kernel.table?.remove(ids);
    this.#broadcast({ op: "remove", ids });
    this.settle();
  }

  takeMeterPlace(): MeterPlace | undefined {
    return this.kernel.meters.take();
  }

  freeMeterPlace(place: MeterPlace): void {
    this.kernel.meters.free(place);
  }

  setMeter(id: number, meter: DatapathMeter, place: MeterPlace): void {
    beginMeter(place, meter, this.#host.clock.now());
    const command: Command = { op: "meter", id, meter, memory: place.shared, at: place.at };
    this.#meters.set(id, command);
    this.kernel.meters.set(id, meter, place);
    this.#broadcast(command);
  }

  removeMeter(id: number): void {
    this.#meters.delete(id);
    this.kernel.meters.delete(id);
    this.#broadcast({ op: "meter", id, meter: undefined, memory: undefined, at: 0 });
  }

  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    const program = programOf(actions, key);
    this.#executor(packet, program).execute(packet, key, program);
  }

  /** A packet goes back to the thread it came from, so that it stays in order with those that follow; unless connections are the other one's. */
  #executor(packet: Packet, program: Program): ForwardingThread {
    const tracker = this.#tracker;
    if (this.#threads.length === 1) return tracker;
    const source = this.#sources.get(packet.data.buffer);
    return source === undefined || !this.#threads.includes(source) || tracksConnections(program) ? tracker : source;
  }

  setUpcalls(handler: ((batch: readonly Upcall[]) => void) | undefined): void {
    this.#upcalls.handler = handler;
    this.#broadcast({ op: "upcalls", wanted: handler !== undefined });
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    this.kernel.choose(options, this.#ports, this.#flows, this.#counted);
    if (sameOptions(options, this.#options)) return;
    this.#options = new Map(options);
    this.#broadcast({ op: "options", options: this.#options });
    const { faults, ...settings } = readPollingSettings(options);
    for (const text of faults) if (!this.#faults.includes(text)) this.#host.log("warn", text);
    this.#faults = faults;
    for (const { level, text } of remarksOn(this.#settings, settings)) this.#host.log(level, text);
    const before = this.#settings;
    this.#settings = settings;
    const { cores, mode, isolates } = settings;
    if (mode === before.mode && isolates === before.isolates && cores.join() === before.cores.join()) return;
    this.#assign();
  }

  setPortOptions(port: number, options: ReadonlyMap<string, string>): void {
    if (!this.#ports.has(port) || sameOptions(options, this.#portOptions.get(port) ?? NO_OPTIONS)) return;
    this.#portOptions.set(port, options);
    this.#broadcast({ op: "port-options", port, options });
    const affinity = parseAffinity(options.get("pmd-rxq-affinity") ?? "");
    if (affinity === undefined) {
      throw new HostError(`port ${port}: pmd-rxq-affinity`, "EINVAL", errnoNumber("EINVAL"), errnoText("EINVAL"));
    }
    this.#queues.configure(port, Number(options.get("n_rxq") ?? 1) || 1, affinity);
  }

  threads(): readonly ForwardingThreadInfo[] {
    const active = this.#threads.filter((thread) => !this.#retiring.has(thread));
    return active
      .map((thread) => ({
        core: thread.core,
        numa: this.#cores.find(({ core }) => core === thread.core)?.numa ?? 0,
        isolated: this.#queues.isIsolated(thread.core),
        counters: thread.counters,
        metrics: thread.metrics,
        queues: this.#queues.queues(thread),
        overhead: (seconds: number) => this.#overheads.get(thread)?.usage(seconds),
      }))
      .sort((a, b) => (a.core ?? 0) - (b.core ?? 0));
  }

  rebalance(): void {
    this.#queues.plan();
  }

  close(): void {
    this.#closed = true;
    this.#host.onClose?.();
    this.#sampling?.cancel();
    this.#upcalls.close();
    this.#queues.stopAll();
    this.kernel.close();
    for (const port of this.#ports.keys()) this.#broadcast({ op: "detach", port });
    this.#ports.clear();
    // The first one last: the others may have packets for it.
    for (const thread of this.#threads.slice().reverse()) this.#end(thread);
  }

  /** True once every forwarding thread has come to life. */
  get isRunning(): boolean {
    return this.#threads.every((thread) => thread.isRunning);
  }

  /**
   * Returns when the threads have obeyed every command so far; false where one does not answer. One that does not run yet will obey them
   * before it forwards, and is not waited for.
   */
  settle(): boolean {
    return this.#settle(this.#threads);
  }

  /** All are asked first, so that they obey at the same time. */
  #settle(threads: Iterable<ForwardingThread>): boolean {
    const asked = [...threads].filter((thread) => thread.ask());
    return asked.map((thread) => thread.answered()).every((answered) => answered);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.mark()));
  }

  #flush(): void {
    for (const thread of this.#threads) thread.flush();
  }

  #broadcast(command: Command): void {
    for (const thread of this.#threads) thread.queue(command);
  }

  /** Has as many threads as there are cores to use, each on its own, and gives them the queues. */
  #assign(): void {
    const there = this.#host.cores?.() ?? [];
    this.#cores = there.filter(({ core }) => this.#settings.cores.includes(core));
    const cores: readonly (number | undefined)[] =
      this.#cores.length > 0 ? this.#cores.map(({ core }) => core) : [undefined];
    const active = this.#threads.filter((thread) => !this.#retiring.has(thread));
    const kept = new Set(active.filter(({ core }) => cores.includes(core)));
    const tracker = this.#tracker;
    if (!kept.has(tracker)) {
      // It stays, with its connections: on a core of its own, or on one of another's.
      const core = cores.find((c) => ![...kept].some((thread) => thread.core === c)) ?? cores[0];
      for (const thread of kept) if (thread.core === core) kept.delete(thread);
      this.#tellOf(tracker.core, "destroyed");
      tracker.moveTo(core);
      this.#tellOf(core, "created");
      kept.add(tracker);
    }
    const taken = new Set([...kept].map(({ core }) => core));
    for (const core of cores) {
      if (taken.has(core)) continue;
      const thread = this.#newThread(core);
      kept.add(thread);
      thread.start();
      this.#tellOf(core, "created");
    }
    this.#tellCounts();
    const threads = this.#threads.filter((thread) => kept.has(thread));
    const { mode, isolates } = this.#settings;
    this.#queues.assign({ threads, cores: this.#cores, mode, isolates });
    for (const thread of this.#threads) if (!kept.has(thread)) this.#retire(thread);
    this.#sample();
  }

  #newThread(core: number | undefined): ForwardingThread {
    let seat = 0;
    while (this.#threads.some((thread) => thread.seat === seat)) seat++;
    this.slots.reserve(seat + 1);
    const tracker = this.#threads[0];
    const handover = tracker && {
      memory: newHandoverMemory(),
      control: tracker.control.buffer as SharedArrayBuffer,
    };
    const thread = new ForwardingThread(this.#host, this.#owner, { seat, ring: this.#openRing(), handover }, core);
    if (tracker) copyLogSettings(tracker.metrics, thread.metrics);
    this.#threads.push(thread);
    this.#overheads.set(thread, new LoadHistory(0));
    if (handover) tracker.queue({ op: "helper", seat, memory: handover.memory });
    return thread;
  }

  #openRing(): CaptureRing | undefined {
    try {
      return this.#host.rings?.open();
    } catch {
      // Sockets serve.
      return undefined;
    }
  }

  /** Lets a thread forward what it has, then end. */
  #retire(thread: ForwardingThread): void {
    if (this.#retiring.has(thread)) return;
    this.#retiring.add(thread);
    this.#tellOf(thread.core, "destroyed");
    const end = (): void => {
      if (!this.#closed) this.#end(thread);
    };
    // One that has not come to life yet has something in its ring, perhaps; the second mark is for what it says of its last packets.
    void thread.mark().then(() => this.#host.clock.after(2 * GRACE, () => void thread.mark().then(end)));
  }

  #end(thread: ForwardingThread): void {
    thread.close();
    this.#retiring.delete(thread);
    this.#overheads.delete(thread);
    const at = this.#threads.indexOf(thread);
    if (at > 0) {
      this.#threads.splice(at, 1);
      this.#tracker.queue({ op: "helper", seat: thread.seat, memory: undefined });
      for (let i = 0; i < COUNTERS; i++) this.#counted[i]! += thread.counters[i]!;
    }
  }

  /** Notes now and then what threads and queues cost; only threads on cores of their own are shown with it. */
  #sample(): void {
    if (this.#cores.length === 0) {
      this.#sampling?.cancel();
      this.#sampling = undefined;
      return;
    }
    const { clock } = this.#host;
    this.#sampling ??= clock.after(SAMPLE_INTERVAL, () => {
      this.#sampling = undefined;
      this.#queues.sample();
      for (const [thread, history] of this.#overheads) history.sample(thread.loads[0]!);
      const { balance } = this.#settings;
      if (balance && clock.now() - this.#balancedAt >= balance.interval * 60_000) {
        this.#balancedAt = clock.now();
        this.#queues.balance(balance.load, balance.improvement);
      }
      this.#sample();
    });
  }

  #tellOf(core: number | undefined, what: "created" | "destroyed"): void {
    if (core === undefined) return;
    const numa = this.#host.cores?.().find((c) => c.core === core)?.numa ?? 0;
    this.#host.log("info", `PMD thread on numa_id: ${numa}, core id: ${String(core).padStart(2)} ${what}.`);
  }

  #tellCounts(): void {
    for (const numa of new Set(this.#cores.map((c) => c.numa))) {
      const count = this.#cores.filter((c) => c.numa === numa).length;
      this.#host.log("info", `There are ${count} pmd threads on numa node ${numa}`);
    }
  }

  /** Tells a thread that begins anew all there is. */
  #replay(thread: ForwardingThread): void {
    thread.queue({ op: "options", options: this.#options });
    for (const [port, options] of this.#portOptions) thread.queue({ op: "port-options", port, options });
    for (const chunk of this.slots.chunks) tellSlots(chunk, thread);
    for (const command of this.#meters.values()) thread.queue(command);
    const key = newKey();
    for (const flow of this.#flows()) thread.put(flow, flow.readKey(key));
    if (thread === this.#tracker) {
      const { leases } = this.kernel;
      if (leases) thread.queue({ op: "leases", handle: leases });
      for (const request of this.conntrack.settings()) thread.queue({ op: "ct", request, call: undefined });
      for (const { seat, handover } of this.#threads) {
        if (handover) thread.queue({ op: "helper", seat, memory: handover.memory });
      }
    }
    for (const [port, device] of this.#ports) {
      if (isTunnelDevice(device)) thread.queue({ op: "tunnel", port, tunnel: device.tunnel });
    }
    this.#queues.attachAll(thread);
    thread.queue({ op: "upcalls", wanted: this.#upcalls.handler !== undefined });
  }

  #onEvent(event: Event, origin: UpcallOrigin, thread: ForwardingThread): void {
    switch (event.kind) {
      case "upcalls":
        if (this.#threads.length > 1) this.#sources.set(event.packed.buffer, thread);
        this.#upcalls.add(new ReceivedUpcalls(event.packed, origin));
        return;
      case "rehearsal": {
        const upcalls = new ReceivedUpcalls(event.packed, origin);
        for (let at = upcalls.next(-1); at >= 0; at = upcalls.next(at)) upcalls.read(at);
        return;
      }
      case "ct":
        this.#ctCalls.answered(event.call, event.value);
        return;
      case "losses":
        for (const loss of event.losses) if (this.#ports.has(loss.port)) this.#portDrops.add(loss);
        return;
      case "log":
        this.#host.log(event.level, event.text);
        return;
    }
  }
}

function tellSlots({ number, memories }: SlotChunk, thread: ForwardingThread): void {
  const memory = memories[thread.seat]!.buffer as SharedArrayBuffer;
  thread.queue({ op: "slots", chunk: number, memory });
}

function sameOptions(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

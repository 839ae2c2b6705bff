import type { FlowKey, FlowMask } from "#flow/key.js";
import type { LinkStats } from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import type { ConnectionTracking } from "../conntrack/connection-tracking.js";
import type { Datapath, DatapathFlow, DatapathPort, DatapathStats, FlowStats, HeldFlow, Upcall } from "../datapath.js";
import type { Device } from "../device.js";
import type { Lookups } from "../kernel/description.js";
import type { Packet } from "../packet.js";
import { Counter, readDrops } from "./counters.js";
import type { Engine } from "./engine.js";
import { FlowBook } from "./flow-book.js";
import type { InstalledFlow } from "./installed-flow.js";
import { MeterTable } from "./meters/meter-table.js";
import { PassingFlow } from "./passing-flow.js";

/** How a port number is chosen where none is asked for: a name's preference, or undefined. */
export type PortNumbering = (name: string) => number | undefined;

/** Numbers a dummy datapath prefers: digits at a name's end, from 100 on for names that begin with `br`. */
export function dummyPortNumbering(name: string): number | undefined {
  const digits = /[0-9]+/.exec(name)?.[0];
  if (digits === undefined) return undefined;
  const number = (name.startsWith("br") ? 100 : 0) + Number.parseInt(digits, 10);
  return number > 0 && number <= MAX_PORT ? number : undefined;
}

const MAX_PORT = 65534;

/**
 * A datapath in user space, seen from the main thread: it knows every port and flow itself, so that all questions are answered
 * at once, and has an `Engine` forward.
 */
export class UserspaceDatapath implements Datapath {
  readonly type: string;
  readonly name: string;
  readonly engine: Engine;
  #options: ReadonlyMap<string, string> = new Map();
  readonly meters: MeterTable;
  readonly #ports = new Map<number, DatapathPort>();
  readonly #names = new Map<string, DatapathPort>();
  readonly #flows: FlowBook;
  readonly #numbering: PortNumbering;
  #local: Device | undefined;
  /** Lookups of a process before this one, whose flows were taken over. */
  #before: Lookups = { hits: 0, misses: 0, lost: 0 };

  constructor(type: string, name: string, engine: Engine, numbering: PortNumbering = () => undefined) {
    this.type = type;
    this.name = name;
    this.engine = engine;
    this.meters = new MeterTable(engine);
    this.#numbering = numbering;
    this.#flows = new FlowBook(engine);
    engine.setFlows(() => this.#flows);
    engine.kernel?.setBook({
      recorded: (id) => this.#flows.at(id),
      adopt: (flow) => this.#flows.adopt(flow),
      lookups: () => this.stats(),
      addLookups: (lookups) => void (this.#before = lookups),
    });
  }

  /** Adds the datapath's own port, number 0, which goes when the datapath does. */
  addLocalPort(device: Device): void {
    this.addPort(device, 0);
    this.#local = device;
  }

  get conntrack(): ConnectionTracking {
    return this.engine.conntrack;
  }

  addPort(device: Device, requested?: number): number {
    if (this.#names.has(device.name)) throw hostErrorOf(`adding ${device.name} to ${this.type}@${this.name}`, "EEXIST");
    if (requested !== undefined && this.#ports.has(requested)) {
      throw hostErrorOf(`adding ${device.name} to ${this.type}@${this.name}`, "EBUSY");
    }
    const number = requested ?? this.#chooseNumber(device.name);
    const port: DatapathPort = { number, name: device.name, type: device.type, device };
    this.engine.addPort(number, device);
    this.#ports.set(number, port);
    this.#names.set(device.name, port);
    return number;
  }

  adopt(): readonly HeldFlow[] {
    return this.engine.kernel?.lasting?.adopt() ?? [];
  }

  leave(): void {
    this.engine.kernel?.leave();
  }

  removePort(number: number): void {
    const port = this.#ports.get(number);
    if (port === undefined) return;
    this.engine.removePort(number);
    this.#ports.delete(number);
    this.#names.delete(port.name);
  }

  port(number: number): DatapathPort | undefined {
    return this.#ports.get(number);
  }

  portByName(name: string): DatapathPort | undefined {
    return this.#names.get(name);
  }

  ports(): Iterable<DatapathPort> {
    return [...this.#ports.values()].sort((a, b) => a.number - b.number);
  }

  portStats(number: number): LinkStats {
    const port = this.#ports.get(number);
    if (port === undefined) throw hostErrorOf(`port ${number} of ${this.type}@${this.name}`, "ENODEV");
    return this.engine.kernel?.portStats(number, port.device) ?? port.device.stats();
  }

  putFlow(flow: DatapathFlow): void {
    this.#flows.put(flow);
  }

  boundedMask(key: FlowKey, mask: FlowMask): FlowMask {
    return this.#flows.boundedMask(key, mask);
  }

  install(key: FlowKey, mask: FlowMask, actions: readonly DatapathAction[]): HeldFlow {
    return this.#flows.install(key, mask, actions);
  }

  replace(flow: HeldFlow, actions: readonly DatapathAction[]): void {
    this.#flows.replace(flow as InstalledFlow, actions);
  }

  removeFlows(flows: readonly HeldFlow[]): void {
    this.#flows.remove(flows as readonly InstalledFlow[]);
  }

  deleteFlow(ufid: string): FlowStats | undefined {
    return this.deleteFlows([ufid])[0];
  }

  deleteFlows(ufids: readonly string[]): (FlowStats | undefined)[] {
    const found = ufids.map((ufid) => this.#flows.named(ufid));
    this.#flows.remove(found.filter((f) => f !== undefined));
    return found.map((f) => f?.stats());
  }

  flow(ufid: string): (DatapathFlow & { readonly stats: FlowStats }) | undefined {
    return this.#flows.named(ufid)?.shown();
  }

  *flows(): Iterable<DatapathFlow & { readonly stats: FlowStats }> {
    for (const flow of this.#flows) yield flow.shown();
  }

  *passingFlows(): Iterable<DatapathFlow & { readonly stats: FlowStats }> {
    const passing = new PassingFlow();
    for (const flow of this.#flows) yield passing.aim(flow);
  }

  flush(): void {
    this.#flows.remove([...this.#flows]);
  }

  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    this.engine.execute(packet, key, actions);
  }

  onUpcall(handler: ((batch: readonly Upcall[]) => void) | undefined): void {
    this.engine.setUpcalls(handler);
  }

  stats(): DatapathStats {
    const c = this.engine.counters;
    const before = this.#before;
    return {
      hits: before.hits + c[Counter.cacheHits]! + c[Counter.signatureHits]! + c[Counter.megaflowHits]!,
      misses: before.misses + c[Counter.missed]! - c[Counter.missedLost]!,
      lost: before.lost + c[Counter.lost]!,
      flows: this.#flows.size,
      masks: this.engine.masks(),
      maskHits: c[Counter.maskLookups]!,
      cacheHits: c[Counter.cacheHits]!,
    };
  }

  drops(): ReadonlyMap<string, number> {
    return readDrops(this.engine.counters);
  }

  portDrops(number: number): ReadonlyMap<string, number> {
    return this.engine.portDrops(number);
  }

  /** What it was told by `setOptions`. */
  get options(): ReadonlyMap<string, string> {
    return this.#options;
  }

  setOptions(options: ReadonlyMap<string, string>): void {
    this.#options = options;
    this.engine.setOptions(options);
  }

  setPortOptions(number: number, options: ReadonlyMap<string, string>): void {
    this.engine.setPortOptions(number, options);
  }

  settled(): Promise<void> {
    this.engine.kernel?.table?.settle();
    return this.engine.settled();
  }

  close(): void {
    this.engine.close();
    this.#ports.clear();
    this.#names.clear();
    this.#flows.clear();
    this.#local?.close();
  }

  #chooseNumber(name: string): number {
    const lasting = this.engine.kernel?.lasting;
    const preferred = lasting?.formerNumber(name) ?? this.#numbering(name);
    if (preferred !== undefined && !this.#ports.has(preferred)) return preferred;
    for (let n = 1; n <= MAX_PORT; n++) if (!this.#ports.has(n) && !lasting?.isFormer(n)) return n;
    throw hostErrorOf(`adding ${name} to ${this.type}@${this.name}`, "EFBIG");
  }
}

function hostErrorOf(tried: string, code: string): HostError {
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}

import type { FlowKey } from "#flow/key.js";
import { MegaflowTable } from "#flow/megaflow-table.js";
import { shapeOf } from "#flow/shape.js";
import type { LinkStats } from "#host/net.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { DatapathAction } from "../actions.js";
import type { ConnectionTracking } from "../conntrack/connection-tracking.js";
import type { Datapath, DatapathFlow, DatapathPort, DatapathStats, FlowStats, Upcall } from "../datapath.js";
import type { Device } from "../device.js";
import type { Packet } from "../packet.js";
import { programOf } from "./compile.js";
import { Counter, readDrops } from "./counters.js";
import type { Engine, EngineFlow } from "./engine.js";
import { FlowSlots, readSlot, type Slot } from "./flow-slots.js";
import { MeterTable } from "./meter-table.js";
import type { Program } from "./ops.js";

interface Installed {
  readonly id: number;
  readonly ufid: string;
  readonly slot: Slot;
  /** As it was put, which is as it is shown: bits that do not matter too. */
  readonly key: FlowKey;
  /** Its place among the matches. */
  readonly index: number;
  actions: readonly DatapathAction[];
  program: Program;
}

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
  readonly meters: MeterTable;
  readonly #ports = new Map<number, DatapathPort>();
  readonly #names = new Map<string, DatapathPort>();
  readonly #flows = new Map<string, Installed>();
  /** What the flows match: no two may match the same. */
  readonly #matches = new MegaflowTable<Installed>();
  readonly #slots: FlowSlots;
  readonly #numbering: PortNumbering;
  #local: Device | undefined;
  #nextFlow = 1;

  constructor(type: string, name: string, engine: Engine, numbering: PortNumbering = () => undefined) {
    this.type = type;
    this.name = name;
    this.engine = engine;
    this.meters = new MeterTable(engine);
    this.#numbering = numbering;
    this.#slots = new FlowSlots((chunk, memory) => engine.addSlots(chunk, memory));
    engine.setFlows(() => this.#engineFlows());
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
    return port.device.stats();
  }

  putFlow({ ufid, key, mask, actions }: DatapathFlow): void {
    const program = programOf(actions, key);
    const known = this.#flows.get(ufid);
    if (known !== undefined) {
      known.actions = actions;
      known.program = program;
      this.engine.setProgram(known.id, program);
      return;
    }
    const shape = shapeOf(mask);
    if (this.#matches.findShaped(key, shape) >= 0) throw hostErrorOf(`putting flow ${ufid}`, "EEXIST");
    const index = this.#matches.nextIndex;
    const installed: Installed = { id: this.#nextFlow++, ufid, slot: this.#slots.take(), key, index, actions, program };
    this.#matches.insertShaped(key, shape, installed);
    this.#flows.set(ufid, installed);
    this.engine.put(installed.id, key, shape, program, installed.slot);
  }

  deleteFlow(ufid: string): FlowStats | undefined {
    return this.deleteFlows([ufid])[0];
  }

  deleteFlows(ufids: readonly string[]): (FlowStats | undefined)[] {
    const found = ufids.map((ufid) => {
      const installed = this.#flows.get(ufid);
      this.#flows.delete(ufid);
      if (installed !== undefined) this.#matches.remove(installed.index);
      return installed;
    });
    const ids = found.flatMap((f) => (f === undefined ? [] : [f.id]));
    if (ids.length > 0) this.engine.remove(ids);
    return found.map((f) => {
      if (f === undefined) return undefined;
      const stats = readSlot(f.slot.memory, f.slot.at);
      this.#slots.free(f.slot);
      return stats;
    });
  }

  flow(ufid: string): (DatapathFlow & { readonly stats: FlowStats }) | undefined {
    const installed = this.#flows.get(ufid);
    return installed && this.#withStats(installed);
  }

  flowStats(ufid: string): FlowStats | undefined {
    const slot = this.#flows.get(ufid)?.slot;
    return slot && readSlot(slot.memory, slot.at);
  }

  *flows(): Iterable<DatapathFlow & { readonly stats: FlowStats }> {
    for (const installed of this.#flows.values()) yield this.#withStats(installed);
  }

  flush(): void {
    this.deleteFlows([...this.#flows.keys()]);
  }

  execute(packet: Packet, key: FlowKey, actions: readonly DatapathAction[]): void {
    this.engine.execute(packet, key, actions);
  }

  onUpcall(handler: ((batch: readonly Upcall[]) => void) | undefined): void {
    this.engine.setUpcalls(handler);
  }

  stats(): DatapathStats {
    const c = this.engine.counters;
    return {
      hits: c[Counter.cacheHits]! + c[Counter.megaflowHits]!,
      misses: c[Counter.missed]!,
      lost: c[Counter.lost]!,
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

  settled(): Promise<void> {
    return this.engine.settled();
  }

  close(): void {
    this.engine.close();
    this.#ports.clear();
    this.#names.clear();
    this.#flows.clear();
    this.#matches.clear();
    this.#local?.close();
  }

  #withStats({ ufid, key, index, actions, slot }: Installed): DatapathFlow & { readonly stats: FlowStats } {
    return { ufid, key, mask: this.#matches.mask(index), actions, stats: readSlot(slot.memory, slot.at) };
  }

  *#engineFlows(): Iterable<EngineFlow> {
    for (const { id, index, program, slot } of this.#flows.values()) {
      yield { id, key: this.#matches.key(index), shape: this.#matches.shape(index), program, slot };
    }
  }

  #chooseNumber(name: string): number {
    const preferred = this.#numbering(name);
    if (preferred !== undefined && !this.#ports.has(preferred)) return preferred;
    for (let n = 1; n <= MAX_PORT; n++) if (!this.#ports.has(n)) return n;
    throw hostErrorOf(`adding ${name} to ${this.type}@${this.name}`, "EFBIG");
  }
}

function hostErrorOf(tried: string, code: string): HostError {
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}

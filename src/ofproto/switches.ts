import type { DatapathClass } from "#datapath/datapath.js";
import type { DeviceClass } from "#datapath/device.js";
import type { Coverage } from "#runtime/coverage.js";
import type { Log, Logger } from "#runtime/logger.js";
import type { Clock } from "#util/clock.js";
import { UserError } from "#util/errors.js";
import { Backer } from "./backer.js";
import { Bridge } from "./bridge.js";
import type { Outside } from "./connections/outside.js";
import type { ConntrackSettings } from "./conntrack-settings.js";
import { OfprotoCounters } from "./counters.js";
import { capabilities } from "./datapath-features.js";
import { defaultLimits, type FlowLimits } from "./limits.js";
import { patchClass } from "./patch-device.js";
import { PortNumbers } from "./port-numbers.js";
import type { BridgeSettings } from "./settings.js";
import type { Switch, Switches } from "./switch.js";

export interface SwitchesDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** One per datapath type. */
  readonly datapathClasses: readonly DatapathClass[];
  /** Where events are counted for `coverage/show`. */
  readonly coverage?: Coverage;
  /** Without it bridges speak to no controllers. */
  readonly outside?: Outside;
}

/** Every bridge of the daemon, and a datapath for each type in use. */
export class OfprotoSwitches implements Switches {
  readonly bridges: Map<string, Bridge> = new Map();
  readonly backers: Map<string, Backer> = new Map();
  #conntrack: ReadonlyMap<string, ConntrackSettings> = new Map();
  /** `upcall/disable-ufid`. */
  ufidDumps = true;
  readonly #deps: SwitchesDeps;
  readonly #log: Logger;
  readonly #classes: ReadonlyMap<string, DatapathClass>;
  readonly #counters: OfprotoCounters;
  readonly #patch: DeviceClass = patchClass();
  /** Outlive bridges, so that a name gets its number again. */
  #limits: FlowLimits = defaultLimits;
  #datapathOptions: ReadonlyMap<string, string> = new Map();
  #isRestoring = false;

  constructor(deps: SwitchesDeps) {
    this.#deps = deps;
    this.#log = deps.log.module("ofproto");
    this.#counters = new OfprotoCounters(deps.coverage);
    this.#classes = new Map(deps.datapathClasses.map((c) => [c.type, c]));
  }

  get datapathTypes(): readonly string[] {
    return [...this.#classes.keys()];
  }

  interfaceTypes(datapathType: string): readonly string[] {
    const types = this.#classes.get(datapathType)?.interfaceTypes ?? [];
    return types.includes("patch") ? types : [...types, "patch"];
  }

  deviceClass(datapathType: string, interfaceType: string): DeviceClass | undefined {
    if (interfaceType === "patch") return this.#patch;
    return this.#classes.get(datapathType)?.deviceClass(interfaceType);
  }

  add(settings: BridgeSettings): Switch {
    const old = this.bridges.get(settings.name);
    if (old && old.backer.datapath.type === settings.datapathType) {
      old.configure(settings);
      return old;
    }
    if (old) this.remove(settings.name);
    const backer = this.#backer(settings.datapathType);
    const bridge = new Bridge(settings, backer, new PortNumbers(), this.#deps.outside);
    this.bridges.set(settings.name, bridge);
    return bridge;
  }

  remove(name: string): void {
    const bridge = this.bridges.get(name);
    if (!bridge) return;
    bridge.destroy();
    this.bridges.delete(name);
    this.#closeUnused(bridge.backer);
  }

  get(name: string): Switch | undefined {
    return this.bridges.get(name);
  }

  capabilities(datapathType: string): ReadonlyMap<string, string> {
    const backer = this.backers.get(datapathType);
    const [bridge] = backer?.bridges.values() ?? [];
    return backer && bridge ? capabilities(bridge.settings.vlanLimit, backer.features) : new Map();
  }

  setFlowLimits(limits: FlowLimits): void {
    this.#limits = limits;
    for (const backer of this.backers.values()) backer.limits = limits;
  }

  setDatapathOptions(options: ReadonlyMap<string, string>): void {
    this.#datapathOptions = options;
    for (const backer of this.backers.values()) backer.datapath.setOptions(options);
  }

  awaitFlows(): void {
    if (this.bridges.size === 0) this.#isRestoring = true;
  }

  adopt(): void {
    for (const backer of this.backers.values()) backer.adopt();
  }

  flowsRestored(): void {
    this.#isRestoring = false;
    for (const backer of this.backers.values()) backer.restored();
    for (const bridge of this.bridges.values()) bridge.restored();
  }

  setConntrack(settings: ReadonlyMap<string, ConntrackSettings>): void {
    this.#conntrack = settings;
    for (const [type, backer] of this.backers) backer.setConntrack(settings.get(type));
  }

  /** What there is a lot of, for `memory/show`. */
  memoryUsage(): Readonly<Record<string, number>> {
    let [ofconns, ports, rules, keys] = [0, 0, 0, 0];
    for (const { state, connections } of this.bridges.values()) {
      ofconns += connections.count;
      ports += state.ports.size;
      rules += state.tables.size;
    }
    for (const backer of this.backers.values()) keys += backer.flows.size;
    return {
      handlers: this.backers.size,
      ...(ofconns > 0 && { ofconns }),
      ports,
      revalidators: this.backers.size,
      rules,
      "udpif keys": keys,
    };
  }

  async settle(): Promise<void> {
    await Promise.all([...this.backers.values()].map((backer) => backer.revalidator.settled()));
    await Promise.all([...this.backers.values()].map((backer) => backer.datapath.settled()));
    await Promise.all([...this.bridges.values()].map((bridge) => bridge.connections.settled()));
  }

  close(cleanup: boolean): void {
    if (!cleanup) for (const { datapath } of this.backers.values()) datapath.leave?.();
    for (const name of [...this.bridges.keys()]) this.remove(name);
  }

  #backer(type: string): Backer {
    const known = this.backers.get(type);
    if (known) return known;
    const engine = this.#classes.get(type);
    if (!engine) throw new UserError("Address family not supported by protocol");
    const backer = new Backer(
      engine.open(`ovs-${type}`),
      this.#deps.clock,
      this.#log,
      this.#counters,
      this.#isRestoring,
    );
    backer.limits = this.#limits;
    backer.datapath.setOptions(this.#datapathOptions);
    backer.setConntrack(this.#conntrack.get(type));
    this.backers.set(type, backer);
    return backer;
  }

  #closeUnused(backer: Backer): void {
    if (backer.bridges.size > 0) return;
    backer.close();
    this.backers.delete(backer.datapath.type);
  }
}

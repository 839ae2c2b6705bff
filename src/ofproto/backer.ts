import type { Datapath, HeldFlow } from "#datapath/datapath.js";
import type { DatapathDropReason } from "#datapath/drop-reasons.js";
import type { FlowKey } from "#flow/key.js";
import { W } from "#flow/layout.js";
import type { Logger } from "#runtime/logger.js";
import type { Cancel, Clock } from "#util/clock.js";
import type { MacNumber } from "#util/mac-number.js";
import { portOrAbsent } from "./absent-port.js";
import type { BridgeState } from "./bridge-state.js";
import { type ConntrackSettings, ConntrackZones } from "./conntrack-settings.js";
import type { OfprotoCounters } from "./counters.js";
import { RuntimeFeatures } from "./datapath-features.js";
import { AdaptiveFlowLimit, defaultLimits, type FlowLimits } from "./limits.js";
import { MegaflowIndex } from "./megaflow-index.js";
import { DatapathMeterIds } from "./meters/datapath-meter-ids.js";
import type { OfPort } from "./port.js";
import { Recirculation } from "./recirculation.js";
import { Revalidator } from "./revalidator.js";
import { takeOver } from "./take-over.js";
import { LiveTraces } from "./traces/live-traces.js";
import type { World } from "./translate/context.js";
import { FloodCache } from "./translate/flood-cache.js";
import type { LiveFilter } from "./translate/trace-live.js";
import { Upcalls } from "./upcalls.js";

const NO_CONNTRACK: ConntrackSettings = { zones: new Map(), defaultLimit: undefined };

/** A datapath and the bridges on it, which are all of one type: upcalls come up here, megaflows go down. */
export class Backer implements World {
  readonly datapath: Datapath;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: OfprotoCounters;
  readonly bridges: Map<string, BridgeState> = new Map();
  readonly flows: MegaflowIndex = new MegaflowIndex();
  readonly flowLimit: AdaptiveFlowLimit = new AdaptiveFlowLimit();
  readonly revalidator: Revalidator;
  readonly upcalls: Upcalls;
  readonly floods: FloodCache = new FloodCache();
  readonly frozen: Recirculation;
  /** Those who look at packets as they pass. */
  readonly traces: LiveTraces = new LiveTraces(this);
  readonly features: RuntimeFeatures = new RuntimeFeatures();
  readonly meters: DatapathMeterIds;
  readonly #zones: ConntrackZones;
  limits: FlowLimits = defaultLimits;
  /** `upcall/disable-megaflows`. */
  megaflows = true;
  readonly #ports = new Map<number, OfPort>();
  readonly #patches = new Map<string, OfPort>();
  readonly #dropped = new Map<string, number>();
  #isRestoring: boolean;
  /** Flows of a process before this one that are still to be looked at. */
  readonly #adopted: HeldFlow[] = [];
  /** It runs in the next turn. */
  #isDue = false;
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined;

  /** Where `isRestoring`, the datapath's flows stay as they are, and nothing comes up, until `restored`. */
  constructor(datapath: Datapath, clock: Clock, log: Logger, counters: OfprotoCounters, isRestoring = false) {
    this.counters = counters;
    this.datapath = datapath;
    this.meters = new DatapathMeterIds(datapath.meters);
    this.#zones = new ConntrackZones(datapath.conntrack);
    this.clock = clock;
    this.frozen = new Recirculation(clock);
    this.log = log;
    this.revalidator = new Revalidator(this);
    this.upcalls = new Upcalls(this);
    this.#isRestoring = isRestoring;
    if (!isRestoring) this.#begin();
  }

  /** Flows are still being put back after a restart. */
  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  /** The tables are as they were before the restart: packets may come up. */
  restored(): void {
    if (!this.#isRestoring) return;
    this.#isRestoring = false;
    this.#begin();
  }

  #begin(): void {
    const adopted = new Set(this.#adopted.map(({ ufid }) => ufid));
    const others = adopted.size > 0 ? [...this.datapath.flows()].filter(({ ufid }) => !adopted.has(ufid)) : undefined;
    if (others === undefined) this.datapath.flush();
    else this.datapath.deleteFlows(others.map(({ ufid }) => ufid));
    this.datapath.onUpcall((batch) => this.upcalls.handle(batch));
    this.#takeOver();
  }

  /** Takes over what a process before this one has left in the datapath. The ports are there, and, unless it `isRestoring`, the tables. */
  adopt(): void {
    this.#adopted.push(...(this.datapath.adopt?.() ?? []));
    if (!this.#isRestoring) this.#takeOver();
  }

  #takeOver(): void {
    if (this.#adopted.length === 0) return;
    const flows = this.#adopted.splice(0);
    const orphans = takeOver(this, flows);
    this.log.info(`${this.datapath.name}: ${flows.length} flows taken over`);
    this.changed();
    // Packets go by them until those before them in the pipeline know better.
    void this.revalidator.settled().then(() => this.datapath.removeFlows(orphans));
  }

  /** The OpenFlow port that a datapath's port is. */
  port(datapathPort: number): OfPort | undefined {
    return this.#ports.get(datapathPort);
  }

  /** The port that a packet of the datapath's came in by; of one that was recirculated, that may be no port of the datapath's. */
  origin(key: FlowKey): OfPort | undefined {
    const port = this.port(key[W.inPort]!);
    if (port !== undefined || key[W.recircId] === 0) return port;
    const state = this.frozen.get(key[W.recircId]!);
    return state && portOrAbsent(state.bridge, state.metadata[W.inPort]!);
  }

  addPort(port: OfPort): void {
    if (port.datapathPort === undefined) this.#patches.set(port.name, port);
    else this.#ports.set(port.datapathPort, port);
  }

  removePort(port: OfPort): void {
    this.floods.clear();
    if (port.datapathPort === undefined) this.#patches.delete(port.name);
    else {
      this.#ports.delete(port.datapathPort);
      this.revalidator.forgetPort(port.datapathPort);
      this.datapath.removePort(port.datapathPort);
    }
    this.changed();
  }

  /** Actions for tests of switches are taken where the devices are for tests too. */
  get takesDebugActions(): boolean {
    return this.datapath.type === "dummy";
  }

  get live(): readonly LiveFilter[] {
    return this.traces.filters;
  }

  timeoutPolicy(zone: number): string | undefined {
    return this.#zones.policy(zone);
  }

  /** Takes what is wanted of connection tracking; undefined where no row says. */
  setConntrack(settings: ConntrackSettings | undefined): void {
    if (this.#zones.apply(settings ?? NO_CONNTRACK)) this.changed();
  }

  patchPeer(port: OfPort): OfPort | undefined {
    const peer = this.#patches.get(port.device.options().get("peer") ?? "");
    return peer?.device.options().get("peer") === port.name ? peer : undefined;
  }

  /** Takes over what the datapath has dropped since the last time. Packets of flows without actions are counted with their flows. */
  collectDrops(): void {
    for (const [reason, packets] of this.datapath.drops()) {
      const before = this.#dropped.get(reason) ?? 0;
      this.#dropped.set(reason, packets);
      if (reason !== "drop_action_of_pipeline") {
        this.counters.datapathDropped(reason as DatapathDropReason, packets - before);
      }
    }
  }

  /** Settings, ports or tables are others now: every flow is to be translated again. */
  changed(): void {
    this.floods.clear();
    this.revalidator.everything();
    this.#wakeNow();
  }

  /** An address was learned, moved or forgotten: flows that looked it up are to be translated again. */
  macChanged(mac: MacNumber): void {
    this.revalidator.mac(mac);
    this.#wakeNow();
  }

  /** As `wake(0)`, which very many changes ask for in one turn. */
  #wakeNow(): void {
    if (this.#isDue) return;
    this.wake(0);
    this.#isDue = true;
  }

  /** Has the revalidator run no later than `delay` milliseconds from now. */
  wake(delay: number): void {
    const at = this.clock.now() + delay;
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.cancel.cancel();
    const cancel = this.clock.after(delay, () => {
      this.#timer = undefined;
      this.#isDue = false;
      this.revalidator.run();
      if (this.flows.size > 0 || this.#hasAddresses()) this.wake(this.revalidator.interval);
    });
    this.#timer = { at, cancel };
  }

  close(): void {
    this.traces.close();
    this.#timer?.cancel.cancel();
    this.datapath.onUpcall(undefined);
    this.revalidator.purge();
    this.datapath.close();
  }

  #hasAddresses(): boolean {
    for (const bridge of this.bridges.values()) if (bridge.macs.size > 0) return true;
    return false;
  }
}

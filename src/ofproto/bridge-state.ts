import { TlvMap } from "#flow/tlv-map.js";
import type { Fragments } from "#openflow/messages/connection/switch-config.js";
import type { FlowMod } from "#openflow/messages/flow/flow-mod.js";
import { MacTable } from "#protocols/mac-table.js";
import type { MacNumber } from "#util/mac-number.js";
import type { Bundle } from "./bundle.js";
import type { ToControllers } from "./connections/to-controllers.js";
import type { OfprotoCounters } from "./counters.js";
import type { MissRules } from "./default-rules.js";
import { DropCounters } from "./drop-counters.js";
import type { DropReason } from "./drop-reason.js";
import { GroupTable } from "./groups/group-table.js";
import { MeterTable } from "./meters/meter-table.js";
import type { OfPort } from "./port.js";
import type { BridgeSettings } from "./settings.js";
import type { FlowTables } from "./tables/flow-tables.js";
import type { Rule } from "./tables/rule.js";

/** Makes changes of a bridge's flows that packets bring about: `learn` and `fin_timeout`. */
export interface FlowChanger {
  flowMod(mod: FlowMod): void;
  /** Seconds; 0 leaves a timeout as it is. */
  lowerTimeouts(rule: Rule, idle: number, hard: number): void;
}

/** A bridge as translation reads it: settings, ports, logical ports, tables, addresses. `bridge.ts` changes it. */
export class BridgeState {
  readonly name: string;
  /** Tells bridges apart in continuations: 16 bytes that no bridge had before. */
  readonly uuid: Uint8Array = crypto.getRandomValues(new Uint8Array(16));
  settings: BridgeSettings;
  readonly ports: Map<number, OfPort> = new Map();
  readonly portsByName: Map<string, OfPort> = new Map();
  /** In the order in which they were configured, which is the order of flooding. */
  readonly bundles: Map<string, Bundle> = new Map();
  readonly macs: MacTable<Bundle>;
  readonly tables: FlowTables;
  readonly groups: GroupTable = new GroupTable();
  readonly meters: MeterTable = new MeterTable();
  /** The switch's own rules for packets that no rule matches. */
  readonly misses: MissRules;
  readonly drops: DropCounters = new DropCounters();
  /** Who is told of changes and packets; undefined while nobody can be. */
  controllers: ToControllers | undefined;
  /** There are IPFIX collectors for what `sample` actions pick. */
  exportsSamples = false;
  /** Who makes the changes of flows that packets bring about; undefined while there is no one to. */
  flowChanger: FlowChanger | undefined;
  /** What becomes of IP fragments (OFPT_SET_CONFIG). */
  fragments: Fragments = "normal";
  /** Geneve options that are tunnel metadata here. */
  tlvs: TlvMap = TlvMap.empty;
  readonly #counters: OfprotoCounters;
  /** Evictions counted so far. */
  #evicted = 0;

  constructor(
    settings: BridgeSettings,
    tables: FlowTables,
    misses: MissRules,
    counters: OfprotoCounters,
    macChanged: (mac: MacNumber) => void,
  ) {
    this.#counters = counters;
    this.name = settings.name;
    this.settings = settings;
    this.tables = tables;
    this.misses = misses;
    this.macs = new MacTable(macChanged);
  }

  /** A source address was seen at `now` (clock milliseconds). */
  learn(now: number, bundle: Bundle, vlan: number, mac: MacNumber, gratuitousArp: boolean): void {
    if (this.bundles.get(bundle.name) !== bundle || bundle.members.length === 0) return;
    const learning = this.macs.learn(now, bundle, vlan, mac, { gratuitousArp });
    if (learning === "moved") this.#counters.moved.add();
    if (learning !== "learned") return;
    this.#counters.learned.add();
    const { evicted } = this.macs.stats();
    this.#counters.evicted.add(Math.max(0, evicted - this.#evicted));
    this.#evicted = evicted;
  }

  /** Forgets addresses that have been silent too long. */
  expire(now: number): void {
    const { expired } = this.macs.stats();
    this.macs.expire(now);
    this.#counters.expired.add(this.macs.stats().expired - expired);
  }

  /** Packets that came in by a port went nowhere. `isCovered`: coverage counters are told. */
  dropped(port: string, reason: DropReason, packets: number, isCovered = true): void {
    this.drops.count(port, reason, packets);
    if (isCovered) this.#counters.dropped(reason, packets);
  }
}

import { MacTable } from "#protocols/mac-table.js";
import type { MacNumber } from "#util/mac-number.js";
import type { Bundle } from "./bundle.js";
import { DropCounters } from "./drop-counters.js";
import type { FlowTable } from "./flow-table.js";
import type { OfPort } from "./port.js";
import type { BridgeSettings } from "./settings.js";

/** A bridge as translation reads it: settings, ports, logical ports, tables, addresses. `bridge.ts` changes it. */
export class BridgeState {
  readonly name: string;
  settings: BridgeSettings;
  readonly ports: Map<number, OfPort> = new Map();
  readonly portsByName: Map<string, OfPort> = new Map();
  /** In the order in which they were configured, which is the order of flooding. */
  readonly bundles: Map<string, Bundle> = new Map();
  readonly macs: MacTable<Bundle>;
  readonly tables: FlowTable[];
  readonly drops: DropCounters = new DropCounters();

  constructor(settings: BridgeSettings, tables: FlowTable[], macChanged: (mac: MacNumber) => void) {
    this.name = settings.name;
    this.settings = settings;
    this.tables = tables;
    this.macs = new MacTable(macChanged);
  }

  /** A source address was seen at `now` (clock milliseconds). */
  learn(now: number, bundle: Bundle, vlan: number, mac: MacNumber, gratuitousArp: boolean): void {
    if (this.bundles.get(bundle.name) !== bundle || bundle.members.length === 0) return;
    this.macs.learn(now, bundle, vlan, mac, { gratuitousArp });
  }
}

import type {
  ConnectionTracking,
  CtEntry,
  CtExpectation,
  CtFigures,
  CtFilter,
  CtFragmentStatus,
  CtZoneLimit,
} from "./connection-tracking.js";
import type { CtPage, CtRequest, CtSetting } from "./ct-request.js";

/** How requests reach the thread that forwards. */
export interface CtAsker {
  /** Has a request answered; rejects where that thread is no more. */
  ask(request: CtRequest): Promise<unknown>;
  /** Tells of a setting. */
  tell(setting: CtSetting): void;
}

/** Milliseconds between two sweeps, unless set. */
export const SWEEP_INTERVAL = 50;
const DEFAULT_MOST = 3_000_000;

/** Connection tracking seen from where it is managed: settings are known here, everything else is asked for. */
export class ManagedTracking implements ConnectionTracking {
  readonly #asker: CtAsker;
  /** What has been set, by what it sets: to be told again to another thread. */
  readonly #settings = new Map<string, CtSetting>();
  maxConnections: number = DEFAULT_MOST;
  checksSequences = true;
  sweepInterval: number = SWEEP_INTERVAL;

  constructor(asker: CtAsker) {
    this.#asker = asker;
  }

  /** Everything that has been set so far. */
  settings(): Iterable<CtSetting> {
    return this.#settings.values();
  }

  #set(name: string, setting: CtSetting): void {
    this.#settings.delete(name);
    this.#settings.set(name, setting);
    this.#asker.tell(setting);
  }

  #unset(name: string, setting: CtSetting): void {
    this.#settings.delete(name);
    this.#asker.tell(setting);
  }

  async dump(filter?: CtFilter): Promise<readonly CtEntry[]> {
    const entries: CtEntry[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const page = (await this.#asker.ask({ kind: "dump", filter, from })) as CtPage;
      for (const entry of page.entries) entries.push(entry);
      from = page.next;
    }
    return entries;
  }

  async flush(filter?: CtFilter): Promise<void> {
    for (let from: number | undefined = 0; from !== undefined; ) {
      from = ((await this.#asker.ask({ kind: "flush", filter, from })) as CtPage).next;
    }
  }

  async figures(): Promise<CtFigures> {
    return (await this.#asker.ask({ kind: "figures" })) as CtFigures;
  }

  async expectations(zone?: number): Promise<readonly CtExpectation[]> {
    return (await this.#asker.ask({ kind: "expectations", zone })) as readonly CtExpectation[];
  }

  setSweepInterval(milliseconds: number): void {
    this.sweepInterval = milliseconds;
    this.#set("sweep", { kind: "sweep_interval", milliseconds });
  }

  setMaxConnections(most: number): void {
    this.maxConnections = most;
    this.#set("max", { kind: "max_connections", most });
  }

  setChecksSequences(on: boolean): void {
    this.checksSequences = on;
    this.#set("sequences", { kind: "sequences", on });
  }

  setLimits(
    defaultLimit: number | undefined,
    zones: readonly { readonly zone: number; readonly limit: number }[],
  ): void {
    if (defaultLimit !== undefined) this.#set("default", { kind: "default_limit", limit: defaultLimit });
    for (const { zone, limit } of zones) this.#set(`zone ${zone}`, { kind: "zone_limit", zone, limit });
  }

  deleteLimits(zones: readonly number[]): void {
    for (const zone of zones) this.#unset(`zone ${zone}`, { kind: "zone_limit", zone, limit: undefined });
  }

  async limits(
    zones?: readonly number[],
  ): Promise<{ readonly defaultLimit: number; readonly zones: readonly CtZoneLimit[] }> {
    return (await this.#asker.ask({ kind: "limits", zones })) as {
      readonly defaultLimit: number;
      readonly zones: readonly CtZoneLimit[];
    };
  }

  setTimeoutPolicy(name: string, seconds: ReadonlyMap<string, number>): void {
    this.#set(`timeouts ${name}`, { kind: "timeouts", name, seconds: new Map(seconds) });
  }

  deleteTimeoutPolicy(name: string): void {
    this.#unset(`timeouts ${name}`, { kind: "timeouts", name, seconds: undefined });
  }

  async fragments(): Promise<CtFragmentStatus> {
    return (await this.#asker.ask({ kind: "fragments" })) as CtFragmentStatus;
  }

  setFragmentsEnabled(isIpv6: boolean, on: boolean): void {
    this.#set(`fragments ${isIpv6}`, { kind: "fragments_enabled", isIpv6, on });
  }

  setLeastFragment(isIpv6: boolean, bytes: number): void {
    this.#set(`least ${isIpv6}`, { kind: "least_fragment", isIpv6, bytes });
  }

  setMostFragments(most: number): void {
    this.#set("fragments", { kind: "most_fragments", most });
  }
}

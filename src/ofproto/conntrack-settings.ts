import type { ConnectionTracking } from "#datapath/conntrack/connection-tracking.js";

/** How a datapath is to track the connections of a zone. */
export interface CtZoneSettings {
  /** Seconds by what a connection is in, as CT_Timeout_Policy:timeouts names it; undefined for the usual ones. */
  readonly timeouts: ReadonlyMap<string, number> | undefined;
  /** Connections that may be; undefined for the default. */
  readonly limit: number | undefined;
}

/** What a Datapath row wants of connection tracking. */
export interface ConntrackSettings {
  readonly zones: ReadonlyMap<number, CtZoneSettings>;
  readonly defaultLimit: number | undefined;
}

/** Keeps a datapath's connection tracking as settings want it. Zones with the same timeouts share a policy. */
export class ConntrackZones {
  readonly #conntrack: ConnectionTracking;
  readonly #policies = new Map<number, string>();
  /** Names of policies by what is in them. */
  readonly #names = new Map<string, string>();
  #limited: readonly number[] = [];
  #hadDefault = false;
  #lastName = 0;

  constructor(conntrack: ConnectionTracking) {
    this.#conntrack = conntrack;
  }

  /** The name of a zone's timeout policy. */
  policy(zone: number): string | undefined {
    return this.#policies.get(zone);
  }

  /** Applies settings. True where zones have other policies than before, so that flows do, too. */
  apply(settings: ConntrackSettings): boolean {
    this.#applyLimits(settings);
    const before = new Map(this.#policies);
    const used = new Set<string>();
    this.#policies.clear();
    for (const [zone, { timeouts }] of settings.zones) {
      if (timeouts === undefined) continue;
      const content = JSON.stringify([...timeouts].sort());
      used.add(content);
      let name = this.#names.get(content);
      if (name === undefined) {
        name = String(++this.#lastName);
        this.#names.set(content, name);
        this.#conntrack.setTimeoutPolicy(name, timeouts);
      }
      this.#policies.set(zone, name);
    }
    for (const [content, name] of this.#names) {
      if (used.has(content)) continue;
      this.#names.delete(content);
      this.#conntrack.deleteTimeoutPolicy(name);
    }
    const isSame =
      before.size === this.#policies.size && [...before].every(([z, name]) => this.#policies.get(z) === name);
    return !isSame;
  }

  #applyLimits({ zones, defaultLimit }: ConntrackSettings): void {
    const limits = [...zones].flatMap(([zone, { limit }]) => (limit === undefined ? [] : [{ zone, limit }]));
    const wanted = new Set(limits.map(({ zone }) => zone));
    this.#conntrack.deleteLimits(this.#limited.filter((zone) => !wanted.has(zone)));
    // What `dpctl/ct-set-limits` has set stays where the database says nothing.
    this.#conntrack.setLimits(defaultLimit ?? (this.#hadDefault ? 0 : undefined), limits);
    this.#limited = [...wanted];
    this.#hadDefault = defaultLimit !== undefined;
  }
}

import type { CtFigures, CtFragmentStatus, CtFragments, CtZoneLimit } from "./connection-tracking.js";
import { Conntrack } from "./conntrack.js";
import type { CtPage, CtRequest } from "./ct-request.js";
import { describeConnection, matchesFilter } from "./describe-connection.js";
import { Fragments } from "./fragments.js";
import { SWEEP_INTERVAL } from "./managed-tracking.js";

/** Connections looked at in one go when their time may be over: a tenth of a millisecond. */
const SWEEP_BUDGET = 512;

/** Rows looked at for one request: some milliseconds of work where all are to be described. */
const PAGE = 1024;

/** Connection tracking where packets are forwarded: connections, fragments, and what may be asked of them. */
export class TrackingCore<Token> {
  readonly connections: Conntrack;
  readonly fragments: Fragments<Token>;
  /** Milliseconds that should pass between two sweeps after one that found nothing more to do. */
  sweepInterval: number = SWEEP_INTERVAL;

  /** `onLost` is told how many fragments have waited in vain. */
  constructor(random: () => number, onLost: (fragments: number) => void) {
    this.fragments = new Fragments(onLost);
    this.connections = new Conntrack(random);
  }

  /** True while there is something that ends with time. */
  get isBusy(): boolean {
    return this.connections.pool.count > 0 || this.fragments.held > 0;
  }

  /** Forgets what is over, a little at a time; `now` in milliseconds. True where there is more to do. */
  sweep(now: number): boolean {
    this.connections.setTime(now);
    this.fragments.sweep(now);
    return this.connections.sweep(SWEEP_BUDGET);
  }

  /** Does what is asked for; `now` in milliseconds. Returns the answer, of plain data. */
  answer(request: CtRequest, now: number): unknown {
    const { connections, fragments } = this;
    connections.setTime(now);
    switch (request.kind) {
      case "dump": {
        const { ids, next } = this.#matching(request.filter, request.from);
        return { entries: ids.map((id) => describeConnection(connections, id)), next } satisfies CtPage;
      }
      case "flush": {
        const { ids, next } = this.#matching(request.filter, request.from);
        for (const id of ids) connections.remove(id);
        if (request.filter === undefined && next === undefined) connections.forgetExpectations();
        return { entries: [], next } satisfies CtPage;
      }
      case "expectations":
        return connections.expected().filter(({ zone }) => request.zone === undefined || zone === request.zone);
      case "sweep_interval":
        this.sweepInterval = request.milliseconds;
        return undefined;
      case "figures":
        return { connections: connections.count, full: connections.full } satisfies CtFigures;
      case "limits":
        return this.#limits(request.zones);
      case "fragments":
        return this.#fragmentStatus();
      case "max_connections":
        connections.maxConnections = request.most;
        return undefined;
      case "sequences":
        connections.checksSequences = request.on;
        return undefined;
      case "default_limit":
        connections.limits.defaultLimit = request.limit;
        return undefined;
      case "zone_limit":
        if (request.limit === undefined) connections.limits.delete(request.zone);
        else connections.limits.set(request.zone, request.limit);
        return undefined;
      case "timeouts":
        if (request.seconds === undefined) connections.policies.delete(request.name);
        else connections.policies.set(request.name, request.seconds);
        connections.endLeases();
        return undefined;
      case "fragments_enabled":
        this.#family(request.isIpv6).isEnabled = request.on;
        return undefined;
      case "least_fragment":
        this.#family(request.isIpv6).least = request.bytes;
        return undefined;
      case "most_fragments":
        fragments.most = request.most;
        return undefined;
    }
  }

  #family(isIpv6: boolean): Fragments<Token>["v4"] {
    return isIpv6 ? this.fragments.v6 : this.fragments.v4;
  }

  /** Connections among some rows from `from` on, and where the rows after these begin. */
  #matching(
    filter: Parameters<typeof matchesFilter>[2],
    from: number,
  ): { readonly ids: number[]; readonly next: number | undefined } {
    const { connections } = this;
    const end = Math.min(connections.pool.end, from + PAGE);
    const ids: number[] = [];
    for (let id = from; id < end; id++) {
      if (connections.isAlive(id) && matchesFilter(connections, id, filter)) ids.push(id);
    }
    return { ids, next: end < connections.pool.end ? end : undefined };
  }

  #limits(zones: readonly number[] | undefined): { defaultLimit: number; zones: CtZoneLimit[] } {
    const { limits } = this.connections;
    // Connections that have expired do not count.
    this.connections.sweep(Number.POSITIVE_INFINITY);
    const asked = zones ?? limits.zones();
    return {
      defaultLimit: limits.defaultLimit,
      zones: asked.map((zone) => ({ zone, limit: limits.limit(zone), count: limits.count(zone) })),
    };
  }

  #fragmentStatus(): CtFragmentStatus {
    const { most, held, v4, v6 } = this.fragments;
    const told = ({ isEnabled, least, counts }: CtFragments): CtFragments => ({
      isEnabled,
      least,
      counts: { ...counts },
    });
    return { most, held, v4: told(v4), v6: told(v6) };
  }
}

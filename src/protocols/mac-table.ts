import { isMulticastMac, type MacNumber } from "#util/mac-number.js";

/** How long a gratuitous ARP's learning is kept from being undone by ordinary packets, in milliseconds. */
export const GRATUITOUS_ARP_LOCK = 5000;

/** One learned or static address. `P` is whatever the owner calls a port; ports are compared by identity. */
export interface MacEntry<P> {
  readonly mac: MacNumber;
  readonly vlan: number;
  readonly port: P;
  readonly isStatic: boolean;
  /** When the address was last seen, in the owner's clock's milliseconds. */
  readonly seen: number;
}

/** Totals as `fdb/stats-show` prints them. */
export interface MacTableStats {
  readonly current: number;
  readonly max: number;
  readonly static: number;
  readonly learned: number;
  readonly expired: number;
  readonly evicted: number;
  readonly moved: number;
}

/** What seeing an address did: `learned` and `moved` change where packets go; the others do not. */
export type Learning = "learned" | "moved" | "refreshed" | "locked" | "static" | "stale" | "refused";

interface Entry<P> extends MacEntry<P> {
  port: P;
  isStatic: boolean;
  seen: number;
  lockedUntil: number;
}

/**
 * A MAC learning table without I/O: (VLAN, address) → port. Learned entries age out; when the table is full, the port with the
 * most entries loses the one seen least recently, so that one busy or hostile port cannot push out the others.
 */
export class MacTable<P> {
  readonly #vlans = new Map<number, Map<MacNumber, Entry<P>>>();
  /** Every entry, least recently touched first. */
  readonly #order = new Set<Entry<P>>();
  /** Learned entries of each port, least recently touched first. */
  readonly #byPort = new Map<P, Set<Entry<P>>>();
  #maxEntries = 8192;
  #agingTime = 300_000;
  #floodVlans: ReadonlySet<number> = new Set();
  #static = 0;
  #learned = 0;
  #expired = 0;
  #evicted = 0;
  #moved = 0;
  readonly #changed: (mac: MacNumber) => void;

  /** `changed` is told each address whose port may have become another, or known, or unknown. */
  constructor(changed: (mac: MacNumber) => void = () => {}) {
    this.#changed = changed;
  }

  /** `agingTime` in milliseconds. Entries beyond a lowered maximum are evicted, entries in flooded VLANs forgotten. */
  configure(settings: { maxEntries: number; agingTime: number; floodVlans: readonly number[] }): void {
    this.#maxEntries = settings.maxEntries;
    this.#agingTime = settings.agingTime;
    this.#floodVlans = new Set(settings.floodVlans);
    for (const e of [...this.#order]) if (!e.isStatic && this.#floodVlans.has(e.vlan)) this.#remove(e);
    while (this.#order.size > this.#maxEntries && this.#evict());
  }

  get agingTime(): number {
    return this.#agingTime;
  }

  /** Whether a source address in a VLAN may be learned at all: not a group address, not in a flooded VLAN. */
  mayLearn(mac: MacNumber, vlan: number): boolean {
    return !isMulticastMac(mac) && !this.#floodVlans.has(vlan);
  }

  /**
   * An address was seen as a source on a port at time `now`. A packet older than the entry (statistics of a flow that
   * another has overtaken) does not move it back. `gratuitousArp` locks the entry where it is for five seconds; with `respectLock`,
   * packets that are not gratuitous ARPs do not move a locked entry.
   */
  learn(
    now: number,
    port: P,
    vlan: number,
    mac: MacNumber,
    options: { gratuitousArp?: boolean; respectLock?: boolean } = {},
  ): Learning {
    if (!this.mayLearn(mac, vlan)) return "refused";
    const { gratuitousArp = false, respectLock = false } = options;
    const old = this.#vlans.get(vlan)?.get(mac);
    if (!old) {
      while (this.#order.size >= this.#maxEntries) if (!this.#evict()) return "refused";
      const lockedUntil = gratuitousArp ? now + GRATUITOUS_ARP_LOCK : 0;
      this.#insert({ mac, vlan, port, isStatic: false, seen: now, lockedUntil });
      this.#learned++;
      this.#changed(mac);
      return "learned";
    }
    if (old.isStatic) return "static";
    if (old.port !== port) {
      if (now < old.seen) return "stale";
      if (respectLock && !gratuitousArp && now < old.lockedUntil) return "locked";
    }
    if (gratuitousArp) old.lockedUntil = now + GRATUITOUS_ARP_LOCK;
    const moved = old.port !== port;
    // What was seen in this very second is not touched again, as upstream does it: the order of entries shows.
    if (!moved && now - old.seen < 1000) return "refreshed";
    old.seen = Math.max(old.seen, now);
    this.#leavePort(old);
    old.port = port;
    this.#joinPort(old);
    this.#order.delete(old);
    this.#order.add(old);
    if (!moved) return "refreshed";
    this.#moved++;
    this.#changed(mac);
    return "moved";
  }

  /** The entry of an address, none in flooded VLANs; expiry is `expire`'s business. */
  lookup(vlan: number, mac: MacNumber): MacEntry<P> | undefined {
    if (this.#floodVlans.has(vlan)) return undefined;
    return this.#vlans.get(vlan)?.get(mac);
  }

  /** Adds a static entry, which neither ages, moves nor is evicted. Returns the port of a static entry it replaces. */
  addStatic(now: number, port: P, vlan: number, mac: MacNumber): P | undefined {
    const old = this.#vlans.get(vlan)?.get(mac);
    if (old) this.#remove(old);
    // Learned entries make room; what an operator adds beyond that is kept.
    while (this.#order.size >= this.#maxEntries && this.#evict());
    this.#insert({ mac, vlan, port, isStatic: true, seen: now, lockedUntil: 0 });
    this.#changed(mac);
    return old?.isStatic ? old.port : undefined;
  }

  /** Removes a static entry; false where there is none. */
  removeStatic(vlan: number, mac: MacNumber): boolean {
    const old = this.#vlans.get(vlan)?.get(mac);
    if (!old?.isStatic) return false;
    this.#remove(old);
    return true;
  }

  /** Removes entries not seen for the aging time. */
  expire(now: number): void {
    for (const e of this.#order) {
      if (e.isStatic) continue;
      // Touch order is time order but for packets credited late, so going on past a live entry would find next to nothing.
      if (now - e.seen < this.#agingTime) break;
      this.#expired++;
      this.#remove(e);
    }
  }

  /** Forgets everything learned. */
  flush(): void {
    for (const e of [...this.#order]) if (!e.isStatic) this.#remove(e);
  }

  /** Forgets everything about a port; static entries too with `alsoStatic` (the port is going). */
  flushPort(port: P, alsoStatic = false): void {
    for (const e of [...(this.#byPort.get(port) ?? [])]) this.#remove(e);
    if (!alsoStatic) return;
    for (const e of [...this.#order]) if (e.port === port) this.#remove(e);
  }

  /** All entries, least recently touched first: the order of `fdb/show`. */
  entries(): Iterable<MacEntry<P>> {
    return this.#order;
  }

  get size(): number {
    return this.#order.size;
  }

  stats(): MacTableStats {
    return {
      current: this.#order.size,
      max: this.#maxEntries,
      static: this.#static,
      learned: this.#learned,
      expired: this.#expired,
      evicted: this.#evicted,
      moved: this.#moved,
    };
  }

  clearStats(): void {
    this.#learned = this.#expired = this.#evicted = this.#moved = 0;
  }

  #insert(e: Entry<P>): void {
    let vlan = this.#vlans.get(e.vlan);
    if (!vlan) this.#vlans.set(e.vlan, (vlan = new Map()));
    vlan.set(e.mac, e);
    this.#order.add(e);
    if (e.isStatic) this.#static++;
    else this.#joinPort(e);
  }

  #remove(e: Entry<P>): void {
    const vlan = this.#vlans.get(e.vlan);
    vlan?.delete(e.mac);
    if (vlan?.size === 0) this.#vlans.delete(e.vlan);
    this.#order.delete(e);
    if (e.isStatic) this.#static--;
    else this.#leavePort(e);
    this.#changed(e.mac);
  }

  #joinPort(e: Entry<P>): void {
    let port = this.#byPort.get(e.port);
    if (!port) this.#byPort.set(e.port, (port = new Set()));
    port.add(e);
  }

  #leavePort(e: Entry<P>): void {
    const port = this.#byPort.get(e.port);
    port?.delete(e);
    if (port?.size === 0) this.#byPort.delete(e.port);
  }

  /** Makes room by taking the stalest entry of the port that has the most; false where only static entries are left. */
  #evict(): boolean {
    let largest: Set<Entry<P>> | undefined;
    for (const port of this.#byPort.values()) if (port.size > (largest?.size ?? 0)) largest = port;
    const [victim] = largest ?? [];
    if (!victim) return false;
    this.#evicted++;
    this.#remove(victim);
    return true;
  }
}

/** How many connections zones have, and may have. */
export class ZoneLimits {
  readonly #counts = new Uint32Array(65536);
  readonly #limits = new Map<number, number>();
  /** Limit of zones without one of their own; 0 is none. */
  defaultLimit = 0;

  count(zone: number): number {
    return this.#counts[zone]!;
  }

  /** One more or one less. */
  add(zone: number, n: 1 | -1): void {
    this.#counts[zone]! += n;
  }

  isFull(zone: number): boolean {
    const limit = this.limit(zone);
    return limit !== 0 && this.#counts[zone]! >= limit;
  }

  limit(zone: number): number {
    return this.#limits.get(zone) ?? this.defaultLimit;
  }

  set(zone: number, limit: number): void {
    this.#limits.set(zone, limit);
  }

  delete(zone: number): void {
    this.#limits.delete(zone);
  }

  /** Zones with limits of their own, in the order in which they got them. */
  zones(): number[] {
    return [...this.#limits.keys()];
  }
}

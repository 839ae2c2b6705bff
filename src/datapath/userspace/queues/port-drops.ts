import type { PortLoss } from "./port-losses.js";

/** The drops of a port, and others of it. */
export function withLoss(
  drops: ReadonlyMap<string, number>,
  { reason, packets }: PortLoss,
): ReadonlyMap<string, number> {
  return packets === 0 ? drops : new Map(drops).set(reason, (drops.get(reason) ?? 0) + packets);
}

/** What each port's own queues lost, by reason. */
export class PortDrops {
  readonly #drops = new Map<number, Map<string, number>>();

  of(port: number): ReadonlyMap<string, number> {
    return this.#drops.get(port) ?? new Map<string, number>();
  }

  add({ port, reason, packets }: PortLoss): void {
    let drops = this.#drops.get(port);
    if (!drops) this.#drops.set(port, (drops = new Map()));
    drops.set(reason, (drops.get(reason) ?? 0) + packets);
  }

  delete(port: number): void {
    this.#drops.delete(port);
  }
}

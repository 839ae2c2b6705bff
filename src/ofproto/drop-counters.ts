import type { DropReason } from "./drop-reason.js";

/** Stands for all ports that have been removed. */
const REMOVED = "(removed ports)";

/** How many packets each port of a bridge brought that went nowhere, and why. */
export class DropCounters {
  readonly #counts = new Map<string, Map<DropReason, number>>();

  count(port: string, reason: DropReason, packets: number): void {
    let reasons = this.#counts.get(port);
    if (!reasons) this.#counts.set(port, (reasons = new Map()));
    reasons.set(reason, (reasons.get(reason) ?? 0) + packets);
  }

  /** A port has gone: its counts go on as those of ports that were. */
  forget(port: string): void {
    const reasons = this.#counts.get(port);
    this.#counts.delete(port);
    for (const [reason, packets] of reasons ?? []) this.count(REMOVED, reason, packets);
  }

  /** By port, then reason. */
  byPort(): ReadonlyMap<string, ReadonlyMap<DropReason, number>> {
    return this.#counts;
  }

  total(reason: DropReason): number {
    let sum = 0;
    for (const reasons of this.#counts.values()) sum += reasons.get(reason) ?? 0;
    return sum;
  }
}

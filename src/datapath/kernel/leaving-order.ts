/** Flows that are looked at for one that leaves. */
const LOOKS = 16;

/** In which order flows leave where there is no room: the one that came first, but one that has been used since it was looked at last stays for another round. */
export class LeavingOrder<F> {
  /** Their packets when they were looked at. */
  readonly #order = new Map<F, number>();
  readonly #packets: (flow: F) => number;

  constructor(packets: (flow: F) => number) {
    this.#packets = packets;
  }

  add(flow: F): void {
    this.#order.set(flow, this.#packets(flow));
  }

  delete(flow: F): void {
    this.#order.delete(flow);
  }

  /** The one that is to leave; undefined where there is none. */
  next(): F | undefined {
    for (let i = 0; i < LOOKS; i++) {
      const [first] = this.#order;
      if (first === undefined) return undefined;
      const [flow, before] = first;
      const now = this.#packets(flow);
      if (now === before) return flow;
      this.#order.delete(flow);
      this.#order.set(flow, now);
    }
    return this.#order.keys().next().value;
  }
}

import type { LinkEvent } from "#host/net.js";

const IFF_UP = 0x1;

/**
 * Tells which events of a host's links may let something work that has failed: a link that appears or is renamed, goes up or down, joins or
 * leaves another. Not so what an attempt itself brings about: carrier, promiscuous mode, an XDP program.
 */
export class LinkNews {
  readonly #known = new Map<number, string>();

  /** True where a link appeared, or changed so. */
  isNews(event: LinkEvent): boolean {
    if (event.kind === "gone") {
      this.#known.delete(event.ifindex);
      return false;
    }
    const { ifindex, name, flags, master } = event.link;
    const state = `${name} ${flags & IFF_UP} ${master}`;
    if (this.#known.get(ifindex) === state) return false;
    this.#known.set(ifindex, state);
    return true;
  }
}

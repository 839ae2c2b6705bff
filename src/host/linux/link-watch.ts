import {
  decodeLink,
  decodeQdiscLink,
  RTM_DELLINK,
  RTM_DELQDISC,
  RTM_NEWLINK,
  RTM_NEWQDISC,
  RTNLGRP_LINK,
  RTNLGRP_TC,
} from "#wire/rtnetlink.js";
import type { LinkEvent, LinkInfo } from "../net.js";
import { NetlinkSocket } from "./netlink-socket.js";
import { onReadable, type Readiness } from "./syscalls.js";

/**
 * Tells of links that appear, change and go; one whose queueing discipline is another now has changed. When the kernel had to drop events, all links are read again and compared with
 * what was told last, so that nothing is missed but intermediate states.
 */
export class LinkWatch {
  readonly #socket = new NetlinkSocket(0);
  readonly #readiness: Readiness;
  readonly #readAll: () => LinkInfo[];
  readonly #readOne: (name: string) => LinkInfo | undefined;
  readonly #handler: (event: LinkEvent) => void;
  /** Names by ifindex of the links that are there. */
  readonly #known = new Map<number, string>();
  #closed = false;

  constructor(
    readAll: () => LinkInfo[],
    readOne: (name: string) => LinkInfo | undefined,
    handler: (event: LinkEvent) => void,
  ) {
    this.#readOne = readOne;
    this.#readAll = readAll;
    this.#handler = handler;
    this.#socket.join(RTNLGRP_LINK);
    this.#socket.join(RTNLGRP_TC);
    for (const link of readAll()) this.#known.set(link.ifindex, link.name);
    this.#readiness = onReadable(this.#socket.fd, () => this.#drain());
  }

  #drain(): void {
    const events = this.#socket.events();
    if (events === "overrun") {
      this.#resynchronise();
      return;
    }
    for (const { type, payload } of events) {
      if (this.#closed) return;
      if (type === RTM_NEWQDISC || type === RTM_DELQDISC) this.#onQdisc(decodeQdiscLink(payload));
      const link = type === RTM_NEWLINK || type === RTM_DELLINK ? decodeLink(payload) : undefined;
      if (!link) continue;
      if (type === RTM_NEWLINK) this.#tell(link);
      else this.#tellGone(link.ifindex, link.name);
    }
  }

  #onQdisc(ifindex: number | undefined): void {
    const name = ifindex === undefined ? undefined : this.#known.get(ifindex);
    const link = name === undefined ? undefined : this.#readOne(name);
    if (link && link.ifindex === ifindex) this.#tell(link);
  }

  /** Reads everything anew; for the kernel's "I lost events", and for tests. */
  #resynchronise(): void {
    const links = this.#readAll();
    const present = new Set(links.map((link) => link.ifindex));
    for (const [ifindex, name] of [...this.#known]) if (!present.has(ifindex)) this.#tellGone(ifindex, name);
    for (const link of links) if (!this.#closed) this.#tell(link);
  }

  #tell(link: LinkInfo): void {
    const before = this.#known.get(link.ifindex);
    // A renamed link is, to those who know it by name, one that went and one that came.
    if (before !== undefined && before !== link.name) this.#tellGone(link.ifindex, before);
    this.#known.set(link.ifindex, link.name);
    this.#handler({ kind: "link", link });
  }

  #tellGone(ifindex: number, name: string): void {
    this.#known.delete(ifindex);
    this.#handler({ kind: "gone", ifindex, name });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readiness.stop();
    this.#socket.close();
  }
}

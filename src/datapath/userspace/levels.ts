import { copyKey, type FlowKey, newKey } from "#flow/key.js";
import { Frame } from "./frames/frame.js";
import type { HeadArena } from "./frames/head-arena.js";

/** A packet as it is at one depth of nested actions. */
export interface Level {
  readonly frame: Frame;
  readonly key: FlowKey;
}

/** The packets of a forwarder, by depth; made once and used again. */
export class Levels {
  /** The packet of depth 0. */
  readonly first: Level;
  readonly #arena: HeadArena;
  readonly #all: Level[] = [];

  constructor(arena: HeadArena) {
    this.#arena = arena;
    this.first = this.at(0);
  }

  at(depth: number): Level {
    return (this.#all[depth] ??= { frame: new Frame(this.#arena), key: newKey() });
  }

  /** Makes the packet of a level one of its own at another depth. */
  copy(level: Level, depth: number): Level {
    const next = this.at(depth);
    next.frame.copy(level.frame);
    copyKey(next.key, level.key);
    return next;
  }
}

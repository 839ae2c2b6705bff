import { stripRoom } from "./encapsulation.js";
import { Frame } from "./frame.js";
import type { HeadArena } from "./head-arena.js";

/** A frame as others see it: without room for an Ethernet header that it does not have. */
export function shownFrame(frame: Frame, arena: HeadArena): Frame {
  if (!frame.noEthernet) return frame;
  const shown = new Frame(arena);
  shown.copy(frame);
  stripRoom(shown);
  return shown;
}

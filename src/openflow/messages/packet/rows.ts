import type { MessageRow } from "../message.js";

/** Messages about packets that pass between switch and controller. */
export type PacketBody = never;

export const packetRows: readonly MessageRow<PacketBody>[] = [];

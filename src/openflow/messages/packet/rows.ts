import type { MessageRow } from "../message.js";
import { type PacketIn, packetIn, type Resume, resume } from "./packet-in.js";
import { type PacketOut, packetOut } from "./packet-out.js";

/** Messages that carry packets. */
export type PacketBody = PacketIn | PacketOut | Resume;

export const packetRows: readonly MessageRow<PacketBody>[] = [packetIn, packetOut, resume];

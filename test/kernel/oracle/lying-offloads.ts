import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import type { Random } from "../../differential/datapath-actions/random.js";
import { frameOfKind } from "../../differential/datapath-actions/random-packets.js";
import type { PortPacket } from "./reference.js";

/** A frame whose checksum and segmentation are to be done as a guest says that means no good: at places and in sizes that have nothing to do with the frame. */
export function lyingFrame(r: Random, ports: readonly number[]): PortPacket {
  const made = frameOfKind(r, r.pick(["ipv4", "ipv4", "ipv6"]));
  const data = new Uint8Array(made.length + r.pick([0, 0, 0, 300, 2000, 6000]));
  data.set(made);
  const layers = newLayers();
  extractKey(data, 0, data.length, newKey(), newKey(), layers);
  const l4 = Math.max(layers.l4, 34);
  const offload = {
    flags: r.pick([1, 1, 1, 1, 0, 2, 3]),
    gsoType: r.pick([0, 0, 1, 1, 4, 5, 0x81, 3]),
    gsoSize: r.pick([0, 1, 100, 700, 1448, 65535]),
    headerLength: r.pick([0, 14, l4, l4 + 8, l4 + 20, data.length, 65535]),
    csumStart: r.pick([l4, l4, l4, l4, 0, 14, l4 + 8, data.length - 2, r.int(data.length)]),
    csumOffset: r.pick([16, 16, 6, 6, 0, 2, r.int(40)]),
  };
  return { port: r.pick(ports), packet: { data, offload } };
}

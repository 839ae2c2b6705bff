import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import type { BegunPacket } from "#host/frame-io.js";

const key = newKey();
const layers = newLayers();

/** The key of a packet that the kernel has begun to forward, as its frame at `at` of `memory` is by now; it lasts until the next one. */
export function begunKey({ metadata }: BegunPacket, memory: Uint8Array, at: number, length: number): FlowKey {
  key.fill(0);
  key.set(metadata);
  extractKey(memory, at, length, key, key, layers);
  return key;
}

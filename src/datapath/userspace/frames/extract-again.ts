import { extractKey } from "#flow/extract.js";
import type { FlowKey } from "#flow/key.js";
import type { Layers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import type { Frame } from "./frame.js";

const ETHERNET_HEADER = 14;
/** `W.packetType` of packets that are of an Ethernet type without an Ethernet header. */
const ETHERTYPE_NAMESPACE = 0x10000;

/** Frames that lie in two pieces are put together here; it grows to the longest there was. */
let scratch = new Uint8Array(2048);

/** Makes a key say what its frame holds, after headers were pushed or popped. */
export function extractAgain(frame: Frame, key: FlowKey, layers: Layers): void {
  const skipped = frame.noEthernet ? ETHERNET_HEADER : 0;
  key[W.packetType] = frame.noEthernet ? ETHERTYPE_NAMESPACE | frame.u16(12) : 0;
  const { length } = frame;
  if (frame.headLength === 0) {
    extractKey(frame.tail, frame.tailAt + skipped, length - skipped, key, key, layers);
    return;
  }
  if (length > scratch.length) scratch = new Uint8Array(2 * length);
  frame.copyTo(scratch, 0, length);
  extractKey(scratch, skipped, length - skipped, key, key, layers);
}

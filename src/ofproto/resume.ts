import { extractKey } from "#flow/extract.js";
import { newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import type { Continuation } from "#openflow/messages/packet/continuation.js";
import type { Resume } from "#openflow/messages/packet/packet-in.js";
import { OfpError } from "#openflow/ofp-error.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { Bridge } from "./bridge.js";
import type { BridgeState } from "./bridge-state.js";
import { executeTranslation } from "./execute-translation.js";
import type { FrozenState } from "./translate/frozen-state.js";
import { translateFrozen } from "./translate/translate.js";

/**
 * Goes on with a packet that a controller had been sent by an action with `pause`, perhaps changed by it. Throws NXR_STALE where the bridge in which it was
 * stopped is no more.
 */
export function resumePacket({ backer, state }: Bridge, body: Resume): void {
  const { data, match, continuation } = body;
  const bridge = bridgeOf(backer.bridges.values(), continuation?.bridge ?? state.uuid);
  const key = newKey();
  for (const word of keptByDatapath) key[word] = match.key[word]! & match.mask[word]!;
  extractKey(data, 0, data.length, key, key, newLayers());
  key[W.inPort] = continuation?.odpPort ?? 0;
  const translation = translateFrozen(backer, key, frozenState(bridge, body));
  executeTranslation(backer, translation, { data, offload: plainOffload() }, key);
}

/** Words of what the datapath itself knows of a packet: its type, mark and connection. */
const keptByDatapath: readonly number[] = [
  W.packetType,
  W.pktMark,
  ...Array.from({ length: W.eth - W.ctState }, (_, i) => W.ctState + i),
];

function bridgeOf(bridges: Iterable<BridgeState>, uuid: Uint8Array): BridgeState {
  for (const bridge of bridges) if (bridge.uuid.every((byte, i) => byte === uuid[i])) return bridge;
  throw new OfpError("NXR_STALE");
}

const nothing: Continuation = { stack: [], mirrors: 0, conntracked: false, steps: [], actionSet: [], odpPort: 0 };

/** What the message says of the packet, as it was kept when the packet was stopped. */
function frozenState(bridge: BridgeState, { table, match, continuation = nothing }: Resume): FrozenState {
  const metadata = newKey();
  for (let word = 0; word < metadata.length; word++) metadata[word] = match.key[word]! & match.mask[word]!;
  return {
    bridge,
    table,
    metadata,
    stack: [...continuation.stack].reverse(),
    conntracked: continuation.conntracked,
    steps: continuation.steps,
    actionSet: continuation.actionSet,
    userdata: undefined,
    meterId: undefined,
    live: [],
  };
}

import type { Packet } from "#datapath/packet.js";
import { extractKey } from "#flow/extract.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { packetMask } from "#flow/packet-mask.js";
import type { Action } from "#openflow/actions/action.js";
import { mapTunMetadata } from "#openflow/actions/map-tlvs.js";
import { checkFlowActions } from "#openflow/messages/flow/check-flow-actions.js";
import type { PacketOut } from "#openflow/messages/packet/packet-out.js";
import { pipelineWords } from "#openflow/messages/packet/packet-out.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import type { Version } from "#openflow/version.js";
import { plainOffload } from "#wire/virtio-net.js";
import { portOrAbsent } from "./absent-port.js";
import type { Bridge } from "./bridge.js";
import type { BridgeState } from "./bridge-state.js";
import { executeTranslation } from "./execute-translation.js";
import type { Modification } from "./modification.js";
import type { OfPort } from "./port.js";
import { everyAction } from "./tables/referenced.js";
import type { Translation } from "./translate/context.js";
import { translateActions } from "./translate/translate.js";

const NO_PORT = 0xffffffff;

/** A packet that a controller sends, read. */
interface Outgoing {
  readonly packet: Packet;
  /** `in_port` being the datapath's. */
  readonly key: FlowKey;
  readonly port: OfPort;
  readonly actions: readonly Action[];
}

/**
 * A packet-out as a change of a bridge: it is translated through the tables as those before it in the commit have left them, and goes when they
 * are published. Throws OFPBAC_MATCH_INCONSISTENT and the like for actions that the packet cannot be given; `start` throws OFPBAC_BAD_OUT_GROUP and
 * OFPMMFC_INVALID_METER.
 */
export function packetOutModification(bridge: Bridge, body: PacketOut, version: Version): Modification {
  const outgoing = read(bridge, body, version);
  let translation: Translation | undefined;
  return {
    start: () => {
      checkReferences(bridge.state, body.actions);
      const { port, key, actions } = outgoing;
      translation = atNextVersion(bridge, () => translateActions(bridge.backer, port, key, actions));
    },
    finish: () => {
      if (translation) executeTranslation(bridge.backer, translation, outgoing.packet, outgoing.key);
    },
    revert: () => {
      if (translation) bridge.backer.frozen.release(translation.frozen);
    },
  };
}

function read({ state }: Bridge, { data, match, actions }: PacketOut, version: Version): Outgoing {
  const key = newKey();
  for (const word of pipelineWords) key[word] = match.key[word]! & match.mask[word]!;
  const port = portOrAbsent(state, match.mask[W.inPort] === 0 ? OFPP.none : match.key[W.inPort]!);
  key[W.inPort] = port.ofport;
  extractKey(data, 0, data.length, key, key, newLayers());
  const checked = checkFlowActions(mapTunMetadata(actions, state.tlvs), { key, mask: packetMask(key) }, 0, version);
  key[W.inPort] = port.datapathPort ?? NO_PORT;
  return { packet: { data, offload: plainOffload() }, key, port, actions: checked };
}

/** Throws OFPBAC_BAD_OUT_GROUP and OFPMMFC_INVALID_METER for groups and meters that are not there. */
export function checkReferences(state: BridgeState, actions: readonly Action[]): void {
  for (const action of everyAction(actions)) {
    if (action.kind === "group" && !state.groups.has(action.groupId)) throw new OfpError("OFPBAC_BAD_OUT_GROUP");
    if (action.kind === "meter" && !state.meters.has(action.meterId)) throw new OfpError("OFPMMFC_INVALID_METER");
  }
}

/** Looks at the tables as the changes that are not published yet make them. */
function atNextVersion<T>({ state: { tables } }: Bridge, look: () => T): T {
  tables.version++;
  try {
    return look();
  } finally {
    tables.version--;
  }
}

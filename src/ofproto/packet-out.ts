import type { Packet } from "#datapath/packet.js";
import { extractKey } from "#flow/extract.js";
import { ExtractFault } from "#flow/extract-fault.js";
import { type FlowKey, newKey } from "#flow/key.js";
import { newLayers } from "#flow/layers.js";
import { W } from "#flow/layout.js";
import { mapTunMetadata } from "#openflow/actions/map-tlvs.js";
import type { PacketOut } from "#openflow/messages/packet/packet-out.js";
import { pipelineWords } from "#openflow/messages/packet/packet-out.js";
import { OfpError } from "#openflow/ofp-error.js";
import { OFPP } from "#openflow/port-number.js";
import { plainOffload } from "#wire/virtio-net.js";
import { portOrAbsent } from "./absent-port.js";
import type { Bridge } from "./bridge.js";
import { executeTranslation } from "./execute-translation.js";
import type { Modification } from "./modification.js";
import { everyAction } from "./tables/referenced.js";
import type { Translation } from "./translate/context.js";
import { translateActions } from "./translate/translate.js";

const NO_PORT = 0xffffffff;

/** A packet that a controller sends, translated. */
interface Outgoing {
  readonly packet: Packet;
  readonly key: FlowKey;
  readonly translation: Translation;
}

/**
 * A packet-out as a change of a bridge: it is translated through the tables as those before it in the commit have left them, and goes when they
 * are published. `start` throws OFPBAC_BAD_OUT_GROUP and OFPMMFC_INVALID_METER. What is too short to be a packet goes nowhere.
 */
export function packetOutModification(bridge: Bridge, body: PacketOut): Modification {
  let outgoing: Outgoing | undefined;
  const release = (): void => {
    if (outgoing) bridge.backer.frozen.release(outgoing.translation.frozen);
    outgoing = undefined;
  };
  return {
    start: () => {
      checkActions(bridge, body);
      outgoing = atNextVersion(bridge, () => translated(bridge, body));
    },
    finish: () => {
      if (outgoing) executeTranslation(bridge.backer, outgoing.translation, outgoing.packet, outgoing.key);
      outgoing = undefined;
    },
    revert: release,
  };
}

function checkActions({ state }: Bridge, { actions }: PacketOut): void {
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

function translated({ state, backer }: Bridge, { data, match, actions }: PacketOut): Outgoing | undefined {
  const key = newKey();
  for (const word of pipelineWords) key[word] = match.key[word]! & match.mask[word]!;
  const number = match.mask[W.inPort] === 0 ? OFPP.none : match.key[W.inPort]!;
  const port = portOrAbsent(state, number);
  key[W.inPort] = port.datapathPort ?? NO_PORT;
  if (extractKey(data, 0, data.length, key, key, newLayers()) === ExtractFault.ethernet) return undefined;
  const translation = translateActions(backer, port, key, mapTunMetadata(actions, state.tlvs));
  return { packet: { data, offload: plainOffload() }, key, translation };
}

import type { Capability, FeaturesRequest } from "#openflow/messages/connection/features.js";
import { type PhyPort, phyPortLength } from "#openflow/messages/port/phy-port.js";
import { OF13, type Version } from "#openflow/version.js";
import type { Bridge } from "../../bridge.js";
import { portDescription, portsInOrder } from "../../port-description.js";
import type { Handler } from "../handler.js";

const capabilities: readonly Capability[] = [
  "FLOW_STATS",
  "TABLE_STATS",
  "PORT_STATS",
  "GROUP_STATS",
  "QUEUE_STATS",
  "ARP_MATCH_IP",
  "BUNDLES",
];

/** OpenFlow 1.0's, in the order of their bits. */
const actions: readonly string[] = [
  "output",
  "set_vlan_vid",
  "set_vlan_pcp",
  "strip_vlan",
  "mod_dl_src",
  "mod_dl_dst",
  "mod_nw_src",
  "mod_nw_dst",
  "mod_nw_tos",
  "mod_tp_src",
  "mod_tp_dst",
  "enqueue",
];

const TABLES = 254;
const HEADERS = 32;
const LONGEST = 0xffff;

/** What the switch can do: OFPT_FEATURES. */
export const featuresHandler: Handler<FeaturesRequest> = {
  kind: "features_request",
  changes: false,
  handle: (_, { bridge, connection }) => [
    {
      kind: "features_reply",
      datapathId: bridge.state.settings.datapathId,
      buffers: 0,
      tables: TABLES,
      auxiliaryId: 0,
      capabilities,
      actions,
      ports: portsOf(bridge, connection.version),
    },
  ],
};

/** The ports, where the version tells them here. None where they are too many for a message: a controller then asks for them (OFPST_PORT_DESC). */
function portsOf(bridge: Bridge, version: Version): readonly PhyPort[] {
  if (version >= OF13) return [];
  const ports = portsInOrder(bridge.state).map(portDescription);
  return HEADERS + ports.length * phyPortLength(version) > LONGEST ? [] : ports;
}

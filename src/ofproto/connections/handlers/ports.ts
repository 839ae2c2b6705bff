import type { PortDescRequest } from "#openflow/messages/port/port-desc.js";
import type { PortMod } from "#openflow/messages/port/port-mod.js";
import type { PortStatsRequest } from "#openflow/messages/port/port-stats.js";
import { OFPP } from "#openflow/port-number.js";
import { portCounters } from "../../port-counters.js";
import { portDescription, portsOf } from "../../port-description.js";
import { portModification } from "../../port-modification.js";
import type { Handler } from "../handler.js";
import { commitOne } from "./commit-one.js";
import { originOf } from "./origin.js";

/** What the ports are: OFPMP_PORT_DESC. A number that no port has gets an empty answer. */
export const portDescHandler: Handler<PortDescRequest> = {
  kind: "port_desc_request",
  changes: false,
  handle: ({ port }, { bridge }) => [
    { kind: "port_desc_reply", ports: portsOf(bridge.state, port, OFPP.none).map(portDescription) },
  ],
};

/** What the ports have counted: OFPMP_PORT_STATS. */
export const portStatsHandler: Handler<PortStatsRequest> = {
  kind: "port_stats_request",
  changes: false,
  handle: ({ port }, { bridge }) => {
    bridge.collectStatistics();
    const now = bridge.backer.clock.now();
    const ports = portsOf(bridge.state, port, OFPP.none);
    return [{ kind: "port_stats_reply", ports: ports.map((p) => portCounters(p, bridge.portStats(p.name), now)) }];
  },
};

/** OFPT_PORT_MOD. */
export const portModHandler: Handler<PortMod> = {
  kind: "port_mod",
  changes: true,
  handle: (mod, request) => commitOne(request.bridge, portModification(request.bridge, mod, originOf(request))),
};

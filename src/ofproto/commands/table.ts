import type { HostAnswers } from "#host/host-answers.js";
import type { AppctlCommand } from "#runtime/command.js";
import type { OfprotoSwitches } from "../switches.js";
import { featureCommands } from "./dp-features.js";
import { dpifCommands } from "./dpif.js";
import { ofprotoDrops } from "./drops.js";
import { bridgeDumpFlows } from "./dump-rules.js";
import { fdbCommands } from "./fdb.js";
import { bridgeReconnect } from "./reconnect.js";
import { ofprotoTrace, ofprotoTracePacketOut } from "./trace.js";
import { ofprotoTraceLive } from "./trace-live.js";
import { upcallCommands } from "./upcall.js";

/** Every appctl command about bridges and their flows. */
export function switchCommands(switches: OfprotoSwitches, askHost: () => Promise<HostAnswers>): AppctlCommand[] {
  return [
    bridgeDumpFlows(switches) as AppctlCommand,
    bridgeReconnect(switches) as AppctlCommand,
    ...dpifCommands(switches),
    ...featureCommands(switches, askHost),
    ...fdbCommands(switches),
    ofprotoDrops(switches) as AppctlCommand,
    ofprotoTrace(switches) as AppctlCommand,
    ofprotoTracePacketOut(switches) as AppctlCommand,
    ofprotoTraceLive(switches) as AppctlCommand,
    ...upcallCommands(switches),
  ];
}

import { type DatapathDropReason, datapathDropReasons } from "#datapath/drop-reasons.js";
import type { AppctlCommand } from "#runtime/command.js";
import type { Backer } from "../backer.js";
import type { BridgeState } from "../bridge-state.js";
import { dropReasons } from "../drop-reason.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge, sortedBridges } from "./find-bridge.js";

type Place = { readonly bridge: string; readonly port: string } | { readonly datapath: string };

type ShownDrop = Place & {
  readonly reason: string;
  readonly why: string;
  readonly packets: number;
};

/**
 * `ofproto/drops`: packets that went nowhere, by bridge, port and reason; without a bridge's name also what datapaths dropped
 * that no port can be blamed for. Ours; Open vSwitch has no such command.
 */
export function ofprotoDrops(switches: OfprotoSwitches): AppctlCommand<readonly ShownDrop[]> {
  return {
    name: "ofproto/drops",
    usage: "[bridge]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const bridges = name === undefined ? sortedBridges(switches) : [findBridge(switches, name)];
      const backers = [...new Set(bridges.map((b) => b.backer))];
      for (const backer of backers) backer.revalidator.collect();
      const ofBridges = bridges.flatMap(({ state, backer }) => [...bridgeDrops(state), ...queueDrops(state, backer)]);
      return name === undefined ? [...ofBridges, ...backers.flatMap(datapathDrops)] : ofBridges;
    },
    text: (drops) => drops.map((d) => `${placeText(d)}: ${d.packets} packets, ${d.why}\n`).join(""),
  };
}

function placeText(place: Place): string {
  return "datapath" in place ? place.datapath : `${place.bridge} ${place.port}`;
}

/** Packets that the bridge's tables sent nowhere. */
function bridgeDrops(state: BridgeState): ShownDrop[] {
  return [...state.drops.byPort()].flatMap(([port, reasons]) =>
    [...reasons].map(([reason, packets]) => ({
      bridge: state.name,
      port,
      reason,
      why: dropReasons[reason],
      packets,
    })),
  );
}

/** Packets that the queues of the bridge's ports lost. */
function queueDrops(state: BridgeState, { datapath }: Backer): ShownDrop[] {
  return [...state.ports.values()].flatMap((port) =>
    port.datapathPort === undefined
      ? []
      : shown({ bridge: state.name, port: port.name }, datapath.portDrops(port.datapathPort)),
  );
}

/** What is left when the ports have taken theirs. Packets of flows without actions are among the bridges' drops. */
function datapathDrops({ datapath, upcalls }: Backer): ShownDrop[] {
  const at = { datapath: `${datapath.type}@${datapath.name}` };
  const rest = new Map(datapath.drops());
  rest.delete("drop_action_of_pipeline");
  for (const { number } of datapath.ports()) {
    for (const [reason, packets] of datapath.portDrops(number)) rest.set(reason, (rest.get(reason) ?? 0) - packets);
  }
  const unowned = [...upcalls.drops].map(([reason, packets]) => ({ ...at, reason, why: dropReasons[reason], packets }));
  return [...shown(at, rest), ...unowned];
}

function shown(at: Place, drops: ReadonlyMap<string, number>): ShownDrop[] {
  return [...drops]
    .filter(([, packets]) => packets > 0)
    .map(([reason, packets]) => ({ ...at, reason, why: datapathDropReasons[reason as DatapathDropReason], packets }));
}

import type { AppctlCommand } from "#runtime/command.js";
import { type DropReason, dropReasons } from "../drop-reason.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge, sortedBridges } from "./find-bridge.js";

type ShownDrop = {
  readonly bridge: string;
  readonly port: string;
  readonly reason: DropReason;
  readonly why: string;
  readonly packets: number;
};

/** `ofproto/drops`: packets that went nowhere, by bridge, port and reason. Ours; Open vSwitch has no such command. */
export function ofprotoDrops(switches: OfprotoSwitches): AppctlCommand<readonly ShownDrop[]> {
  return {
    name: "ofproto/drops",
    usage: "[bridge]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const bridges = name === undefined ? sortedBridges(switches) : [findBridge(switches, name)];
      for (const backer of new Set(bridges.map((b) => b.backer))) backer.revalidator.round();
      return bridges.flatMap(({ state }) =>
        [...state.drops.byPort()].flatMap(([port, reasons]) =>
          [...reasons].map(([reason, packets]) => ({
            bridge: state.name,
            port,
            reason,
            why: dropReasons[reason],
            packets,
          })),
        ),
      );
    },
    text: (drops) => drops.map((d) => `${d.bridge} ${d.port}: ${d.packets} packets, ${d.why}\n`).join(""),
  };
}

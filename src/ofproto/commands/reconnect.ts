import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { OfprotoSwitches } from "../switches.js";
import { sortedBridges } from "./find-bridge.js";

/** `bridge/reconnect`: has a bridge, or each, drop its connections to controllers and make them again. */
export function bridgeReconnect(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "bridge/reconnect",
    usage: "[bridge]",
    minArgs: 0,
    maxArgs: 1,
    run: ([name]) => {
      const named = name === undefined ? undefined : switches.bridges.get(name);
      if (name !== undefined && !named) throw new UserError("Unknown bridge");
      for (const { connections } of named ? [named] : sortedBridges(switches)) connections.reconnect();
      return "";
    },
  };
}

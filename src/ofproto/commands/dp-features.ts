import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { datapathFeatures } from "../datapath-features.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge } from "./find-bridge.js";

/** `dpif/show-dp-features`: what a bridge's datapath can do. */
function showFeatures(switches: OfprotoSwitches): AppctlCommand<{ readonly [name: string]: boolean | number }> {
  return {
    name: "dpif/show-dp-features",
    usage: "bridge",
    minArgs: 1,
    maxArgs: 1,
    run: ([name]) => {
      const { state } = findBridge(switches, name);
      return Object.fromEntries(datapathFeatures(state.settings.vlanLimit).map((f) => [f.name, f.value]));
    },
    text: (features) =>
      Object.entries(features)
        .map(([name, value]) => `${name}: ${typeof value === "number" ? value : value ? "Yes" : "No"}\n`)
        .join(""),
  };
}

/**
 * `dpif/set-dp-features`: shows, or takes away, what a datapath can do; with `--force`, also claims what it cannot. Complaints are
 * answers here, as upstream's are.
 */
function setFeatures(switches: OfprotoSwitches): AppctlCommand<string> {
  return {
    name: "dpif/set-dp-features",
    usage: "[--force] bridge [feature [value]]",
    minArgs: 1,
    maxArgs: 4,
    run: (args) => {
      const force = args[0] === "--force";
      const [name, key, value, beyond] = force ? args.slice(1) : args;
      if (name === undefined) throw new UserError('"dpif/set-dp-features" command requires at least 1 arguments');
      if (beyond !== undefined) throw new UserError('"dpif/set-dp-features" command takes at most 3 arguments');
      const { state, backer } = findBridge(switches, name);
      const features = datapathFeatures(state.settings.vlanLimit).filter((f) => key === undefined || f.key === key);
      const [feature] = features;
      if (!feature) return "Unexpected support field";
      if (value !== undefined) return backer.features.set(feature, value, { force }) ?? "";
      return features
        .map((f) => `${f.key} (${f.name}) : [run time]:${backer.features.value(f)}, [boot time]:${f.value}\n`)
        .join("");
    },
  };
}

/** Commands about what datapaths can do. */
export function featureCommands(switches: OfprotoSwitches): AppctlCommand[] {
  return [setFeatures(switches), showFeatures(switches) as AppctlCommand];
}

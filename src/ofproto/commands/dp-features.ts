import type { Datapath } from "#datapath/datapath.js";
import { UserspaceDatapath } from "#datapath/userspace/userspace-datapath.js";
import type { HostAnswers } from "#host/host-answers.js";
import { bpfFeatures, kernelEngineNeeds } from "#host/linux/bpf/features.js";
import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import { datapathFeatures } from "../datapath-features.js";
import type { OfprotoSwitches } from "../switches.js";
import { findBridge } from "./find-bridge.js";

type ShownFeatures = { readonly [name: string]: boolean | number | null };

/** Whether known flows are in the kernel, and which of what that needs the host has; null where it cannot be told. Nothing of a datapath that has no such thing. */
async function kernelFeatures(datapath: Datapath, askHost: () => Promise<HostAnswers>): Promise<ShownFeatures> {
  const side = datapath instanceof UserspaceDatapath ? datapath.engine.kernel : undefined;
  if (!side?.isPossible) return {};
  const { features } = await askHost();
  const needs = kernelEngineNeeds.map((name) => [
    `Kernel engine, ${bpfFeatures[name].title}`,
    features.get(name)?.works ?? null,
  ]);
  return { "Kernel engine": side.table !== undefined, ...Object.fromEntries(needs) };
}

function formatValue(value: boolean | number | null): string {
  return typeof value === "number" ? String(value) : value === null ? "Unknown" : value ? "Yes" : "No";
}

/** `dpif/show-dp-features`: what a bridge's datapath can do; the lines about the kernel engine are ours. */
function showFeatures(switches: OfprotoSwitches, askHost: () => Promise<HostAnswers>): AppctlCommand<ShownFeatures> {
  return {
    name: "dpif/show-dp-features",
    usage: "bridge",
    minArgs: 1,
    maxArgs: 1,
    async run([name]) {
      const { state, backer } = findBridge(switches, name);
      const own = datapathFeatures(state.settings.vlanLimit).map((f) => [f.name, f.value]);
      return { ...Object.fromEntries(own), ...(await kernelFeatures(backer.datapath, askHost)) };
    },
    text: (features) =>
      Object.entries(features)
        .map(([name, value]) => `${name}: ${formatValue(value)}\n`)
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
export function featureCommands(switches: OfprotoSwitches, askHost: () => Promise<HostAnswers>): AppctlCommand[] {
  return [setFeatures(switches), showFeatures(switches, askHost) as AppctlCommand];
}

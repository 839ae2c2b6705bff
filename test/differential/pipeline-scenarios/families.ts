import { actionsInTrace } from "./actions-in-trace.js";
import { bundles } from "./bundles.js";
import { conntrack } from "./conntrack.js";
import { flowMods } from "./flow-mods.js";
import { groups } from "./groups.js";
import { learn } from "./learn.js";
import { megaflows } from "./megaflows.js";
import { meters } from "./meters.js";
import { monitors } from "./monitors.js";
import { normal } from "./normal.js";
import { packetIns } from "./packet-ins.js";
import { packets } from "./packets.js";
import { ports } from "./ports.js";
import { recirculation } from "./recirculation.js";
import { resubmit } from "./resubmit.js";
import type { PipelineScenarios } from "./scenarios.js";
import { tables } from "./tables.js";
import { timeouts } from "./timeouts.js";

/** Every family of scenarios by its name. */
export const families: Readonly<Record<string, PipelineScenarios>> = {
  "flow mods": flowMods,
  timeouts,
  tables,
  "actions in trace": actionsInTrace,
  resubmit,
  learn,
  groups,
  packets,
  meters,
  normal,
  "packet-ins": packetIns,
  conntrack,
  recirculation,
  monitors,
  bundles,
  ports,
  megaflows,
};

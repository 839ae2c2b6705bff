import { flowMods } from "./flow-mods.js";
import { tables } from "./tables.js";
import { timeouts } from "./timeouts.js";
import { actionsInTrace } from "./actions-in-trace.js";
import { resubmit } from "./resubmit.js";
import { learn } from "./learn.js";
import { groups } from "./groups.js";
import { packets } from "./packets.js";
import { meters } from "./meters.js";
import { normal } from "./normal.js";
import { packetIns } from "./packet-ins.js";
import { conntrack } from "./conntrack.js";
import { monitors } from "./monitors.js";
import { bundles } from "./bundles.js";
import { ports } from "./ports.js";
import { megaflows } from "./megaflows.js";
import type { PipelineScenarios } from "./scenarios.js";

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
  monitors,
  bundles,
  ports,
  megaflows,
};

import { runConntrack } from "./conntrack.js";
import { runDatapath } from "./datapath.js";
import { runOpenflow } from "./openflow.js";
import { runPackets } from "./packets.js";
import type { Tally } from "./tally.js";
import { runTunnels } from "./tunnels.js";

/** Everything that is fed: `run` throws where it finds something. */
export const targets: readonly { readonly name: string; run(seed: number, tally: Tally): Promise<void> | void }[] = [
  { name: "packets", run: runPackets },
  { name: "openflow", run: runOpenflow },
  { name: "conntrack", run: runConntrack },
  { name: "datapath", run: runDatapath },
  { name: "tunnels", run: runTunnels },
];

/*
 * npm run bench -- tcp | pps | cli | ovsdb | openflow | flowmod | upcall | trace | userspace | kernel [ROUNDS [PART...]]
 * npm run bench -- soak [MINUTES [netdev|system]...]
 * Ours against the installed Open vSwitch in one run: interleaved rounds, medians, ratios.
 */

import { benchCli } from "./cli.js";
import { benchConntrack } from "./conntrack.js";
import { benchFlowMods } from "./flow-mods.js";
import { sendSmallFrames } from "./frame-sender.js";
import { benchKernel } from "./kernel.js";
import { benchNewFlows } from "./new-flows.js";
import { benchOpenFlow } from "./openflow.js";
import { dumpFlows, parseFlows, parseMessages, serveFlows } from "./openflow-runner.js";
import { benchOvsdb } from "./ovsdb.js";
import { soak } from "./soak.js";
import { runSoakClient, serveSoak } from "./soak-ends.js";
import type { SoakEngine } from "./soak-switch.js";
import { benchSwitches } from "./switches.js";
import { benchTrace } from "./trace.js";
import { benchUserspace } from "./userspace.js";

const [what, ...rest] = process.argv.slice(2);
const rounds = Number(rest[0] ?? (what === "cli" ? 20 : 3));

switch (what) {
  case "tcp":
  case "pps":
    void benchSwitches(what, rounds);
    break;
  case "cli":
    void benchCli(rounds);
    break;
  case "conntrack":
    benchConntrack(rounds);
    break;
  case "flowmod":
    void benchFlowMods(rounds);
    break;
  case "upcall":
    void benchNewFlows(rounds);
    break;
  case "trace":
    void benchTrace(rounds);
    break;
  case "userspace":
    void benchUserspace(rounds, rest.slice(1));
    break;
  case "kernel":
    void benchKernel(rounds, rest.slice(1));
    break;
  case "ovsdb":
    void benchOvsdb(rounds, rest.slice(1));
    break;
  case "openflow":
    void benchOpenFlow(rounds);
    break;
  case "openflow-parse":
    parseFlows(rest[0]!);
    break;
  case "openflow-messages":
    parseMessages(rest[0]!);
    break;
  case "openflow-dump":
    dumpFlows(rest[0]!);
    break;
  case "openflow-switch":
    serveFlows(rest[0]!, rest[1]!);
    break;
  case "soak":
    void soak(Number(rest[0] ?? 30), rest.length > 1 ? (rest.slice(1) as SoakEngine[]) : undefined);
    break;
  case "soak-server":
    serveSoak();
    break;
  case "soak-client":
    runSoakClient(rest[0]!, Number(rest[1]), Number(rest[2]));
    break;
  case "sender": {
    const [source, destination, seconds, flows] = rest;
    console.log(sendSmallFrames(source!, destination!, Number(seconds), Number(flows)));
    break;
  }
  default:
    console.error(
      "usage: npm run bench -- tcp|pps|cli|ovsdb|openflow|flowmod|upcall|trace|userspace|kernel [ROUNDS [PART...]] | soak [MINUTES [netdev|system]...]",
    );
    process.exitCode = 1;
}

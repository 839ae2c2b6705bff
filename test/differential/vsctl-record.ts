import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { realVsctl, runReal, startRealSwitchDatabase } from "../support/real-openvswitch.js";
import { runScenario, type Step } from "../support/vsctl-run.js";
import { scenarios } from "./vsctl-scenarios/all.js";

/*
 * Records what the installed `ovs-vsctl` does with every line of `vsctl-scenarios/`. Run it when they change:
 * `node tools/run.mjs test/differential/vsctl-record.ts [FILE]`.
 */

async function record(target: string): Promise<void> {
  const release = /(\d+\.\d+\.\d+)/.exec(execFileSync(realVsctl, ["--version"], { encoding: "utf8" }))?.[1];
  const recorded: Record<string, Step[]> = {};
  for (const scenario of scenarios) {
    const server = await startRealSwitchDatabase();
    try {
      const run = (argv: readonly string[]) => runReal(realVsctl, argv);
      recorded[scenario.name] = await runScenario(scenario, server.socket, server.directory, run);
    } finally {
      await server.stop();
    }
  }
  const body = Object.entries(recorded).map(([name, steps]) => {
    const lines = steps.map((step) => `   ${JSON.stringify(step)}`);
    return `  ${JSON.stringify(name)}: [\n${lines.join(",\n")}\n  ]`;
  });
  writeFileSync(target, `{\n "release": ${JSON.stringify(release)},\n "scenarios": {\n${body.join(",\n")}\n }\n}\n`);
  console.log(`${Object.values(recorded).flat().length} lines recorded`);
}

void record(process.argv[2] ?? "test/differential/vsctl-corpus.json");

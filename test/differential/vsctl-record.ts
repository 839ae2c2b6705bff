/**
 * Records what the installed `ovs-vsctl` does with every line of `vsctl-scenarios.ts` into `vsctl-corpus.json`:
 * `node tools/run.mjs test/differential/vsctl-record.ts`.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { noRealOpenvswitch, runReal, startRealServer } from "../support/real-openvswitch.js";
import { runScenario, type Step } from "../support/vsctl-run.js";
import { scenarios } from "./vsctl-scenarios.js";

async function record(): Promise<void> {
  if (noRealOpenvswitch !== "") throw new Error(noRealOpenvswitch);
  const release = /(\d+\.\d+\.\d+)/.exec(execFileSync("/usr/bin/ovs-vsctl", ["--version"], { encoding: "utf8" }))?.[1];
  const recorded: Record<string, Step[]> = {};
  for (const scenario of scenarios) {
    const server = await startRealServer();
    try {
      recorded[scenario.name] = await runScenario(scenario, server.socket, server.directory, (argv) =>
        runReal("/usr/bin/ovs-vsctl", argv),
      );
    } finally {
      await server.stop();
    }
  }
  const body = Object.entries(recorded)
    .map(
      ([name, steps]) =>
        `  ${JSON.stringify(name)}: [\n${steps.map((s) => `   ${JSON.stringify(s)}`).join(",\n")}\n  ]`,
    )
    .join(",\n");
  const target = process.argv[2] ?? "test/differential/vsctl-corpus.json";
  writeFileSync(target, `{\n "release": ${JSON.stringify(release)},\n "scenarios": {\n${body}\n }\n}\n`);
  console.log(`${Object.values(recorded).flat().length} lines recorded`);
}

void record();

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Json } from "#util/json.js";
import { startReal } from "../support/ovsdb-servers.js";
import { invokeReal, realClient } from "./ovsdb-client-invoke.js";
import { type ClientStep, prepareServer, runClientScenario, schemaTexts } from "./ovsdb-client-run.js";
import { clientScenarios } from "./ovsdb-client-scenarios.js";

/*
 * Records what the installed `ovsdb-client` does with every line of `ovsdb-client-scenarios.ts` on the installed `ovsdb-server`. Run it
 * when they change: `node tools/run.mjs test/differential/ovsdb-client-record.ts`.
 */

async function record(target: string): Promise<void> {
  const release = /(\d+\.\d+\.\d+)/.exec(execFileSync(realClient, ["--version"], { encoding: "utf8" }))?.[1];
  const recorded: Record<string, ClientStep[]> = {};
  for (const scenario of clientScenarios) {
    const server = await startReal(JSON.parse(schemaTexts[scenario.schema]) as Json);
    try {
      await prepareServer(server, scenario.schema);
      recorded[scenario.name] = await runClientScenario(scenario, server, invokeReal);
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

void record(process.argv[2] ?? "test/differential/ovsdb-client-corpus.json");

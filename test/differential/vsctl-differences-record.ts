import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { declaredSchema } from "#ovsdb/declaration.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { startOurs } from "../support/ovsdb-servers.js";
import { startRealSwitchDatabase } from "../support/real-openvswitch.js";
import type { Corpus, Difference } from "../support/vsctl-corpus.js";
import { runOurVsctl } from "../support/vsctl-in-process.js";
import { runScenario } from "../support/vsctl-run.js";
import { scenarios } from "./vsctl-scenarios/all.js";

/*
 * Writes down where ours differs from the recorded release, for a person to read and give reasons:
 * `node tools/run.mjs test/differential/vsctl-differences-record.ts real|own`. Reasons that are there are kept.
 */

async function compare(kind: "real" | "own"): Promise<void> {
  const folder = "test/differential";
  const file = join(folder, `vsctl-differences-${kind}.json`);
  const corpus = JSON.parse(readFileSync(join(folder, "vsctl-corpus.json"), "utf8")) as Corpus;
  let known: Difference[] = [];
  try {
    known = JSON.parse(readFileSync(file, "utf8")) as Difference[];
  } catch {
    // The first time there is none.
  }
  const found: Difference[] = [];
  for (const scenario of scenarios) {
    const server =
      kind === "real"
        ? await startRealSwitchDatabase()
        : await startOurs(schemaToJson(declaredSchema(openVSwitchDeclaration)));
    const steps = await runScenario(scenario, server.socket, server.directory, (argv) => runOurVsctl(argv));
    await server.stop();
    steps.forEach((ours, at) => {
      if (JSON.stringify(ours) === JSON.stringify(corpus.scenarios[scenario.name]?.[at])) return;
      const why = known.find((one) => one.scenario === scenario.name && one.at === at)?.why ?? "";
      found.push({ scenario: scenario.name, at, why, ours });
      if (why === "") console.log(`${scenario.name}: ${ours.line}`);
    });
  }
  writeFileSync(file, `[\n${found.map((one) => `  ${JSON.stringify(one)}`).join(",\n")}\n]\n`);
  console.log(`${found.length} lines differ`);
  process.exit(0);
}

void compare(process.argv[2] === "own" ? "own" : "real");

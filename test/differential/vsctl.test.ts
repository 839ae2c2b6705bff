import { beforeAll, describe, expect, it } from "vitest";
import { declaredSchema } from "#ovsdb/declaration.js";
import { schemaToJson } from "#ovsdb/schema-json.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { describeWith } from "../support/needs.js";
import { startOurs, type TestServer } from "../support/ovsdb-servers.js";
import {
  needsRealServer,
  needsRealVsctl,
  realVsctl,
  runReal,
  startRealSwitchDatabase,
} from "../support/real-openvswitch.js";
import { expectedSteps, readCorpus, readDifferences } from "../support/vsctl-corpus.js";
import { runOurVsctl } from "../support/vsctl-in-process.js";
import { type Invoke, runScenario } from "../support/vsctl-run.js";
import { scenarios } from "./vsctl-scenarios/all.js";
import type { Scenario } from "./vsctl-scenarios/scenario.js";

const corpus = readCorpus();

async function runOn(start: () => Promise<TestServer>, scenario: Scenario, invoke: Invoke) {
  const server = await start();
  try {
    return await runScenario(scenario, server.socket, server.directory, invoke);
  } finally {
    await server.stop();
  }
}

const startOwn = (): Promise<TestServer> => startOurs(schemaToJson(declaredSchema(openVSwitchDeclaration)));

describe(`ovs-vsctl and ovsdb-server answer as Open vSwitch ${corpus.release} was recorded`, () => {
  const differences = readDifferences("own");

  it.each(scenarios)("$name", async (scenario) => {
    const steps = await runOn(startOwn, scenario, (argv) => runOurVsctl(argv));
    expect(steps).toEqual(expectedSteps(scenario.name, corpus, differences));
  });
});

describeWith([needsRealServer], "ovs-vsctl on the installed ovsdb-server", () => {
  const differences = readDifferences("real");

  it.each(scenarios)("$name", async (scenario) => {
    const steps = await runOn(startRealSwitchDatabase, scenario, (argv) => runOurVsctl(argv));
    expect(steps).toEqual(expectedSteps(scenario.name, corpus, differences));
  });
});

describe("the expected differences", () => {
  it.each(["real", "own"] as const)("are differences still, and have reasons: %s", (kind) => {
    for (const { scenario, at, why, ours } of readDifferences(kind)) {
      expect(why, `${scenario}: ${ours.line}`).not.toBe("");
      expect(ours).not.toEqual(corpus.scenarios[scenario]?.[at]);
      expect(ours.line).toBe(corpus.scenarios[scenario]?.[at]?.line);
    }
  });
});

describeWith([needsRealVsctl, needsRealServer], "the recording is what the installed ovs-vsctl does", () => {
  let release = "";
  beforeAll(async () => {
    release = (await runReal(realVsctl, ["--version"])).stdout;
  });

  // One in eight, because the real program takes 10 ms a line.
  it.each(scenarios.filter((_, i) => i % 8 === 0))("$name", async (scenario) => {
    if (!release.includes(` ${corpus.release}\n`)) return;
    const steps = await runOn(startRealSwitchDatabase, scenario, (argv) => runReal(realVsctl, argv));
    expect(steps).toEqual(corpus.scenarios[scenario.name]);
  });
});

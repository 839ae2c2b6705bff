import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "#util/json.js";
import { describeWith, program } from "../support/needs.js";
import { startOurs, startReal, type TestServer } from "../support/ovsdb-servers.js";
import { needsRealServer } from "../support/real-openvswitch.js";
import { clientDifferences } from "./ovsdb-client-differences.js";
import { invokeOwn, invokeReal, realClient } from "./ovsdb-client-invoke.js";
import {
  type ClientStep,
  type InvokeClient,
  prepareServer,
  runClientScenario,
  schemaTexts,
} from "./ovsdb-client-run.js";
import { type ClientScenario, clientScenarios } from "./ovsdb-client-scenarios.js";

interface Corpus {
  readonly release: string;
  readonly scenarios: Readonly<Record<string, readonly ClientStep[]>>;
}

const corpus = JSON.parse(readFileSync(join(import.meta.dirname, "ovsdb-client-corpus.json"), "utf8")) as Corpus;

async function runOn(
  start: (schema: Json) => Promise<TestServer>,
  scenario: ClientScenario,
  invoke: InvokeClient,
): Promise<ClientStep[]> {
  const server = await start(JSON.parse(schemaTexts[scenario.schema]) as Json);
  try {
    await prepareServer(server, scenario.schema);
    return await runClientScenario(scenario, server, invoke);
  } finally {
    await server.stop();
  }
}

/** What ours is to do: the recorded steps, but where it means to do something else. */
function expected(scenario: ClientScenario): readonly ClientStep[] {
  return (corpus.scenarios[scenario.name] ?? []).map((step) => {
    const difference = clientDifferences.find(({ line }) => line === step.line);
    return difference ? { ...step, ...difference.ours } : step;
  });
}

describe(`ovsdb-client and ovsdb-server answer as Open vSwitch ${corpus.release} was recorded`, () => {
  it.each(clientScenarios)("$name", async (scenario) => {
    expect(await runOn(startOurs, scenario, invokeOwn)).toEqual(expected(scenario));
  });
});

describeWith([needsRealServer], "ovsdb-client on the installed ovsdb-server", () => {
  it.each(clientScenarios)("$name", async (scenario) => {
    expect(await runOn(startReal, scenario, invokeOwn)).toEqual(expected(scenario));
  });
});

describe("the expected differences of ovsdb-client", () => {
  it.each(clientDifferences)("is one still, and has a reason: $line", ({ line, why, ours }) => {
    expect(why).not.toBe("");
    const step = Object.values(corpus.scenarios)
      .flat()
      .find((one) => one.line === line);
    expect(step).toBeDefined();
    expect({ ...step, ...ours }).not.toEqual(step);
  });
});

const needsRealClient = program(realClient, "openvswitch-common");

describeWith([needsRealClient, needsRealServer], "the recording is what the installed ovsdb-client does", () => {
  it.each(clientScenarios.filter((_, i) => i % 3 === 0))("$name", async (scenario) => {
    const { stdout } = await invokeReal(["--version"], "/", undefined);
    if (!stdout.includes(` ${corpus.release}\n`)) return;
    expect(await runOn(startReal, scenario, invokeReal)).toEqual(corpus.scenarios[scenario.name]);
  });
});

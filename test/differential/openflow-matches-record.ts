// Records what the installed ovs-ofctl makes of matches, in bytes and in text again: openflow-matches.json.
// Run with: node tools/run.mjs test/differential/openflow-matches-record.ts && npx biome format --write test/differential/openflow-matches.json
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Version } from "#openflow/version.js";
import { fieldMatchTexts } from "./openflow-field-rows.js";
import { FlowModCatcher, fixedMatchOf, matchOf } from "./openflow-flow-mods.js";
import { matchTexts } from "./openflow-match-texts.js";

const ofctl = "/usr/bin/ovs-ofctl";
const release = /\d+\.\d+\.\d+/.exec(execFileSync(ofctl, ["--version"], { encoding: "utf8" }))![0];

async function record(): Promise<void> {
  const catcher = await FlowModCatcher.start();
  const matches: unknown[] = [];
  for (const text of new Set([...matchTexts, ...fieldMatchTexts])) {
    const print = spawnSync(ofctl, ["parse-flow", `${text},actions=drop`], { encoding: "utf8" });
    const parsed = /ADD (.*)actions=drop$/m.exec(print.stdout)?.[1]?.trim();
    const error = /^ovs-ofctl: (.*)/m.exec(print.stderr)?.[1];
    const usable = /^usable protocols: (.*)$/m.exec(print.stdout)?.[1];
    const hex: Record<string, string> = {};
    const fixed: Record<string, string> = {};
    for (const version of parsed === undefined ? [] : ([1, 2, 3, 4, 6] as const)) {
      const { messages } = await catcher.addFlow(version as Version, `${text},actions=drop`);
      if (messages.length === 0) continue;
      const tlvs = matchOf(messages.at(-1)!);
      const other = fixedMatchOf(messages.at(-1)!);
      if (tlvs !== undefined) hex[version] = Buffer.from(tlvs).toString("hex");
      if (other !== undefined) fixed[version] = Buffer.from(other).toString("hex");
    }
    matches.push({ text, parsed, error, usable, hex, fixed });
  }
  await catcher.stop();
  writeFileSync(join(import.meta.dirname, "openflow-matches.json"), JSON.stringify({ release, matches }));
}

record().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});

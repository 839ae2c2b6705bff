// Records the bytes of every error in every version, and how each is read back, as the installed ovs-ofctl has it: openflow-errors.json.
// Run with: node tools/run.mjs test/differential/openflow-errors-record.ts && npx biome format --write test/differential/openflow-errors.json
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorRows } from "#openflow/errors/table.js";
import { versions } from "#openflow/version.js";

const ofctl = "/usr/bin/ovs-ofctl";

function run(...args: string[]): string {
  return spawnSync(ofctl, args, { encoding: "utf8" }).stdout;
}

const release = /\d+\.\d+\.\d+/.exec(execFileSync(ofctl, ["--version"], { encoding: "utf8" }))![0];
const errors: Record<string, (readonly [hex: string, readBack: string])[]> = {};
for (const { name } of errorRows) {
  errors[name] = versions.map((version) => {
    const dump = run("encode-error-reply", name, `0${version}0e000800000001`);
    const hex = dump.replace(/^\S+ {2}/gm, "").replace(/[^0-9a-f]/g, "");
    const readBack = /: (\S+)/.exec(run("ofp-print", hex))?.[1] ?? "";
    return [hex, readBack] as const;
  });
}
writeFileSync(join(import.meta.dirname, "openflow-errors.json"), JSON.stringify({ release, errors }));

// Records what the installed ovs-ofctl makes of actions, in bytes and in text again: openflow-actions.json and, of every
// field, openflow-field-actions.json.
// Run with: node tools/run.mjs test/differential/openflow-actions-record.ts && npx biome format --write test/differential/openflow-*actions.json
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { versions } from "#openflow/version.js";
import { actionTexts } from "./openflow-action-texts.js";
import { fieldActionTexts } from "./openflow-field-rows.js";
import { FlowModCatcher, instructionsAt } from "./openflow-flow-mods.js";

const ofctl = "/usr/bin/ovs-ofctl";
const release = /\d+\.\d+\.\d+/.exec(execFileSync(ofctl, ["--version"], { encoding: "utf8" }))![0];

/** Logged lines begin with a time. */
const withoutTimes = (text: string): string => text.replace(/^[-\dT:.]+Z\|\d+\|/gm, "").trim();

interface Form {
  hex?: string;
  printed?: string;
  error?: string;
}

/** What ovs-ofctl prints of each message, all of them read from one file. */
function printAll(messages: readonly Uint8Array[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), "weft-ofctl-"));
  writeFileSync(join(dir, "messages"), Buffer.concat(messages));
  const { stdout } = spawnSync(ofctl, ["ofp-parse", join(dir, "messages")], { encoding: "utf8", maxBuffer: 1 << 28 });
  rmSync(dir, { recursive: true });
  return stdout.split(/^(?=(?:OFPT|NXT)_)/m).filter((t) => t.trim() !== "");
}

/** Records flows of these actions, each with a match before a bar or without. */
async function record(texts: readonly string[], file: string): Promise<void> {
  const catcher = await FlowModCatcher.start();
  const flows: unknown[] = [];
  const messages: Uint8Array[] = [];
  const sent: Form[] = [];
  for (const given of new Set(texts)) {
    const [match, actions] = given.includes("|") ? (given.split("|") as [string, string]) : ["", given];
    const flow = `${match === "" ? "" : `${match},`}actions=${actions}`;
    const forms: Record<string, Form> = {};
    const parse = (...more: string[]) => spawnSync(ofctl, [...more, "parse-flow", flow], { encoding: "utf8" });
    const older = parse();
    // What OpenFlow 1.0 cannot say, newer versions may.
    const print = older.stdout.includes("actions=") ? older : parse("-O", "OpenFlow15");
    const text = / ?actions=(.*)$/m.exec(print.stdout)?.[1];
    const usable = /^usable protocols: (.*)$/m.exec(print.stdout)?.[1];
    for (const version of text === undefined ? [] : versions) {
      const caught = await catcher.addFlow(version, flow);
      const message = caught.messages.at(-1);
      if (message === undefined) forms[version] = { error: withoutTimes(caught.stderr) };
      else {
        const hex = Buffer.from(message)
          .toString("hex")
          .slice(2 * instructionsAt(message));
        sent.push((forms[version] = { hex }));
        messages.push(message);
      }
    }
    const error = print.stderr === "" ? undefined : withoutTimes(print.stderr);
    flows.push({ match, actions, parsed: text, usable, error, forms });
  }
  await catcher.stop();
  const printed = printAll(messages);
  if (printed.length !== sent.length) throw new Error(`${printed.length} texts of ${sent.length} messages`);
  for (const [i, form] of sent.entries()) form.printed = / ?actions=(.*)$/m.exec(printed[i]!)?.[1] ?? printed[i]!;
  writeFileSync(join(import.meta.dirname, file), JSON.stringify({ release, flows }));
}

async function main(): Promise<void> {
  await record(actionTexts, "openflow-actions.json");
  const known = new Set(actionTexts);
  const rows = fieldActionTexts.filter((text) => !known.has(text));
  await record(rows, "openflow-field-actions.json");
}

main().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});

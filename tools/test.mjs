// The whole test run: build, type check, lint, architecture, then unit to interop tests. Ends with the reasons for what was
// skipped and the true totals. `npm test -- PROJECT...` runs only those vitest projects (and no gates).
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./programs.mjs";

const order = ["architecture", "unit", "scenario", "kernel", "labs", "interop"];
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !order.includes(name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(" ")}; there are ${order.join(" ")}`);
  process.exit(1);
}
const total = { passed: 0, failed: 0, skipped: 0 };
const skippedBecause = new Map();
const failures = [];

/** Runs a command with its output shown; true when it exits 0. */
function run(title, command, args, env = {}) {
  const began = Date.now();
  console.log(`\n── ${title}`);
  const r = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  console.log(`   ${title}: ${r.status === 0 ? "ok" : "FAILED"} in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return r.status === 0;
}

/** A gate counts as one test. */
function gate(title, command, args) {
  if (run(title, command, args)) total.passed++;
  else {
    total.failed++;
    failures.push(title);
  }
}

const bin = (name) => join(root, "node_modules/.bin", name);
if (!run("build", process.execPath, ["tools/build.mjs"])) process.exit(1);
if (chosen.length === 0) {
  gate("type check", bin("tsc"), ["-p", "tsconfig.json"]);
  gate("lint", bin("biome"), ["check", "."]);
  gate("dead code", bin("knip"), ["--no-progress"]);
}

const scratch = mkdtempSync(join(tmpdir(), "weft-test-"));
const secondTries = join(scratch, "second-tries");
for (const project of chosen.length > 0 ? chosen : order) {
  const report = join(scratch, `${project}.json`);
  const reporters = ["default", "json", "./tools/second-tries.mjs"].map((name) => `--reporter=${name}`);
  const args = ["run", "--project", project, ...reporters, `--outputFile.json=${report}`];
  const ok = run(`${project} tests`, bin("vitest"), args, { NODE_EXTRA_CA_CERTS: "", WEFT_SECOND_TRIES: secondTries });
  let result;
  try {
    result = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    result = { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  }
  total.passed += result.numPassedTests;
  total.failed += result.numFailedTests;
  let broken = 0;
  for (const file of result.testResults) {
    // A file that failed outside any test (an import, a hook) has no failed test of its own.
    if (file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed")) broken++;
    for (const t of file.assertionResults) {
      if (t.status === "failed") failures.push(`${project}: ${t.fullName}`);
      if (t.status !== "skipped" && t.status !== "pending" && t.status !== "todo") continue;
      total.skipped++;
      const why = t.ancestorTitles.join(" ").match(/\[needs ([^\]]+)\]/)?.[1] ?? "no reason given";
      skippedBecause.set(why, (skippedBecause.get(why) ?? 0) + 1);
    }
  }
  total.failed += broken;
  if (broken > 0) failures.push(`${project}: ${broken} test file(s) could not run`);
  if (!ok && result.numFailedTests === 0 && broken === 0) {
    total.failed++;
    failures.push(`${project}: the run ended badly`);
  }
}
const triedAgain = existsSync(secondTries) ? readFileSync(secondTries, "utf8").trimEnd().split("\n") : [];
rmSync(scratch, { recursive: true, force: true });

console.log("");
for (const name of triedAgain) console.log(`passed when tried again: ${name}`);
for (const [why, n] of skippedBecause) console.log(`skipped ${n}: needs ${why}`);
for (const f of failures) console.log(`failed: ${f}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

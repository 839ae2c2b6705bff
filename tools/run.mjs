// Runs one TypeScript file of the project: bundles it in memory into dist/.run and starts it with the given arguments.
import { spawnSync } from "node:child_process";
import { basename, join, resolve } from "node:path";
import * as esbuild from "esbuild";
import { root } from "./programs.mjs";

const [file, ...args] = process.argv.slice(2);
if (!file) {
  console.error("usage: node tools/run.mjs FILE.ts [ARG...]");
  process.exit(1);
}
const out = join(root, "dist/.run", `${basename(file, ".ts")}.cjs`);
await esbuild.build({
  absWorkingDir: root,
  entryPoints: [resolve(file)],
  outfile: out,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["koffi", "esbuild", "bun:jsc"],
  define: { WEFT_VERSION: JSON.stringify("dev"), "import.meta.dirname": JSON.stringify(resolve(file, "..")) },
  sourcemap: "inline",
  logLevel: "warning",
});
const r = spawnSync(process.execPath, ["--enable-source-maps", out, ...args], { stdio: "inherit", cwd: process.cwd() });
process.exit(r.status ?? 1);

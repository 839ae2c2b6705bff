// Bundles every program under src/main into dist/<name>.cjs. --if-stale does nothing when dist is newer than the sources.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programs, root } from "./programs.mjs";

const dist = join(root, "dist");
const stamp = join(dist, ".built");

/** Newest modification time below a folder, in milliseconds. */
function newest(path) {
  const s = statSync(path);
  if (!s.isDirectory()) return s.mtimeMs;
  return readdirSync(path).reduce((max, name) => Math.max(max, newest(join(path, name))), s.mtimeMs);
}

const inputs = ["src", "tools", "package.json", "package-lock.json"].map((p) => join(root, p));
if (process.argv.includes("--if-stale") && existsSync(stamp)) {
  if (statSync(stamp).mtimeMs >= Math.max(...inputs.map(newest))) process.exit(0);
}

const esbuild = await import("esbuild");
mkdirSync(dist, { recursive: true });
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const names = programs();
await esbuild.build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(names.map((n) => [n, join(root, "src/main", `${n}.ts`)])),
  outdir: dist,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["koffi"],
  define: { WEFT_VERSION: JSON.stringify(version) },
  minifySyntax: true,
  minifyWhitespace: process.env["WEFT_BUILD"] !== "debug",
  keepNames: false,
  legalComments: "none",
  logLevel: "warning",
});
writeFileSync(stamp, "");
if (process.stdout.isTTY) console.log(`built ${names.length} programs into dist/`);

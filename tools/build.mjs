// Bundles every program under src/main into dist. --if-stale does nothing when dist is newer than the sources.
//
// dist/NAME.cjs is a loader of a few lines; the program is dist/lib/NAME.HASH.js, and beside it lies V8's compiled form of it, which
// saves a tool a fifth of its time. A Node of another version refuses that and compiles as usual. The hash keeps the two together
// while someone builds.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { basename, join } from "node:path";
import { compiledForm, isTool } from "./compiled-form.mjs";
import { buildPackage } from "./package.mjs";
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
const library = buildPackage(esbuild, dist, version);
const names = programs();
/** Bundles programs. Short names spare a tool half a millisecond; a daemon's are kept, so that its log can be read. */
const bundle = (programs, shortNames) =>
  esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(programs.map((n) => [n, join(root, "src/main", `${n}.ts`)])),
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    define: { WEFT_VERSION: JSON.stringify(version) },
    minifySyntax: true,
    minifyIdentifiers: shortNames,
    minifyWhitespace: process.env["WEFT_BUILD"] !== "debug",
    keepNames: false,
    legalComments: "none",
    // Loading a module by import() costs a CommonJS program 2.5 ms, by require() nothing.
    supported: { "dynamic-import": false },
    charset: "ascii",
    write: false,
    logLevel: "warning",
  });
const bundles = await Promise.all([
  bundle(names.filter(isTool), true),
  bundle(
    names.filter((n) => !isTool(n)),
    false,
  ),
]);
const outputFiles = bundles.flatMap((b) => b.outputFiles);

/** Writes a file so that nobody sees it half written. */
function put(path, content) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

const lib = join(dist, "lib");
mkdirSync(lib, { recursive: true });
const current = new Set();
for (const { path, text } of outputFiles) {
  const name = basename(path, ".cjs");
  const source = Module.wrap(text);
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 12);
  const file = `${name}.${hash}`;
  const target = join(lib, `${file}.js`);
  put(target, source);
  put(join(lib, `${file}.cache`), await compiledForm(name, target, source));
  put(
    path,
    `const{readFileSync:r}=require("fs"),{Script:S}=require("vm"),f=__dirname+"/lib/${file}";
new S(r(f+".js","latin1"),{filename:f+".js",cachedData:r(f+".cache")}).runInThisContext()(exports,require,module,__filename,__dirname);
`,
  );
  current.add(`${file}.js`).add(`${file}.cache`);
}
// A program that is just being started may still want the ones before.
const young = Date.now() - 60_000;
for (const name of readdirSync(lib)) {
  if (!current.has(name) && statSync(join(lib, name)).mtimeMs < young) rmSync(join(lib, name), { force: true });
}
await library;
writeFileSync(stamp, "");
if (process.stdout.isTTY) console.log(`built ${names.length} programs into dist/`);

// Builds what other programs import: each module of src/main/package as dist/package/NAME.mjs, with its types in dist/types.
//
// The types keep the sources' own names for each other (`#ovsdb/atom.js`); a package.json beside them says where those are.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./programs.mjs";

/** Runs the compiler for the declarations. Errors are for the type check to tell; they are written in spite of them. */
function declarations() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, "-p", "tsconfig.package.json"], { cwd: root, stdio: "ignore" });
    child.on("error", reject);
    child.on("exit", resolve);
  });
}

/** Bundles the modules and writes their types. */
export async function buildPackage(esbuild, dist, version) {
  const types = join(dist, "types");
  mkdirSync(types, { recursive: true });
  const names = readdirSync(join(root, "src/main/package")).filter((f) => f.endsWith(".ts") && !f.endsWith(".test.ts"));
  const bundled = esbuild.build({
    absWorkingDir: root,
    entryPoints: names.map((name) => join(root, "src/main/package", name)),
    outdir: join(dist, "package"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    external: ["koffi"],
    define: { WEFT_VERSION: JSON.stringify(version) },
    // Modules have no require(), by which some of node's own are loaded when they are needed.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    minifySyntax: true,
    legalComments: "none",
    charset: "ascii",
    logLevel: "warning",
  });
  const { imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const typed = Object.entries(imports).map(([name, path]) => [
    name,
    path.replace("./src/", "./").replace(/\.ts$/, ".d.ts"),
  ]);
  const scope = { type: "module", imports: Object.fromEntries(typed) };
  writeFileSync(join(types, "package.json"), `${JSON.stringify(scope, null, 2)}\n`);
  await Promise.all([bundled, declarations()]);
}

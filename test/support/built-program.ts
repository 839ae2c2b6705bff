import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** A program of ours, bundled from the present sources into a directory of its own. */
export interface BuiltProgram {
  /** Give it to `node`. */
  readonly file: string;
  remove(): void;
}

/** Bundles `src/main/NAME.ts` as the build does, and beside it the programs of its threads. */
export async function buildProgram(name: string, ...threads: readonly string[]): Promise<BuiltProgram> {
  const root = join(import.meta.dirname, "../..");
  const directory = mkdtempSync(join(tmpdir(), "weft-program-"));
  // koffi stays outside of the bundle and is looked up from there.
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  const file = join(directory, `${name}.cjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [name, ...threads].map((program) => join(root, "src/main", `${program}.ts`)),
    outdir: directory,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["koffi"],
    define: { WEFT_VERSION: JSON.stringify("test") },
    logLevel: "warning",
  });
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProgramItem } from "#bpf/instruction.js";
import type { MapSpec } from "#bpf/map-spec.js";
import { programType } from "#bpf/program-spec.js";
import { createMap } from "#host/linux/bpf/map.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { testRun } from "#host/linux/bpf/test-run.js";
import * as sys from "#host/linux/syscalls.js";
import { describeWith, root } from "../support/needs.js";
import { runProgram } from "../support/run-program.js";

const top = join(import.meta.dirname, "../..");
const guide = readFileSync(join(top, "docs/guides/ebpf.md"), "utf8");
const [counter, loading] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!) as [string, string];
const [, printed] = /it prints\n\n```\n(.*?)```/s.exec(guide)!;

/** A project that has the package installed. */
let project: string;

function compile(...files: string[]): string {
  const options = "--noEmit --strict --target es2023 --module nodenext --types node".split(" ");
  const tsc = join(top, "node_modules/typescript/bin/tsc");
  const args = [tsc, ...options, "--typeRoots", `${top}/node_modules/@types`, ...files];
  try {
    return execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

function write(name: string, source: string): string {
  writeFileSync(join(project, `${name}.ts`), source);
  const file = join(project, `${name}.js`);
  writeFileSync(file, transformSync(source, { loader: "ts", format: "esm" }).code);
  return file;
}

beforeAll(() => {
  execFileSync(process.execPath, ["tools/build.mjs", "--if-stale"], { cwd: top });
  project = mkdtempSync(join(tmpdir(), "weft-bpf-"));
  mkdirSync(join(project, "node_modules"));
  symlinkSync(top, join(project, "node_modules/weft-switch"));
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
  write("counter", counter);
  write("loading", `import { counter, counts } from "./counter.js";\n${loading}`);
}, 60_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("the package weft-switch/bpf", () => {
  it("compiles the guide's examples", () => {
    expect(compile("counter.ts", "loading.ts")).toBe("");
  }, 60_000);

  it("does not compile mistakes in them", () => {
    const mistakes = [
      [/word\.load\(r2, r1, 76\)/, "word.load(r1, 76)"],
      [/mov\.imm\(r0, 0\)/, "mov.imm(r0, r1, 0)"],
      [/"pass"\), \/\/ shorter/, "pass), // shorter"],
      [/mapType\.array/, "2000"],
    ] as const;
    const files = mistakes.map(([what, instead], i) => {
      write(`mistake${i}`, counter.replace(what, instead));
      return `mistake${i}.ts`;
    });
    const output = compile(...files);
    for (const file of files) expect(output).toContain(`${file}(`);
  }, 60_000);

  it("counts packets, and says what the program is", async () => {
    const result = await runProgram(process.execPath, [join(project, "counter.js")], { NO_COLOR: "1" });
    expect(result).toEqual({ status: 0, stdout: printed, stderr: "" });
  });

  it("tells what a program needs", async () => {
    const result = await runProgram(process.execPath, [join(project, "loading.js")], { NO_COLOR: "1" });
    expect(result).toEqual({ status: 0, stdout: `${printed}[ 'counts' ] 17\n`, stderr: "" });
  });
});

describeWith([root], "the guide's packet counter in the kernel", () => {
  it("is taken by the verifier, and lets a packet pass", async () => {
    type Example = { readonly counts: MapSpec; readonly counter: () => ProgramItem[] };
    const example = (await import(pathToFileURL(join(project, "counter.js")).href)) as Example;
    const counts = createMap(example.counts);
    const items = example.counter();
    const program = loadProgram({ type: programType.schedCls, name: "counter", items, symbols: { maps: { counts } } });
    expect(testRun(program, new Uint8Array(60)).verdict).toBe(0);
    sys.close(program);
    sys.close(counts);
  });
});

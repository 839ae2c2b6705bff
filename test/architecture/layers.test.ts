import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const allowed: Record<string, string[]> = JSON.parse(readFileSync(join(root, "layers.json"), "utf8"));

/** node: modules that compute only; the rest touch the outside and belong to host and main. */
const pureModules = new Set(["node:crypto", "node:buffer", "node:util", "node:string_decoder", "node:zlib"]);
const pureLayers = ["util", "wire", "bpf", "ovsdb", "flow", "protocols", "openflow"];

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? sources(join(folder, e.name)) : e.name.endsWith(".ts") ? [join(folder, e.name)] : [],
  );
}

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly target: string;
  readonly isTest: boolean;
}

const files = sources(join(root, "src"));
const imports: Import[] = files.flatMap((path) => {
  const file = relative(root, path);
  const layer = file.split("/")[1] ?? "";
  const text = readFileSync(path, "utf8");
  const found = [...text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+|require\s*\(\s*)["']([^"']+)["']/g)];
  const isTest = file.endsWith(".test.ts");
  return found.map((m) => ({ file, layer, target: m[1] ?? "", isTest }));
});

describe("the layers", () => {
  it("hold every source file", () => {
    const strays = files
      .map((f) => relative(root, f))
      .filter((f) => !(f.split("/")[1] ?? "").match(/^[a-z-]+$/) || !(f.split("/")[1]! in allowed));
    expect(strays).toEqual([]);
  });

  it("import only what layers.json allows", () => {
    const wrong = imports.filter(({ layer, target }) => {
      if (!target.startsWith("#")) return false;
      const to = target.slice(1).split("/")[0]!;
      const may = allowed[layer] ?? [];
      return to === layer || !(may.includes("*") || may.includes(to));
    });
    expect(wrong.map((i) => `${i.file} imports ${i.target}`)).toEqual([]);
  });

  it("import relatively only inside a layer", () => {
    const wrong = imports.filter(({ file, layer, target }) => {
      if (!target.startsWith(".")) return false;
      return relative(root, join(root, dirname(file), target)).split("/")[1] !== layer;
    });
    expect(wrong.map((i) => `${i.file} imports ${i.target}`)).toEqual([]);
  });

  it("touch the outside only in host and main", () => {
    const wrong = imports.filter(
      ({ layer, target, isTest }) =>
        !isTest &&
        layer !== "host" &&
        layer !== "main" &&
        (target === "koffi" || (target.startsWith("node:") && !pureModules.has(target))),
    );
    expect(wrong.map((i) => `${i.file} imports ${i.target}`)).toEqual([]);
  });

  it("keep the clock out of the pure layers", () => {
    const clock =
      /\b(Date\.now|performance\.now|setTimeout|setInterval|setImmediate|Math\.random|new Date\(\)|process\.)/;
    const wrong = files
      .filter((f) => !f.endsWith(".test.ts") && pureLayers.includes(relative(root, f).split("/")[1] ?? ""))
      .filter((f) => clock.test(readFileSync(f, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")));
    expect(wrong.map((f) => relative(root, f))).toEqual([]);
  });

  it("notice an import that is not allowed", () => {
    expect(allowed["util"]).toEqual([]);
    expect(allowed["flow"]).not.toContain("host");
    expect(imports.length).toBeGreaterThan(0);
  });
});

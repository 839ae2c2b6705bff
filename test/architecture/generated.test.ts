import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../tools/generated.js";

describe("generated files", () => {
  it.each(generatedFiles.map((file) => [file.path, file] as const))("%s is fresh (npm run generate)", (path, file) => {
    expect(readFileSync(join(import.meta.dirname, "../..", path), "utf8")).toBe(file.text());
  });
});

import { expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { toolIo } from "../io.js";
import { schemaTypes } from "./main.js";

const schema = '{"name":"S","version":"1.0.0","tables":{"T":{"columns":{"i":{"type":"integer"}}}}}';

/** Status, output and errors of one run beside the file `/tmp/s.ovsschema`. */
async function run(...argv: string[]): Promise<[number, string, string]> {
  const host = createFakeHost();
  host.files.write("/tmp/s.ovsschema", schema);
  host.files.write("/tmp/bad.ovsschema", "{");
  const status = await schemaTypes(argv, toolIo(host));
  const { out, err } = host.process;
  return [status, argv.includes("/tmp/out.ts") ? host.files.readText("/tmp/out.ts") : out, err];
}

it("prints a declaration, or writes it to a file", async () => {
  const [status, text, err] = await run("--name=mine", "--from=some-module", "/tmp/s.ovsschema");
  expect([status, err]).toEqual([0, ""]);
  expect(text).toContain("S database's schema 1.0.0, generated from s.ovsschema");
  expect(text).toContain('from "some-module"');
  expect(text).toContain("const mine");
  expect(await run("--name=mine", "--from=some-module", "/tmp/s.ovsschema", "/tmp/out.ts")).toEqual([0, text, ""]);
});

it("says what is wrong", async () => {
  expect(await run()).toEqual([1, "", "weft-schema-types: a schema file is required; use --help for help\n"]);
  expect(await run("/nope")).toEqual([1, "", "weft-schema-types: /nope: open: No such file or directory\n"]);
  expect(await run("a", "b", "c")).toMatchObject([1, "", expect.stringContaining("at most two files")]);
  expect(await run("--nope")).toEqual([1, "", "weft-schema-types: unrecognized option '--nope'\n"]);
  expect(await run("/tmp/bad.ovsschema")).toMatchObject([1, "", expect.stringMatching(/^weft-schema-types: /)]);
});

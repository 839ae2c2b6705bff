import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { declaredSchema } from "#ovsdb/declaration.js";
import { formatDeclaration } from "#ovsdb/declaration-text.js";
import { schemaFromJson, schemaToJson } from "#ovsdb/schema-json.js";
import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { parseJson } from "#util/json-parse.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { type OurServer, startOurs } from "../support/ovsdb-servers.js";
import { runProgram } from "../support/run-program.js";

const top = join(import.meta.dirname, "../..");
const guide = readFileSync(join(top, "docs/guides/ovsdb-replica.md"), "utf8");
const [, example] = /```ts\n(.*?)```/s.exec(guide)!;
const [, printed] = /it prints\n\n```\n(.*?)```/s.exec(guide)!;

const readme = readFileSync(join(top, "README.md"), "utf8");
const inReadme = /^ {4}import \{ openReplica.*? {4}db\.close\(\);$/ms.exec(readme)![0].replace(/^ {4}/gm, "");

/** A project that has the package installed. */
let project: string;
let server: OurServer;

function compile(...files: string[]): string {
  const options = [
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--module",
    "nodenext",
    "--typeRoots",
    `${top}/node_modules/@types`,
  ];
  const tsc = join(top, "node_modules/typescript/bin/tsc");
  try {
    const args = [tsc, ...options, "--types", "node", ...files];
    return execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

describe("the package weft-switch/ovsdb", () => {
  beforeAll(async () => {
    execFileSync(process.execPath, ["tools/build.mjs", "--if-stale"], { cwd: top });
    project = mkdtempSync(join(tmpdir(), "weft-package-"));
    mkdirSync(join(project, "node_modules"));
    symlinkSync(top, join(project, "node_modules/weft-switch"));
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
    writeFileSync(join(project, "example.ts"), example!);
    server = await startOurs(schemaToJson(declaredSchema(openVSwitchDeclaration)));
    const client = await RawClient.open(server.socket);
    const named = (name: string) => ["named-uuid", name];
    await client.call("transact", [
      "Open_vSwitch",
      { op: "insert", table: "Interface", row: { name: "br0" }, "uuid-name": "i0" },
      { op: "insert", table: "Interface", row: { name: "p1" }, "uuid-name": "i1" },
      { op: "insert", table: "Port", row: { name: "br0", interfaces: named("i0") }, "uuid-name": "p0" },
      { op: "insert", table: "Port", row: { name: "p1", interfaces: named("i1"), tag: 7 }, "uuid-name": "p1" },
      {
        op: "insert",
        table: "Bridge",
        row: { name: "br0", ports: ["set", [named("p0"), named("p1")]] },
        "uuid-name": "b",
      },
      { op: "insert", table: "Open_vSwitch", row: { bridges: named("b") } },
    ]);
    client.close();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(project, { recursive: true, force: true });
  });

  it("compiles and runs the guide's example", async () => {
    expect(compile("example.ts")).toBe("");
    writeFileSync(join(project, "example.js"), transformSync(example!, { loader: "ts", format: "esm" }).code);
    const env = { OVS_DB: `unix:${server.socket}`, NO_COLOR: "1" };
    const result = await runProgram(process.execPath, [join(project, "example.js")], env);
    expect(result).toEqual({ status: 0, stdout: printed, stderr: "" });
  });

  it("compiles the README's example", () => {
    writeFileSync(join(project, "readme.ts"), inReadme);
    expect(compile("readme.ts")).toBe("");
  });

  it("does not compile a mistake in the example", () => {
    const mistakes = [
      [/"internal"/, "7"],
      [
        /t\.increment\("Open_vSwitch", root\.uuid, "next_cfg"\)/,
        't.increment("Open_vSwitch", root.uuid, "ovs_version")',
      ],
      [/interfaces: \[local\]/, "interfaces: [port]"],
      [/bridge\.fail_mode/, "bridge.stp_enable"],
    ] as const;
    const files = mistakes.map(([what, instead], i) => {
      writeFileSync(join(project, `mistake${i}.ts`), example!.replace(what, instead));
      return `mistake${i}.ts`;
    });
    const output = compile(...files);
    for (const file of files) expect(output).toContain(`${file}(`);
  });

  it("compiles what is generated from a schema", () => {
    const schema = schemaFromJson(parseJson(readFileSync(join(top, "share/openvswitch/vswitch.ovsschema"), "utf8")));
    writeFileSync(join(project, "generated.ts"), formatDeclaration(schema, { name: "ownDeclaration" }));
    const use = `
import { openReplica } from "weft-switch/ovsdb";
import { ownDeclaration, type OwnRows } from "./generated.js";
const db = openReplica([], ownDeclaration, { Bridge: "all" });
export const modes: OwnRows["Bridge"]["fail_mode"][] = [...db.table("Bridge")].map((row) => row.fail_mode);
// @ts-expect-error no such mode
export const other: OwnRows["Bridge"]["fail_mode"] = "other";
`;
    writeFileSync(join(project, "use.ts"), use);
    expect(compile("use.ts")).toBe("");
  });
});

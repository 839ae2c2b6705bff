import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ovsdbTool } from "#cli/ovsdb-tool/main.js";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { describeWith, program } from "../support/needs.js";

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const schema =
  '{"name":"S","version":"1.0.0","tables":{"T":{"columns":{"name":{"type":"string"},"i":{"type":"integer"},"e":{"type":"integer","ephemeral":true},"one":{"type":{"key":"string","min":0}},"m":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},"set":{"type":{"key":"string","min":0,"max":"unlimited"}}},"indexes":[["i"]],"isRoot":true}}}';
const a = "11111111-2222-4333-8444-555555555555";
const b = "22222222-2222-4333-8444-555555555555";

function record(json: string, magic = "JSON"): string {
  const body = `${json}\n`;
  const bytes = Buffer.from(body);
  return `OVSDB ${magic} ${bytes.length} ${createHash("sha1").update(bytes).digest("hex")}\n${body}`;
}

/** Members in the order upstream happens to print them, which is not compared: each record changes one column at most. */
const good =
  record(schema) +
  record(`{"_date":1700000000123,"T":{"${a}":{"name":"a"}},"_comment":"first\\nof all"}`) +
  record(`{"_date":1700000001,"_is_diff":true,"T":{"${a}":{"set":["set",["x","y z"]]}}}`) +
  record(`{"_date":1700000002000,"_is_diff":true,"T":{"${a}":{"set":["set",["q","x"]]}}}`) +
  record(`{"_date":1700000003000,"T":{"${a}":{"one":"é"}}}`) +
  record(`{"_date":1700000004000,"_is_diff":true,"T":{"${a}":{"one":["set",[]]}}}`) +
  record(`{"_date":1700000005000,"T":{"${b}":{"i":7}},"_comment":"b"}`) +
  record(`{"_date":1700000006000,"_is_diff":true,"T":{"${a}":null}}`);

const narrow =
  record(schema.replace(/("set":.*?"max":)"unlimited"/, "$12")) +
  record(`{"T":{"${a}":{"set":["set",["x","y"]]}},"_comment":5}`);

const files: Readonly<Record<string, string>> = {
  narrow,
  crowded: `${narrow}${record(`{"T":{"${a}":{"set":"z"}},"_is_diff":true}`)}`,
  replaced: `${narrow}${record(`{"T":{"${a}":{"set":["set",["x","z"]]}},"_is_diff":true}`)}`,
  noted: `${narrow}${record('{"_comment":"no rows"}')}${record("{}")}${record('{"T":{}}')}`,
  good,
  empty: "",
  text: "hello\n",
  zero: `OVSDB JSON 0 ${"0".repeat(40)}\n\n`,
  cut: good.slice(0, -5),
  header: `${good}OVSDB JSON 90 12`,
  word: `${good}OVS`,
  flipped: `${good.slice(0, -3)}]\n`,
  newline: `${good}\n`,
  nuls: good + "\0".repeat(60),
  garbage: `${good}garbage\n${good}`,
  clustered: good + record("{}", "CLUSTER"),
  huge: `${good}OVSDB JSON 99999999999999 ${"0".repeat(40)}\n{}\n`,
  array: good + record("[1,2]"),
  nojson: good + record('{"a":'),
  table: good + record('{"Nope":{}}'),
  gone: good + record(`{"T":{"${a}":null}}`),
  uuid: good + record('{"T":{"f2499d78":{}}}'),
  column: good + record(`{"T":{"${a}":{"zz":1}}}`),
  number: good + record('{"T":5}'),
  type: good + record(`{"T":{"${a}":{"i":"a"}}}`),
  row: good + record(`{"T":{"${a}":5}}`),
  duplicate: good + record(`{"T":{"${a}":{"set":["set",["q","q"]]}}}`),
  note: good + record(`{"_other":5,"T":{}}`),
  schema: record('{"name":5}'),
  first: record("[]"),
};

const select = '["S",{"op":"select","table":"T","where":[],"columns":["name","i","one","m","set"]}]';

describeWith([program("/usr/bin/ovsdb-tool", "openvswitch-common")], "the installed ovsdb-tool and ours", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "weft-tool-"));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), Buffer.from(text));
    writeFileSync(join(directory, "s.ovsschema"), schema);
    writeFileSync(join(directory, "bad.ovsschema"), '{"name":"S"');
    writeFileSync(join(directory, "worse.ovsschema"), '{"name":"S"}');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const tidy = (text: string): string =>
    text
      .replaceAll(`${directory}/`, "")
      .replace(/"_version":\["uuid","[^"]*"\]/g, "")
      .replace(/^\/usr\/bin\//gm, "")
      .replace(/^\S*\|\d+\|/gm, "");
  const real = (args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(
        "/usr/bin/ovsdb-tool",
        args,
        { cwd: directory, env: { ...process.env, OVS_DBDIR: directory } },
        (error, stdout, stderr) =>
          resolve({ status: error ? Number(error.code) : 0, stdout: tidy(stdout), stderr: tidy(stderr) }),
      );
    });
  async function ours(args: readonly string[]): Promise<Outcome> {
    const host = createNodeHost({ lock: lockRecord });
    const said = { stdout: "", stderr: "" };
    const here = {
      ...host,
      process: Object.create(host.process, { cwd: { value: directory }, env: { value: { OVS_DBDIR: directory } } }),
    };
    const status = await ovsdbTool(args, {
      host: here as typeof host,
      stdout: (text) => {
        said.stdout += text;
      },
      stderr: (text) => {
        said.stderr += text;
      },
      stdoutIsTerminal: false,
      stdin: async () => "",
      stdinBytes: async () => new Uint8Array(),
    });
    return { status, stdout: tidy(said.stdout), stderr: tidy(said.stderr) };
  }
  const same = async (...args: string[]): Promise<void> => expect(await ours(args)).toEqual(await real(args));

  for (const name of Object.keys(files)) {
    it(`read "${name}" the same`, async () => {
      await same("query", name, select);
      await same("-mm", "show-log", name);
      await same("db-name", name);
      await same("db-is-standalone", name);
    });
  }

  const lines: readonly (readonly string[])[] = [
    ["show-log", "good"],
    ["-m", "show-log", "good"],
    ["--mor", "show-log", "good"],
    ["db-version", "good"],
    ["db-cksum", "good"],
    ["db-is-clustered", "good"],
    ["db-is-clustered", "missing"],
    ["db-cid", "good"],
    ["schema-name", "s.ovsschema"],
    ["schema-version", "s.ovsschema"],
    ["schema-cksum", "s.ovsschema"],
    ["schema-name", "bad.ovsschema"],
    ["schema-name", "worse.ovsschema"],
    ["schema-name", "none.ovsschema"],
    ["needs-conversion", "good", "s.ovsschema"],
    ["create", "good", "s.ovsschema"],
    ["create", "new", "none.ovsschema"],
    ["create", "a", "b", "c"],
    ["query", "good", "[]"],
    ["query", "good", '["X"]'],
    ["query", "good", "{}"],
    ["query", "good", '["S",{"op":"nop"}]'],
    ["query", "good", '["S"'],
    ["query"],
    ["compare-versions", "1.2.3", "<", "1.10.0"],
    ["compare-versions", "1.2.3", ">=", "1.10.0"],
    ["compare-versions", "1.2", "<", "1.10.0"],
    ["compare-versions", "1.2.3", "~", "1.10.0"],
    ["nonsense"],
    [],
    ["--nonsense"],
    ["-Z"],
    ["--ve"],
    ["db-name"],
  ];
  for (const args of lines) it(`agree on: ovsdb-tool ${args.join(" ")}`, () => same(...args));

  it("create, change, compact and convert files that the other reads", async () => {
    for (const [maker, reader] of [
      [ours, real],
      [real, ours],
    ] as const) {
      const file = maker === ours ? "by-ours" : "by-real";
      expect(await maker(["create", file, "s.ovsschema"])).toEqual({ status: 0, stdout: "", stderr: "" });
      const insert = (i: number): string =>
        `["S",{"op":"insert","table":"T","row":{"i":${i},"name":"n${i}","m":["map",[["k","v"]]],"set":["set",["p","q"]]}},{"op":"comment","comment":"row ${i}"}]`;
      for (const i of [1, 2, 3]) await maker(["transact", file, insert(i)]);
      await reader([
        "transact",
        file,
        '["S",{"op":"mutate","table":"T","where":[["i","==",2]],"mutations":[["set","delete","p"],["m","insert",["map",[["l","w"]]]]]}]',
      ]);
      const sorted = (outcome: Outcome): string =>
        (JSON.parse(outcome.stdout) as [{ rows: object[] }])[0].rows
          .map((row) => JSON.stringify(row))
          .sort()
          .join("\n");
      const wanted = sorted(await reader(["query", file, select]));
      expect(wanted).toContain('["map",[["k","v"],["l","w"]]]');
      expect(sorted(await maker(["query", file, select]))).toBe(wanted);
      copyFileSync(join(directory, file), join(directory, `${file}-2`));
      expect((await maker(["compact", file])).status).toBe(0);
      expect(sorted(await reader(["query", file, select]))).toBe(wanted);
      expect((await maker(["convert", `${file}-2`, "s.ovsschema"])).status).toBe(0);
      expect(sorted(await reader(["query", `${file}-2`, select]))).toBe(wanted);
    }
  });
});

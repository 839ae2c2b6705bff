import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, program } from "../support/needs.js";

const real = "/usr/bin/ovs-dpctl";
const ours = join(import.meta.dirname, "../../bin/ovs-dpctl");

/** Command lines that need no datapath, or say that there is none. */
const calls: readonly string[] = [
  "",
  "--help",
  "help",
  "--option",
  "foo",
  "get-flow",
  "add-flow x",
  "del-dp",
  "parse-actions",
  "show --foo",
  "-Z",
  "--tim",
  "--timeout=x show",
  "-t 0 show",
  "--read-only add-flow x 1",
  "--read-only parse-actions 1",
  "dump-flows a b c d e f g",
  "parse-actions 1,2",
  "parse-actions output:1",
  "parse-actions set(eth(src=1)),3",
  "dump-flows",
  "dump-flows -m --names",
  "dump-flows system@x",
  "get-flow ufid:x",
  "dump-conntrack",
  "ct-bkts",
  "ct-get-maxconns",
  "ipf-get-status",
  "offload-stats-show",
  "del-flows",
];

describeWith([program(real, "openvswitch-switch")], "ovs-dpctl and the installed one, without a datapath", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "weft-dpctl-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const run = (file: string, call: string) => {
    const env = { ...process.env, OVS_RUNDIR: directory, OVS_LOGDIR: directory };
    const args = call.split(" ").filter((word) => word !== "");
    const { status, stdout, stderr } = spawnSync(file, ["-vconsole:off", ...args], { encoding: "utf8", env });
    // getopt(3) calls a program as it was called.
    return { status, stdout, stderr: stderr.replaceAll(real, "ovs-dpctl") };
  };

  it("have commands of the same names, and ours the newer ones, too", () => {
    const names = (file: string): string[] =>
      run(file, "list-commands")
        .stdout.split("\n")
        .map((line) => line.trim().split(" ")[0]!);
    expect(names(ours)).toEqual(expect.arrayContaining(names(real)));
  });

  it.each(calls)("say the same to '%s'", (call) => {
    expect(run(ours, call)).toEqual(run(real, call));
  });
});

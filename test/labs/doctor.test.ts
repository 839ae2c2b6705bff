import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeWith, program, root, tun } from "../support/needs.js";

const weft = join(import.meta.dirname, "../../bin/weft");
const needs = [root, tun, program("/usr/bin/setpriv", "util-linux")];

describeWith(needs, "weft doctor", () => {
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(words[0]!, words.slice(1), { encoding: "utf8", timeout: 20_000 });
    return { status, stdout, stderr };
  };

  it("finds that root can forward here, without a daemon", () => {
    const { status, stdout, stderr } = run(weft, "--format=json", "doctor");
    expect([status, stderr]).toEqual([0, ""]);
    const diagnosis = JSON.parse(stdout) as {
      canForward: boolean;
      features: { name: string; works: boolean | null }[];
    };
    expect(diagnosis.canForward).toBe(true);
    expect(diagnosis.features.find(({ name }) => name === "bpf")?.works).toBe(true);
  });

  it("tells somebody without privilege what is lacking, and guesses nothing", () => {
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
    const { status, stdout, stderr } = run(...nobody, weft, "doctor");
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^This host cannot forward packets: user 65534 without CAP_NET_ADMIN\.\n/);
    expect(stdout).toContain("→ run as root, which also tells more");
    expect(stdout).toMatch(/packet sockets, for system ports +unknown +.*Operation not permitted/);
    const { stdout: json } = run(...nobody, weft, "--format=json", "doctor");
    expect(JSON.parse(json)).toMatchObject({ canForward: false, kernelEngine: { hostIsReady: null, missing: [] } });
  });

  it("refuses to do without what is no feature", () => {
    const { status, stderr } = run("/usr/bin/env", "WEFT_WITHOUT=nonsense", weft, "doctor");
    expect([status, stderr]).toEqual([1, 'weft: WEFT_WITHOUT: there is no feature "nonsense"\n']);
  });
});

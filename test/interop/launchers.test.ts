import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "../support/run-program.js";

const root = join(import.meta.dirname, "../..");
const launchers = readdirSync(join(root, "bin"));

let home: string;
let elsewhere: string;

beforeAll(() => {
  home = join(mkdtempSync(join(tmpdir(), "weft-launch-")), "a checkout");
  elsewhere = join(home, "else where");
  for (const folder of ["bin", "dist", "else where"]) mkdirSync(join(home, folder), { recursive: true });
  copyFileSync(join(root, "bin/ovs-vsctl"), join(home, "bin/ovs-vsctl"));
  copyFileSync(join(root, "bin/ovs-vsctl"), join(home, "bin/unbuilt"));
  const program = "console.log(JSON.stringify([process.argv.slice(2), process.env.NODE_EXTRA_CA_CERTS ?? null]))";
  writeFileSync(join(home, "dist/ovs-vsctl.cjs"), program);
  symlinkSync(join(home, "bin/ovs-vsctl"), join(elsewhere, "absolute"));
  symlinkSync("../bin/ovs-vsctl", join(elsewhere, "relative"));
  symlinkSync("relative", join(elsewhere, "twice"));
  symlinkSync(join(home, "bin"), join(elsewhere, "folder"));
});
afterAll(() => rmSync(join(home, ".."), { recursive: true, force: true }));

/** Runs a shell's line in the folder with the links; `NODE_EXTRA_CA_CERTS` names a file that is not there. */
const shell = (line: string) =>
  runProgram("/bin/sh", ["-c", `cd "$0" && ${line}`, elsewhere], { CDPATH: "/tmp", NODE_EXTRA_CA_CERTS: "/nope" });

describe("launchers", () => {
  it("are all the same, and each has its program", () => {
    const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: Record<string, string> };
    expect(Object.values(bin).sort()).toEqual(launchers.map((name) => `bin/${name}`).sort());
    const sources = readdirSync(join(root, "src/main"));
    for (const name of launchers) {
      expect(sources).toContain(`${name}.ts`);
      expect(readFileSync(join(root, "bin", name), "utf8")).toBe(readFileSync(join(root, "bin/ovs-vsctl"), "utf8"));
    }
  });

  it.each([
    ["by a path", "../bin/ovs-vsctl"],
    ["by its name alone", "cd ../bin && PATH=.:$PATH ovs-vsctl"],
    ["as the shell's script", "cd ../bin && sh ovs-vsctl"],
    ["through an absolute link", "./absolute"],
    ["through a relative link", "./relative"],
    ["through a link to a link", "./twice"],
    ["through a linked folder", "folder/ovs-vsctl"],
  ])("start their program %s", async (_, command) => {
    const outcome = await shell(`${command} 'two words' ''`);
    expect(outcome).toEqual({ status: 0, stdout: '[["two words",""],null]\n', stderr: "" });
  });

  it("say what to do where nothing was built", async () => {
    expect(await shell("../bin/unbuilt")).toEqual({
      status: 1,
      stdout: "",
      stderr: "unbuilt: not built yet; run 'npm run build' in the checkout\n",
    });
  });
});

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root } from "../support/needs.js";
import { runProgram } from "../support/run-program.js";
import { needsRealPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const top = join(import.meta.dirname, "../..");
const guide = readFileSync(join(top, "docs/guides/openflow.md"), "utf8");
const [listing, controller] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map((found) => found[1]!) as [string, string];
const readme = readFileSync(join(top, "README.md"), "utf8");
const inReadme = /^ {4}import \{ connectSwitch.*? {4}br0\.close\(\);$/ms.exec(readme)![0].replace(/^ {4}/gm, "");
const [, printed] = /it prints\n\n```\n(.*?)```/s.exec(guide)!;

/** A frame without anything in it. */
const frame = (to: string, from: string): string => `eth(src=${from},dst=${to}),eth_type(0x1234)`;
const [a, b] = ["50:54:00:00:00:05", "50:54:00:00:00:07"] as const;

describeWith([root, needsRealPrograms], "the package weft-switch/openflow", () => {
  /** A project that has the package installed. */
  let project: string;
  let stack: SwitchStack;

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

  beforeAll(async () => {
    execFileSync(process.execPath, ["tools/build.mjs", "--if-stale"], { cwd: top });
    project = mkdtempSync(join(tmpdir(), "weft-openflow-"));
    mkdirSync(join(project, "node_modules"));
    symlinkSync(top, join(project, "node_modules/weft-switch"));
    writeFileSync(join(project, "package.json"), '{"type":"module"}');
    stack = await SwitchStack.start(realPrograms, { switchOptions: ["--enable-dummy", "--disable-system"] });
    const bridge =
      "add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure other_config:datapath-id=00000000000000b0";
    const port = (n: number): string => `add-port br0 p${n} -- set interface p${n} type=dummy ofport_request=${n}`;
    await stack.must(stack.programs.vsctl, ...`${bridge} -- ${port(1)} -- ${port(2)} -- ${port(3)}`.split(" "));
  }, 30_000);
  afterAll(async () => {
    await stack?.close();
    rmSync(project, { recursive: true, force: true });
  });

  it("compiles the guide's examples, and the README's", () => {
    write("listing", listing);
    write("controller", controller);
    write("readme", inReadme);
    expect(compile("listing.ts", "controller.ts", "readme.ts")).toBe("");
  }, 60_000);

  it("does not compile mistakes in them", () => {
    const mistakes = [
      [listing, /flow_stats_request/, "flow_status_request"],
      [listing, /\{ flows \}/, "{ flow }"],
      [controller, /"packet_out", bufferId/, '"packet_out", buffer: 1'],
      [controller, /"features_request"/, '"barrier_request"'],
    ] as const;
    const files = mistakes.map(([source, what, instead], i) => {
      write(`mistake${i}`, source.replace(what, instead));
      return `mistake${i}.ts`;
    });
    const output = compile(...files);
    for (const file of files) expect(output).toContain(`${file}(`);
  }, 60_000);

  it("lists a switch's flows", async () => {
    const file = write("listing", listing);
    const env = { SWITCH: `unix:${stack.path("br0.mgmt")}`, NO_COLOR: "1" };
    expect(await runProgram(process.execPath, [file], env)).toEqual({ status: 0, stdout: printed, stderr: "" });
    await stack.must("/usr/bin/ovs-ofctl", "del-flows", "br0");
  });

  it("controls a switch", async () => {
    const child = spawn(process.execPath, [write("controller", controller)], {
      env: { ...process.env, LISTEN: `punix:${stack.path("controller")}` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    try {
      await eventually(() => said.includes("listening on"), "the controller");
      await stack.must(stack.programs.vsctl, "set-controller", "br0", `unix:${stack.path("controller")}`);
      const flows = (): Promise<string> => stack.must("/usr/bin/ovs-ofctl", "--no-stats", "dump-flows", "br0");
      await eventually(async () => (await flows()).includes("CONTROLLER"), "the first flow");
      await stack.appctl("netdev-dummy/receive", "p1", frame(b, a));
      await stack.appctl("netdev-dummy/receive", "p2", frame(a, b));
      await eventually(async () => (await flows()).includes("output"), "a flow to a known address");
      expect((await flows()).trim().split("\n")).toEqual([
        `idle_timeout=60, priority=1,in_port=2,dl_src=${b},dl_dst=${a} actions=output:1`,
        " priority=0 actions=CONTROLLER:65535",
      ]);
      const ports = await stack.must("/usr/bin/ovs-ofctl", "dump-ports", "br0");
      // The first went everywhere, the second to port 1 alone.
      expect([...ports.matchAll(/tx pkts=(\d+)/g)].map((found) => found[1])).toEqual(["1", "1", "1", "1"]);
      await stack.must(stack.programs.vsctl, "del-controller", "br0");
      await eventually(() => said.includes("is gone"), "the switch to go");
      expect(said.split("\n").slice(1, 3)).toEqual(["switch b0 speaks OpenFlow 1.5", "switch b0 is gone"]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

import { describe, expect, it } from "vitest";
import { createFakeHost, type FakeHost } from "#host/fake/host.js";
import { type DemoResult, demoSucceeded, formatDemo } from "./demo.js";
import { doctor } from "./doctor.js";
import { weft } from "./weft.js";

/** Status, output and errors of one run that must not start anything. */
async function run(argv: readonly string[], host: FakeHost = createFakeHost()): Promise<[number, string, string]> {
  let [out, err] = ["", ""];
  const refuse = (): never => {
    throw new Error("nothing is to be started");
  };
  const status = await weft(argv, {
    host,
    programs: { start: refuse, run: refuse },
    threads: { start: refuse },
    programFile: (name) => `/bin/${name}`,
    print: (text) => {
      out += text;
    },
    error: (text) => {
      err += text;
    },
    stderrIsTerminal: false,
    scratch: refuse,
    inUserNamespace: refuse,
  });
  return [status, out, err];
}

describe("weft", () => {
  it("prints help and version, and help with status 1 where it was told nothing", async () => {
    const [status, help] = await run(["--help"]);
    expect([status, help.split("\n")[1]]).toEqual([0, "usage: weft [OPTIONS] COMMAND"]);
    expect(await run([])).toEqual([1, help, ""]);
    expect((await run(["-V"]))[1]).toMatch(/^weft \S+ \(Open vSwitch \d/);
  });

  it.each([
    [["nope"], "weft: unknown command 'nope'; use --help for help\n"],
    [["up", "x"], "weft: 'up' takes no arguments; use --help for help\n"],
    [["--format=xml", "doctor"], 'weft: unknown format "xml"; use text or json\n'],
    [["--nope"], "weft: unrecognized option '--nope'\n"],
  ])("refuses %j", async (argv, complaint) => {
    expect(await run(argv)).toEqual([1, "", complaint]);
  });

  it("says what to do where its files cannot be kept", async () => {
    const host = createFakeHost();
    host.files.fail("mkdir", "/closed", "EACCES");
    const [status, , err] = await run(["up", "--dir=/closed"], host);
    expect([status, err]).toEqual([
      1,
      "weft: cannot keep files in /closed (Permission denied); choose another folder with --dir\n",
    ]);
  });
});

describe("weft doctor", () => {
  const ask = (works: boolean) => () =>
    Promise.resolve({ checks: new Map([["net_admin", { works, reason: "user 1000" }] as const]), features: new Map() });

  it("exits with 1 where nothing can be forwarded, and says why", async () => {
    let out = "";
    expect(await doctor("text", (text) => (out += text), ask(false))).toBe(1);
    expect(out).toMatch(/^This host cannot forward packets: user 1000\.\n/);
  });

  it("prints JSON where asked to", async () => {
    let out = "";
    await doctor("json", (text) => (out += text), ask(false));
    expect(JSON.parse(out)).toMatchObject({ canForward: false, datapaths: { system: "userspace" } });
  });
});

describe("weft demo", () => {
  const good: DemoResult = {
    pings: [{ from: "guest1", to: "guest2", reached: true, ms: 0.1234 }],
    bitsPerSecond: 2.5e9,
    isolated: true,
    learned: 3,
    hits: 10,
    misses: 2,
  };

  it("succeeds only where all went as it should", () => {
    expect(demoSucceeded(good)).toBe(true);
    expect(demoSucceeded({ ...good, isolated: false })).toBe(false);
    expect(demoSucceeded({ ...good, bitsPerSecond: 0 })).toBe(false);
    expect(demoSucceeded({ ...good, pings: [{ ...good.pings[0]!, reached: false, ms: null }] })).toBe(false);
  });

  it("is a table whose second column is aligned", () => {
    const lines = formatDemo(good).trimEnd().split("\n");
    expect(lines[0]).toBe("ping guest1 → guest2     0.12 ms");
    expect(lines[1]).toBe("TCP guest1 → guest2      2.50 Gb/s");
    expect(formatDemo({ ...good, isolated: false })).toContain("NOT separated");
  });
});

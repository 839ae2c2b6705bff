import { describe, expect, it } from "vitest";
import type { CtlCommand } from "./command.js";
import { parseCommands, splitCommandLine } from "./command-line.js";
import { globalOptionRows } from "./global-options.js";

const command = (name: string, options: readonly string[], minArgs = 0, maxArgs = 1): CtlCommand => ({
  name,
  options,
  minArgs,
  maxArgs,
  arguments: "",
  run() {},
});
const commands = [command("get", ["if-exists", "id="]), command("put", ["may-exist"], 1, 2)];

function parse(...argv: string[]) {
  const line = splitCommandLine("ctl", globalOptionRows, commands, argv);
  const calls = parseCommands(line.words, line.first, (name) => commands.find((one) => one.name === name));
  return calls.map((call) => [call.command.name, Object.fromEntries(call.options), ...call.args]);
}

describe("a command line", () => {
  it("is global options, then commands between --", () => {
    expect(parse("-t5", "--oneline", "put", "a", "--", "--id=@x", "get", "b")).toEqual([
      ["put", {}, "a"],
      ["get", { id: "@x" }, "b"],
    ]);
  });

  it("may have the first command's options among the global ones", () => {
    expect(parse("--may-exist", "--dry-run", "put", "a")).toEqual([["put", { "may-exist": undefined }, "a"]]);
    expect(parse("--may-exist", "--", "put", "a")).toEqual([["put", { "may-exist": undefined }, "a"]]);
    expect(parse("--may", "put", "a")).toEqual([["put", { "may-exist": undefined }, "a"]]);
  });

  it("takes no abbreviations after the first --", () => {
    expect(() => parse("--", "--may", "put", "a")).toThrow("'put' command has no '--may' option");
  });

  it("may have empty commands, but not only those", () => {
    expect(parse("--", "--", "get", "--", "--")).toEqual([["get", {}]]);
    expect(() => parse()).toThrow("missing command name (use --help for help)");
    expect(() => parse("--", "--")).toThrow("missing command name");
    expect(() => parse("get", "--", "--if-exists")).toThrow("missing command name");
  });

  it.each([
    [["foo"], "unknown command 'foo'; use --help for help"],
    [["put"], "'put' command requires at least 1 arguments"],
    [["put", "a", "b", "c"], "'put' command takes at most 2 arguments"],
    [
      ["get", "a", "-x"],
      'takes at most 1 arguments (note that options must precede command names and follow a "--" argument)',
    ],
    [["--", "--id", "get"], "missing argument to '--id' option on 'get' command"],
    [["--", "--if-exists=1", "get"], "'--if-exists' option on 'get' does not accept an argument"],
    [["--", "--if-exists", "--if-exists", "get"], "'--if-exists' option specified multiple times"],
    [["--bogus", "get"], "ctl: unrecognized option '--bogus'"],
  ])("%j is refused", (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});

import { describe, expect, it } from "vitest";
import { formatOption, type OptionRow, parseOptions } from "./options.js";

const rows: OptionRow[] = [
  { name: "target", short: "t", argument: "required" },
  { name: "timeout", short: "T", argument: "required" },
  { name: "version", short: "V", argument: "none" },
  { name: "verbose", short: "v", argument: "optional" },
  { name: "option", short: "o", argument: "none" },
  { name: "options", argument: "none" },
  { name: "no-wait", argument: "none" },
];

const parse = (args: string[], inOrder = false) => {
  const { options, operands } = parseOptions("prog", rows, args, { inOrder });
  return [...options.map((o) => (o.value === undefined ? o.name : `${o.name}=${o.value}`)), "|", ...operands].join(" ");
};

describe("parseOptions", () => {
  it.each([
    ["--target=x a --timeout 5 b", "target=x timeout=5 | a b"],
    ["-tx -T 5 -Vvdbg", "target=x timeout=5 version verbose=dbg |"],
    ["-v dbg", "verbose | dbg"],
    ["--verb=x --vers", "verbose=x version |"],
    ["--option --options --no-w", "option options no-wait |"],
    ["a -- --target -V", "| a --target -V"],
    ["- -V", "version | -"],
    ["--target=", "target= |"],
  ])("reads %s", (line, expected) => {
    expect(parse(line.split(" "))).toBe(expected);
  });

  it("stops at the first operand where order counts", () => {
    expect(parse(["-V", "cmd", "-V"], true)).toBe("version | cmd -V");
  });

  it.each([
    ["--foo=3", "prog: unrecognized option '--foo=3'"],
    ["--t", "prog: option '--t' is ambiguous; possibilities: '--target' '--timeout'"],
    ["--ver=1", "prog: option '--ver=1' is ambiguous; possibilities: '--version' '--verbose'"],
    ["--ta", "prog: option '--target' requires an argument"],
    ["--version=3", "prog: option '--version' doesn't allow an argument"],
    ["-q", "prog: invalid option -- 'q'"],
    ["-VT", "prog: option requires an argument -- 'T'"],
  ])("refuses %s in glibc's words", (arg, message) => {
    expect(() => parse([arg])).toThrow(message);
  });

  it("takes the first of a group that an abbreviation fits, where their arguments are alike", () => {
    const group = "command";
    const some = [
      { name: "fake", argument: "none", group },
      { name: "fake-iface", argument: "none", group },
      { name: "id", argument: "required", group },
      { name: "if-exists", argument: "none", group },
    ] as const;
    expect(parseOptions("prog", some, ["--fa"]).options).toEqual([{ name: "fake", value: undefined }]);
    expect(() => parseOptions("prog", some, ["--i"])).toThrow("option '--i' is ambiguous");
  });

  it("lists an option", () => {
    expect(rows.slice(0, 4).map((row) => formatOption(row, "X"))).toEqual([
      "-t, --target=X",
      "-T, --timeout=X",
      "-V, --version",
      "-v, --verbose[=X]",
    ]);
  });
});

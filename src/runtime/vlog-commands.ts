import { UserError } from "#util/errors.js";
import type { AppctlCommand } from "./command.js";
import type { Vlog } from "./vlog.js";
import { destinations } from "./vlog-spec.js";

const unlimited = Number.POSITIVE_INFINITY;

/** `vlog/list` as upstream lays it out. */
function formatLevels(vlog: Vlog): string {
  const header = "                 console    syslog    file\n                 -------    ------    ------\n";
  const rows = vlog.moduleNames().map((name) => {
    const levels = vlog.levelsOf(name)!;
    const cell = (level: string): string => level.toUpperCase().padStart(4);
    return `${name.padEnd(16)}  ${cell(levels.console)}       ${cell(levels.syslog)}       ${cell(levels.file)}\n`;
  });
  return header + rows.join("");
}

/** `vlog/list-pattern` as upstream lays it out. */
function formatPatterns(vlog: Vlog): string {
  const rows = destinations.map((d) => {
    return `${d.toUpperCase().padEnd(7)}  ${vlog.prefixOf(d).padEnd(32)}  ${vlog.patternOf(d)}\n`;
  });
  return `         prefix                            format\n         ------                            ------\n${rows.join("")}`;
}

/** The logging commands that every daemon has. */
export function vlogCommands(vlog: Vlog): AppctlCommand[] {
  return [
    {
      name: "vlog/set",
      usage: "{spec | PATTERN:destination:pattern}",
      minArgs: 0,
      maxArgs: unlimited,
      run(args) {
        // Without any words all levels become dbg.
        for (const spec of args.length === 0 ? [""] : args) vlog.set(spec);
        return "";
      },
    },
    { name: "vlog/list", usage: "", minArgs: 0, maxArgs: 0, run: () => formatLevels(vlog) },
    { name: "vlog/list-pattern", usage: "", minArgs: 0, maxArgs: 0, run: () => formatPatterns(vlog) },
    {
      name: "vlog/enable-rate-limit",
      usage: "[module]...",
      minArgs: 0,
      maxArgs: unlimited,
      run(args) {
        vlog.limitRates(true, args);
        return "";
      },
    },
    {
      name: "vlog/disable-rate-limit",
      usage: "[module]...",
      minArgs: 0,
      maxArgs: unlimited,
      run(args) {
        vlog.limitRates(false, args);
        return "";
      },
    },
    {
      name: "vlog/reopen",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run() {
        if (vlog.filePath === undefined) return "Logging to file not configured";
        const fault = vlog.reopenFile();
        if (fault !== undefined) throw new UserError(fault);
        return "";
      },
    },
    {
      name: "vlog/close",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run() {
        vlog.closeFile();
        return "";
      },
    },
  ];
}

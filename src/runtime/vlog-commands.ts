import { UserError } from "#util/errors.js";
import type { AppctlCommand } from "./command.js";
import type { Level } from "./logger.js";
import type { Vlog } from "./vlog.js";
import { type Destination, destinations } from "./vlog-spec.js";

const unlimited = Number.POSITIVE_INFINITY;

/** A module's levels, for `vlog/list`. */
type LevelsRow = { readonly module: string; readonly console: Level; readonly syslog: Level; readonly file: Level };

function listLevels(vlog: Vlog): AppctlCommand<readonly LevelsRow[]> {
  return {
    name: "vlog/list",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () => vlog.moduleNames().map((module) => ({ module, ...vlog.levelsOf(module)! })),
    text: formatLevels,
  };
}

/** `vlog/list` as upstream lays it out. */
function formatLevels(modules: readonly LevelsRow[]): string {
  const header = "                 console    syslog    file\n                 -------    ------    ------\n";
  const cell = (level: string): string => level.toUpperCase().padStart(4);
  const rows = modules.map(({ module, console, syslog, file }) => {
    return `${module.padEnd(16)}  ${cell(console)}       ${cell(syslog)}       ${cell(file)}\n`;
  });
  return header + rows.join("");
}

/** A destination's pattern, for `vlog/list-pattern`. */
type PatternRow = { readonly destination: Destination; readonly prefix: string; readonly pattern: string };

function listPatterns(vlog: Vlog): AppctlCommand<readonly PatternRow[]> {
  return {
    name: "vlog/list-pattern",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: () =>
      destinations.map((destination) => ({
        destination,
        prefix: vlog.prefixOf(destination),
        pattern: vlog.patternOf(destination),
      })),
    text: formatPatterns,
  };
}

/** `vlog/list-pattern` as upstream lays it out. */
function formatPatterns(patterns: readonly PatternRow[]): string {
  const rows = patterns.map(({ destination, prefix, pattern }) => {
    return `${destination.toUpperCase().padEnd(7)}  ${prefix.padEnd(32)}  ${pattern}\n`;
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
    listLevels(vlog) as AppctlCommand,
    listPatterns(vlog) as AppctlCommand,
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

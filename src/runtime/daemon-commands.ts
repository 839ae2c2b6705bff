import type { Clock } from "#util/clock.js";
import type { AppctlCommand } from "./command.js";
import { type Coverage, coverageCommands } from "./coverage.js";
import { exitCommand } from "./exit-command.js";
import { type MemoryReporter, memoryCommands } from "./memory.js";
import { versionCommand } from "./version-command.js";
import type { Vlog } from "./vlog.js";
import { vlogCommands } from "./vlog-commands.js";

/** What the commands of every daemon are about. */
export interface DaemonParts {
  readonly program: string;
  readonly log: Vlog;
  readonly clock: Clock;
  readonly coverage: Coverage;
  readonly memory: readonly MemoryReporter[];
  /** Further lines of `version`. */
  readonly versionExtra?: readonly string[];
  /** `exit` takes `--cleanup`. */
  readonly cleanup: boolean;
  exit(cleanup: boolean): void;
}

/** The appctl commands that every daemon has; `list-commands` and `set-options` are the control socket's own. */
export function daemonCommands(parts: DaemonParts): AppctlCommand[] {
  return [
    versionCommand(parts.program, ...(parts.versionExtra ?? [])),
    ...vlogCommands(parts.log),
    ...coverageCommands(parts.coverage),
    ...memoryCommands(parts.memory),
    exitCommand(parts.clock, (cleanup) => parts.exit(cleanup), { cleanup: parts.cleanup }),
  ];
}

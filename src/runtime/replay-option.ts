import type { Host } from "#host/host.js";
import { UserError } from "#util/errors.js";
import { below, directories } from "./dirs.js";
import type { ParsedOption } from "./options.js";

/** What `--record` and `--replay` make of a host; `replayed` resolves when a replay has come to its end. */
export interface ReplayChoice {
  readonly host: Host;
  readonly replayed: Promise<void> | undefined;
}

/**
 * The host that a program is to have: one that records what comes from outside (`--record[=DIR]`), or one where what was recorded
 * happens again (`--replay[=DIR]`). Directories are taken below the run directory. Throws `UserError`.
 */
export async function chooseReplay(
  host: Host,
  program: string,
  options: readonly ParsedOption[],
): Promise<ReplayChoice> {
  const option = options.findLast(({ name }) => name === "record" || name === "replay");
  if (!option) return { host, replayed: undefined };
  const { run } = directories(host.process);
  const { replayFile } = await import("#host/replay/replay-event.js");
  const directory = option.value === undefined ? run : below(below(host.process.cwd, run), option.value);
  const file = replayFile(directory, program);
  if (option.name === "record") {
    if (!host.files.exists(directory)) throw new UserError(`${directory}: no such directory to record in`);
    const { recordingHost } = await import("#host/replay/recording-host.js");
    return { host: recordingHost(host, file), replayed: undefined };
  }
  const { replayingHost } = await import("#host/replay/replaying-host.js");
  const replaying = replayingHost(host, file);
  return { host: replaying, replayed: replaying.replayed };
}

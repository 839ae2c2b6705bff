import type { Host } from "#host/host.js";
import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { Log } from "./logger.js";

function refusal(path: string, code: string): HostError {
  return new HostError(path, code, errnoNumber(code), errnoText(code));
}

/**
 * The pid in a pidfile, if a living daemon holds it: daemons keep their pidfiles locked, so that a stale one is told from a live one.
 * Throws `HostError`: `ENOENT` without such a file, `ESRCH` where nobody lives behind it.
 */
export function readPidfile(host: Host, log: Log, path: string): number {
  let text: string;
  try {
    text = host.files.readText(path);
  } catch (error) {
    if (error instanceof HostError) log.module("daemon_unix").warn(`${path}: open: ${errnoText(error.code)}`);
    throw error;
  }
  const pid = Number(/^\s*(\d+)/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(pid) || host.files.lockHolder(path, pid) !== pid) throw refusal(path, "ESRCH");
  return pid;
}

import { type Files, LockedError } from "#host/files.js";
import { HostError } from "#util/errors.js";
import { IoError, reasonOf } from "./io-error.js";

/** Where one line about a lock goes: the log, or a tool's standard error. */
export type LockWarning = (message: string) => void;

/** The lock file that guards `path`: `.NAME.~lock~` beside it. */
export function lockfileName(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}.~lock~`;
}

/**
 * Locks a database file against other writers. `path` is absolute, `name` what the user calls it. A held lock is
 * reported by its holder's pid and thrown as `I/O error`.
 */
export function lockDatabase(files: Files, path: string, name: string, warn: LockWarning): { release(): void } {
  // A symbolic link and its target must share one lock.
  const target = files.followLinks(path);
  try {
    return files.lock(lockfileName(target));
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const shown = target === path ? lockfileName(name) : lockfileName(target);
    if (error instanceof LockedError) {
      const by = error.holder === undefined ? "this process" : `pid ${error.holder}`;
      warn(`${shown}: cannot lock file because it is already locked by ${by}`);
    } else {
      warn(`${shown}: failed to open lock file: ${reasonOf(error)}`);
      warn(`${shown}: failed to lock file: ${reasonOf(error)}`);
    }
    throw new IoError(`${name}: failed to lock lockfile`, reasonOf(error));
  }
}

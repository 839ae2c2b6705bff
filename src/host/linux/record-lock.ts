import { closeSync, constants, fstatSync, openSync } from "node:fs";
import koffi from "koffi";
import { errnoName, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { LockedError } from "../files.js";
import { toHostError } from "../node/host-error.js";

const F_GETLK = 5;
const F_SETLK = 6;
const F_WRLCK = 1;
const F_UNLCK = 2;

const libc = koffi.load(null);
const fcntl = libc.func("int fcntl(int fd, int cmd, void *lock)");

/** Files that this process holds locked, by device and inode: the kernel would grant the same process any number of locks. */
const held = new Set<string>();

/** struct flock of 64-bit Linux: l_type at 0, l_whence at 2, l_start at 8, l_len at 16, l_pid at 24; 32 bytes. */
function flock(type: number): Buffer {
  const lock = Buffer.alloc(32);
  lock.writeInt16LE(type, 0);
  return lock;
}

/**
 * Takes a write lock on the whole file, made where missing, as fcntl(2) F_SETLK does. Throws `LockedError` when another
 * process holds it, or this one. The lock ends with `release` or with the process.
 */
export function lockRecord(path: string): { release(): void } {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw toHostError(`${path}: open`, error);
  }
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const key = `${dev}:${ino}`;
  // Closing this second descriptor would drop the lock that the first one holds, so it stays open.
  if (held.has(key)) throw new LockedError(path, "EDEADLK", process.pid);
  if (fcntl(fd, F_SETLK, flock(F_WRLCK)) !== 0) {
    const errno = koffi.errno();
    const holder = flock(F_WRLCK);
    const asked = fcntl(fd, F_GETLK, holder) === 0 && holder.readInt16LE(0) !== F_UNLCK;
    closeSync(fd);
    const code = errnoName(errno);
    if (code !== "EAGAIN" && code !== "EACCES") throw new HostError(`${path}: fcntl`, code, errno, errnoText(errno));
    throw new LockedError(path, "EAGAIN", asked ? holder.readInt32LE(24) : undefined);
  }
  held.add(key);
  return {
    release() {
      if (held.delete(key)) closeSync(fd);
    },
  };
}

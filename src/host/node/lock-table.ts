import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";

/**
 * Whether a process holds a write lock on a file, by what the kernel tells of its descriptors. Where that cannot be seen (another user's
 * process) it is false. Reading /proc/locks instead makes the kernel wait for all CPUs, often for 10 ms.
 */
function holdsLock(pid: number, path: string): boolean {
  try {
    const file = realpathSync(path);
    const folder = `/proc/${pid}`;
    return readdirSync(`${folder}/fd`).some(
      (fd) =>
        readlinkSync(`${folder}/fd/${fd}`) === file &&
        /^lock:.*\b(?:POSIX|OFDLCK)\b.*\bWRITE\b/m.test(readFileSync(`${folder}/fdinfo/${fd}`, "latin1")),
    );
  } catch {
    return false;
  }
}

/**
 * Who holds a POSIX write lock on a file, by the kernel's own table (proc(5), /proc/locks): no file is opened, no system
 * call beyond stat(2) is needed. Rows are `1: POSIX  ADVISORY  WRITE PID MAJOR:MINOR:INODE START END`, device in hex.
 * Where a stacked file system shows another device than stat does, the inode alone decides. `suspect` is asked first.
 */
export function recordLockHolder(path: string, suspect?: number): number | undefined {
  if (suspect !== undefined && suspect !== process.pid && holdsLock(suspect, path)) return suspect;
  let inode: bigint;
  let device: bigint;
  let table: string;
  try {
    const stat = statSync(path, { bigint: true });
    inode = stat.ino;
    device = stat.dev;
    table = readFileSync("/proc/locks", "latin1");
  } catch {
    return undefined;
  }
  let elsewhere: number | undefined;
  for (const line of table.split("\n")) {
    const row = /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+WRITE\s+(-?\d+)\s+([0-9a-f]+):([0-9a-f]+):(\d+)\s/.exec(line);
    if (!row || BigInt(row[4]!) !== inode) continue;
    const pid = Number(row[1]);
    if (pid === process.pid || pid <= 0) continue;
    const major = BigInt(`0x${row[2]}`);
    const minor = BigInt(`0x${row[3]}`);
    if (deviceNumber(major, minor) === device) return pid;
    elsewhere ??= pid;
  }
  return elsewhere;
}

/** glibc's makedev(3). */
function deviceNumber(major: bigint, minor: bigint): bigint {
  return ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n) | (minor & 0xffn);
}

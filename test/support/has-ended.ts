import { readdirSync, readFileSync } from "node:fs";

/**
 * Whether a process is gone. One that nobody has asked about yet counts as gone, too, once its last thread is: until then it holds its
 * sockets and locks, though its first thread may be a zombie already.
 */
export function hasEnded(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ") && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true;
  }
}

import { mkdirSync, rmSync, statfsSync } from "node:fs";
import type { Memory } from "../memory.js";
import * as sys from "../syscalls.js";
import { Attribute, command, withScratch } from "./call.js";

/** statfs(2)'s f_type of a BPF file system. */
const BPF_FS_MAGIC = 0xcafe4a11;
/** Where hosts have it. */
export const BPF_FS = "/sys/fs/bpf";

/** Whether a directory lies in a BPF file system. */
export function isBpfFileSystem(directory: string): boolean {
  try {
    return statfsSync(directory).type >>> 0 === BPF_FS_MAGIC;
  } catch {
    return false;
  }
}

/**
 * Has `directory` be in a BPF file system, by mounting one over it where it is not (the directory is made where it is missing, below /sys it must be there). True where it was mounted now.
 * Throws `HostError` (`EPERM` without the privilege).
 */
export function needBpfFileSystem(directory: string = BPF_FS): boolean {
  if (isBpfFileSystem(directory)) return false;
  try {
    mkdirSync(directory, { recursive: true });
  } catch {
    // mount(2) says why it cannot be used.
  }
  sys.check(sys.mount("bpf", directory, "bpf", 0, "mode=0700"), `mount of a BPF file system at ${directory}`);
  return true;
}

/** bpf_attr: pathname@0 bpf_fd@8. */
function withPath<T>(path: string, use: (attribute: Attribute) => T): T {
  const bytes = new TextEncoder().encode(`${path}\0`);
  return withScratch(bytes.length, (memory: Memory) => {
    memory.bytes.set(bytes, 0);
    return use(new Attribute(24).pointer(0, memory, 0));
  });
}

/** Gives a map, program or link a name in a BPF file system, which keeps it alive. Throws `HostError` (`EEXIST`). */
export function pin(fd: number, path: string): void {
  withPath(path, (attribute) => attribute.u32(8, fd).call(command.pin, `pin ${path}`));
}

/** A new descriptor of what is pinned there. Throws `HostError` (`ENOENT`). */
export function openPinned(path: string): number {
  return withPath(path, (attribute) => attribute.call(command.openPinned, path));
}

/** Takes the name away, if it is there; what nothing else holds goes with it. */
export function unpin(path: string): void {
  rmSync(path, { force: true });
}

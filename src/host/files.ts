import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";

/** A file is locked already: `EAGAIN` with the holder's pid, or `EDEADLK` where this process itself holds it. */
export class LockedError extends HostError {
  override name = "LockedError";
  readonly holder: number | undefined;
  constructor(path: string, code: "EAGAIN" | "EDEADLK", holder: number | undefined) {
    super(`${path}: fcntl`, code, errnoNumber(code), errnoText(code));
    this.holder = holder;
  }
}

/** An open file on which bytes are appended. Synchronous: order on disk is the order of the calls. */
export interface AppendFile {
  append(bytes: Uint8Array): void;
  /** Returns when the bytes are on stable storage (fdatasync); asynchronous so that the loop goes on. */
  sync(): Promise<void>;
  syncNow(): void;
  truncate(size: number): void;
  size(): number;
  close(): void;
}

/** An open file that is read piece by piece, so that a large one never lies in memory whole. */
export interface ReadFile {
  /** Up to `length` bytes from `offset`; fewer at the end of the file, none beyond it. */
  read(offset: number, length: number): Uint8Array;
  size(): number;
  close(): void;
}

/** The parts of a file system that programs use. Errors are `HostError`. Paths are absolute. */
export interface Files {
  read(path: string): Uint8Array;
  readText(path: string): string;
  /** `undefined` where there is no such file; other errors are thrown. */
  readTextIfExists(path: string): string | undefined;
  write(path: string, bytes: Uint8Array | string, mode?: number): void;
  exists(path: string): boolean;
  list(path: string): string[];
  makeDirectory(path: string): void;
  remove(path: string): void;
  rename(from: string, to: string): void;
  /** fsyncs a directory, so that a rename in it is durable. */
  syncDirectory(path: string): void;
  openRead(path: string): ReadFile;
  openAppend(path: string, options: { create: boolean; exclusive: boolean; mode?: number }): AppendFile;
  /**
   * Takes a write lock on the file `path` (made where missing) the way Open vSwitch does: an fcntl record lock. The lock belongs
   * to the file, so it survives a rename; this process must not open and close that file while it holds the lock. Throws
   * `LockedError` when another process, or this one, has it.
   */
  lock(path: string): { release(): void };
  /**
   * Pid of another process that holds a write lock on the file, `undefined` where none does (or there is no such file).
   * Opens nothing that could drop a lock of this process. A `suspect` is a pid that probably does, which is quick to see.
   */
  lockHolder(path: string, suspect?: number): number | undefined;
  /** Where an absolute path leads when it is a symbolic link, also one to what does not exist yet; else the path itself. */
  followLinks(path: string): string;
}

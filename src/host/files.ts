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
   * Takes a write lock on the file `path` (made where missing) the way Open vSwitch does (fcntl record lock where the
   * host has it). Throws `HostError` `EAGAIN` with the holder's pid in `holder` when another process has it.
   */
  lock(path: string): { release(): void };
  realPath(path: string): string;
}

import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { AppendFile, Files, ReadFile } from "../files.js";
import { toHostError, tryHost } from "./host-error.js";
import { recordLockHolder } from "./lock-table.js";

/** Takes an fcntl write lock; see `Files.lock`. Apart, because it needs system calls that Node lacks. */
export type FileLocker = (path: string) => { release(): void };

const open = (path: string): string => `${path}: open`;

/** Symbolic links that the kernel follows on one path (path_resolution(7)). */
const mostLinks = 40;

/** The machine's files. Without a locker (`host/linux/record-lock.js` has it), `lock` refuses with `ENOLCK`. */
export class NodeFiles implements Files {
  readonly #locker: FileLocker | undefined;

  constructor(locker?: FileLocker) {
    this.#locker = locker;
  }

  read(path: string): Uint8Array {
    return tryHost(open(path), () => readFileSync(path));
  }

  readText(path: string): string {
    return tryHost(open(path), () => readFileSync(path, "utf8"));
  }

  readTextIfExists(path: string): string | undefined {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw toHostError(open(path), error);
    }
  }

  write(path: string, bytes: Uint8Array | string, mode = 0o666): void {
    tryHost(open(path), () => writeFileSync(path, bytes, { mode }));
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  list(path: string): string[] {
    return tryHost(`${path}: opendir`, () => readdirSync(path)).sort();
  }

  makeDirectory(path: string): void {
    tryHost(`${path}: mkdir`, () => mkdirSync(path, { recursive: true }));
  }

  remove(path: string): void {
    tryHost(`${path}: unlink`, () => rmSync(path));
  }

  rename(from: string, to: string): void {
    tryHost(`rename ${from} to ${to}`, () => renameSync(from, to));
  }

  syncDirectory(path: string): void {
    tryHost(`${path}: fsync`, () => {
      const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  openRead(path: string): ReadFile {
    const fd = tryHost(open(path), () => openSync(path, constants.O_RDONLY));
    return {
      read: (position, size) =>
        tryHost(`${path}: read`, () => {
          const bytes = new Uint8Array(size);
          let at = 0;
          while (at < size) {
            const count = readSync(fd, bytes, at, size - at, position + at);
            if (count === 0) break;
            at += count;
          }
          return at === size ? bytes : bytes.slice(0, at);
        }),
      size: () => tryHost(`${path}: fstat`, () => fstatSync(fd).size),
      close: () => tryHost(`${path}: close`, () => closeSync(fd)),
    };
  }

  openAppend(path: string, options: { create: boolean; exclusive: boolean; mode?: number }): AppendFile {
    const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;
    const flags = O_APPEND | O_RDWR | (options.create ? O_CREAT : 0) | (options.exclusive ? O_EXCL : 0);
    const fd = tryHost(open(path), () => openSync(path, flags, options.mode ?? 0o666));
    return new NodeAppendFile(path, fd);
  }

  lock(path: string): { release(): void } {
    if (this.#locker) return this.#locker(path);
    throw toHostError(`${path}: fcntl`, { code: "ENOLCK" });
  }

  lockHolder(path: string, suspect?: number): number | undefined {
    return recordLockHolder(path, suspect);
  }

  followLinks(path: string): string {
    let at = path;
    for (let followed = 0; followed < mostLinks; followed++) {
      try {
        at = resolve(dirname(at), readlinkSync(at));
      } catch {
        // No link, or nothing that may be looked at, which is for opening it to say.
        break;
      }
    }
    return at;
  }
}

class NodeAppendFile implements AppendFile {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  append(bytes: Uint8Array): void {
    tryHost(`${this.#path}: write`, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => (error ? reject(toHostError(`${this.#path}: fdatasync`, error)) : resolve()));
    });
  }

  syncNow(): void {
    tryHost(`${this.#path}: fdatasync`, () => fdatasyncSync(this.#fd));
  }

  truncate(size: number): void {
    tryHost(`${this.#path}: ftruncate`, () => ftruncateSync(this.#fd, size));
  }

  size(): number {
    return tryHost(`${this.#path}: fstat`, () => fstatSync(this.#fd).size);
  }

  close(): void {
    tryHost(`${this.#path}: close`, () => closeSync(this.#fd));
  }
}

import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import { type AppendFile, type Files, LockedError, type ReadFile } from "../files.js";

interface Inode {
  bytes: Uint8Array;
  synced: number;
  mode: number;
  locked: boolean;
}

/** What a test wants to go wrong: an errno for every operation of a kind on a path. */
export type FakeFileOperation = "open" | "write" | "fdatasync" | "rename" | "unlink" | "mkdir";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function refusal(tried: string, code: string): HostError {
  return new HostError(tried, code, errnoNumber(code), errnoText(code));
}

/**
 * Files in memory. A test can fill the disk (`space`), make operations fail (`fail`), hold a lock as if it were another
 * process (`lockElsewhere`), and lose what was not synced (`crash`).
 */
export class FakeFiles implements Files {
  readonly #files = new Map<string, Inode>();
  readonly #directories = new Set<string>(["/"]);
  readonly #faults = new Map<string, string>();
  readonly #elsewhere = new Map<Inode, number>();
  /** Bytes that still can be written before `ENOSPC`; what fits is written, as a full disk does. */
  space: number = Number.POSITIVE_INFINITY;

  /** Makes an operation on a path fail with an errno, until `undefined` is given. */
  fail(operation: FakeFileOperation, path: string, code: string | undefined): void {
    if (code === undefined) this.#faults.delete(`${operation} ${path}`);
    else this.#faults.set(`${operation} ${path}`, code);
  }

  /** Another process takes (pid) or leaves (`undefined`) the lock on a file. */
  lockElsewhere(path: string, pid: number | undefined): void {
    const inode = this.#create(path, 0o600);
    if (pid === undefined) this.#elsewhere.delete(inode);
    else this.#elsewhere.set(inode, pid);
  }

  /** Power fails: bytes that were appended and not synced are gone, and so are all locks. */
  crash(): void {
    for (const inode of this.#files.values()) {
      inode.bytes = inode.bytes.slice(0, inode.synced);
      inode.locked = false;
    }
    this.#elsewhere.clear();
  }

  read(path: string): Uint8Array {
    return this.#open(path).bytes.slice();
  }

  readText(path: string): string {
    return decoder.decode(this.#open(path).bytes);
  }

  readTextIfExists(path: string): string | undefined {
    return this.#files.has(path) || this.#faults.has(`open ${path}`) ? this.readText(path) : undefined;
  }

  write(path: string, bytes: Uint8Array | string, mode = 0o666): void {
    const inode = this.#create(path, mode);
    inode.bytes = new Uint8Array(0);
    this.#append(path, inode, typeof bytes === "string" ? encoder.encode(bytes) : bytes);
    inode.synced = inode.bytes.length;
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path);
  }

  list(path: string): string[] {
    if (!this.#directories.has(path)) throw refusal(`${path}: opendir`, "ENOENT");
    const prefix = path.endsWith("/") ? path : `${path}/`;
    const names = [...this.#files.keys(), ...this.#directories]
      .filter((name) => name.startsWith(prefix) && name.length > prefix.length)
      .map((name) => name.slice(prefix.length).split("/")[0]!);
    return [...new Set(names)].sort();
  }

  makeDirectory(path: string): void {
    this.#fault("mkdir", path);
    const parts = path.split("/").filter((part) => part !== "");
    for (let i = 1; i <= parts.length; i++) this.#directories.add(`/${parts.slice(0, i).join("/")}`);
  }

  remove(path: string): void {
    this.#fault("unlink", path);
    if (!this.#files.delete(path)) throw refusal(`${path}: unlink`, "ENOENT");
  }

  rename(from: string, to: string): void {
    this.#fault("rename", from);
    const inode = this.#files.get(from);
    if (!inode) throw refusal(`rename ${from} to ${to}`, "ENOENT");
    this.#files.delete(from);
    this.#files.set(to, inode);
  }

  syncDirectory(path: string): void {
    if (!this.#directories.has(path)) throw refusal(`${path}: fsync`, "ENOENT");
  }

  openRead(path: string): ReadFile {
    const inode = this.#open(path);
    return {
      read: (offset, length) => inode.bytes.slice(offset, offset + length),
      size: () => inode.bytes.length,
      close() {},
    };
  }

  openAppend(path: string, options: { create: boolean; exclusive: boolean; mode?: number }): AppendFile {
    if (options.create && options.exclusive && this.#files.has(path)) throw refusal(`${path}: open`, "EEXIST");
    const inode = options.create ? this.#create(path, options.mode ?? 0o666) : this.#open(path);
    const syncNow = (): void => {
      this.#fault("fdatasync", path);
      inode.synced = inode.bytes.length;
    };
    return {
      append: (bytes) => this.#append(path, inode, bytes),
      sync: async () => {
        // What is appended while the disk works is not part of this sync.
        const size = inode.bytes.length;
        await new Promise((resolve) => setImmediate(resolve));
        this.#fault("fdatasync", path);
        inode.synced = Math.max(inode.synced, Math.min(size, inode.bytes.length));
      },
      syncNow,
      truncate: (size) => {
        inode.bytes = inode.bytes.slice(0, size);
        inode.synced = Math.min(inode.synced, size);
      },
      size: () => inode.bytes.length,
      close() {},
    };
  }

  lock(path: string): { release(): void } {
    const inode = this.#create(path, 0o600);
    const holder = this.#elsewhere.get(inode);
    if (holder !== undefined) throw new LockedError(path, "EAGAIN", holder);
    if (inode.locked) throw new LockedError(path, "EDEADLK", undefined);
    inode.locked = true;
    return {
      release: () => {
        inode.locked = false;
      },
    };
  }

  lockHolder(path: string): number | undefined {
    const inode = this.#files.get(path);
    return inode && this.#elsewhere.get(inode);
  }

  followLinks(path: string): string {
    return path;
  }

  #fault(operation: FakeFileOperation, path: string): void {
    const code = this.#faults.get(`${operation} ${path}`);
    if (code) throw refusal(`${path}: ${operation}`, code);
  }

  #open(path: string): Inode {
    this.#fault("open", path);
    const inode = this.#files.get(path);
    if (!inode) throw refusal(`${path}: open`, this.#directories.has(path) ? "EISDIR" : "ENOENT");
    return inode;
  }

  #create(path: string, mode: number): Inode {
    this.#fault("open", path);
    const known = this.#files.get(path);
    if (known) return known;
    const parent = path.slice(0, path.lastIndexOf("/")) || "/";
    if (!this.#directories.has(parent)) throw refusal(`${path}: open`, "ENOENT");
    const inode: Inode = { bytes: new Uint8Array(0), synced: 0, mode, locked: false };
    this.#files.set(path, inode);
    return inode;
  }

  #append(path: string, inode: Inode, bytes: Uint8Array): void {
    this.#fault("write", path);
    const fits = Math.min(bytes.length, this.space);
    const grown = new Uint8Array(inode.bytes.length + fits);
    grown.set(inode.bytes);
    grown.set(bytes.subarray(0, fits), inode.bytes.length);
    inode.bytes = grown;
    this.space -= fits;
    if (fits < bytes.length) throw refusal(`${path}: write`, "ENOSPC");
  }
}

import { closeSync, fstatSync, openSync, readFileSync, realpathSync, writeSync } from "node:fs";
import { HostError } from "#util/errors.js";
import type { ChildProcess, Identity, ProcessHost, SignalName } from "../process.js";
import { toHostError, tryHost } from "./host-error.js";
import { spawnAgain } from "./spawn.js";

/** Environment variable that names the descriptor on which a started process reports that it serves. */
export const readyVariable = "WEFT_READY_FD";

const roleVariable = "WEFT_ROLE";

/** Characters of standard output that are written without waiting for a turn's end. */
const TOGETHER = 1 << 16;

/** Keeps network capabilities over a change of user; `host/linux` has it. */
export type IdentityChanger = (identity: Identity, drop: (identity: Identity) => void) => void;

/** This process. */
export class NodeProcess implements ProcessHost {
  readonly pid: number = process.pid;
  readonly parentPid: number = process.ppid;
  readonly env: Readonly<Record<string, string | undefined>> = process.env;
  readonly cwd: string = process.cwd();
  readonly isRoot: boolean = process.geteuid?.() === 0;
  readonly role: string | undefined = process.env[roleVariable];
  readonly #changeIdentity: IdentityChanger | undefined;
  #readyFd: number | undefined;
  /** Text for standard output that is not written yet. */
  #waiting = "";
  #isFlushedAtExit = false;

  constructor(changeIdentity?: IdentityChanger) {
    this.#changeIdentity = changeIdentity;
    // Programs that this one starts must not take these for their own.
    delete process.env[roleVariable];
    const fd = process.env[readyVariable];
    if (fd !== undefined) {
      this.#readyFd = Number(fd);
      delete process.env[readyVariable];
    }
  }

  get programFile(): string {
    const file = process.argv[1] ?? process.execPath;
    try {
      return realpathSync(file);
    } catch {
      return file;
    }
  }

  get hostname(): string {
    try {
      return readFileSync("/proc/sys/kernel/hostname", "utf8").trim();
    } catch {
      return "localhost";
    }
  }

  /** Texts of one turn are written together, at its end at the latest: a call to the system for each line would be most of a long list's cost. */
  stdout(text: string): void {
    if (this.#waiting === "") {
      this.#flushAtExit();
      setImmediate(() => this.#flush());
    }
    this.#waiting += text;
    if (this.#waiting.length >= TOGETHER) this.#flush();
  }

  stdoutBytes(bytes: Uint8Array): void {
    this.#flush();
    writeAll(1, bytes);
  }

  stderr(text: string): void {
    this.#flush();
    writeAll(2, text);
  }

  #flush(): void {
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") writeAll(1, text);
  }

  #flushAtExit(): void {
    if (this.#isFlushedAtExit) return;
    this.#isFlushedAtExit = true;
    process.on("exit", () => this.#flush());
  }

  async readStdin(): Promise<string> {
    return Buffer.from(await this.readStdinBytes()).toString("utf8");
  }

  readStdinBytes(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      process.stdin.on("data", (part: Buffer) => parts.push(part));
      process.stdin.on("end", () => resolve(Buffer.concat(parts)));
      process.stdin.on("error", (error) => reject(toHostError("stdin", error)));
    });
  }

  get stdinIsTerminal(): boolean {
    return isTerminal(0);
  }

  get stdoutIsTerminal(): boolean {
    return isTerminal(1);
  }

  get stderrIsTerminal(): boolean {
    return isTerminal(2);
  }

  onSignal(signal: SignalName, handler: () => void): void {
    process.on(signal, handler);
  }

  isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  }

  dieBySignal(signal: SignalName): void {
    this.#flush();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  spawnSelf(options: { readonly role: string; readonly detached: boolean }): ChildProcess {
    this.#flush();
    return spawnAgain({ [roleVariable]: options.role }, options.detached, readyVariable);
  }

  setTitle(title: string): void {
    process.title = title;
  }

  onCrash(handler: (error: unknown) => void): void {
    process.on("uncaughtException", (error) => {
      handler(error);
      process.abort();
    });
  }

  signalReady(): void {
    const fd = this.#readyFd;
    this.#readyFd = undefined;
    if (fd === undefined) return;
    try {
      writeSync(fd, "\0");
      closeSync(fd);
    } catch {
      // Whoever waited is gone; we serve all the same.
    }
  }

  detachStdio(keep: readonly number[] = []): void {
    this.#flush();
    for (const fd of [0, 1, 2]) {
      if (keep.includes(fd)) continue;
      // The lowest free number is taken, so each one is replaced in place.
      tryHost("/dev/null: open", () => {
        closeSync(fd);
        openSync("/dev/null", "r+");
      });
    }
  }

  chdir(path: string): void {
    tryHost(`${path}: chdir`, () => process.chdir(path));
  }

  identity(user: string | undefined, group: string | undefined): Identity {
    const row = user === undefined ? undefined : accountRow("/etc/passwd", user);
    const groupRow = group === undefined ? undefined : accountRow("/etc/group", group);
    return {
      userName: row?.[0],
      uid: row ? Number(row[2]) : undefined,
      gid: groupRow ? Number(groupRow[2]) : row ? Number(row[3]) : undefined,
    };
  }

  setIdentity(identity: Identity, keepNetwork: boolean): void {
    if (keepNetwork && this.#changeIdentity) this.#changeIdentity(identity, becomeUser);
    else becomeUser(identity);
  }

  residentBytes(): number {
    return process.memoryUsage.rss();
  }
}

function becomeUser(identity: Identity): void {
  tryHost("setuid", () => {
    if (identity.gid !== undefined) {
      process.setgid?.(identity.gid);
      if (identity.userName !== undefined) initgroups(identity.userName, identity.gid);
      else process.setgroups?.([identity.gid]);
    }
    if (identity.uid !== undefined) process.setuid?.(identity.uid);
  });
}

/** initgroups(3), which Node's types leave out. */
function initgroups(user: string, gid: number): void {
  (process as unknown as { initgroups(user: string, gid: number): void }).initgroups(user, gid);
}

/** A row of passwd(5) or group(5) by name. */
function accountRow(file: string, key: string): string[] {
  const rows = tryHost(`${file}: open`, () => readFileSync(file, "utf8"))
    .split("\n")
    .map((line) => line.split(":"));
  const row = rows.find((r) => r[0] === key);
  if (!row) throw new HostError(key, "EINVAL", 22, "Invalid argument");
  return row;
}

function isTerminal(fd: number): boolean {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false;
  } catch {
    return false;
  }
  // node:tty is loaded only for character devices, which a pipe or a file is not.
  const name = (["stdin", "stdout", "stderr"] as const)[fd];
  return name !== undefined && (process[name] as { isTTY?: boolean }).isTTY === true;
}

/** Writes all of a text to a descriptor, waiting where it is a full non-blocking pipe; a reader that has gone is no fault. */
function writeAll(fd: number, what: string | Uint8Array): void {
  const bytes = typeof what === "string" ? Buffer.from(what, "utf8") : what;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      else return;
    }
  }
}

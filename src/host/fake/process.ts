import { HostError } from "#util/errors.js";
import type { ChildExit, ChildProcess, Identity, ProcessHost, SignalName } from "../process.js";

/** A child that a test drives: `becomeReady`, then `end`. */
export class FakeChild implements ChildProcess {
  readonly pid: number;
  readonly role: string;
  readonly detached: boolean;
  readonly ready: Promise<boolean>;
  readonly exit: Promise<ChildExit>;
  readonly signals: SignalName[] = [];
  #ready!: (ready: boolean) => void;
  #exit!: (exit: ChildExit) => void;

  constructor(pid: number, role: string, detached: boolean) {
    this.pid = pid;
    this.role = role;
    this.detached = detached;
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.exit = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  becomeReady(): void {
    this.#ready(true);
  }

  end(exit: Partial<ChildExit>): void {
    this.#ready(false);
    this.#exit({ status: exit.status, signal: exit.signal });
  }

  kill(signal: SignalName): void {
    this.signals.push(signal);
  }

  unref(): void {}
}

/** A process that exists only for a test, which reads what it printed and sends it signals. */
export class FakeProcess implements ProcessHost {
  readonly pid: number;
  readonly parentPid: number = 1;
  readonly env: Record<string, string | undefined>;
  cwd = "/home/user";
  isRoot = true;
  programFile = "/opt/weft/dist/program.cjs";
  hostname = "host";
  stdinIsTerminal = false;
  stdoutIsTerminal = false;
  stderrIsTerminal = false;
  /** What was printed. */
  out = "";
  err = "";
  stdin = "";
  ready = false;
  title = "";
  role: string | undefined;
  stdioDetached = false;
  diedBy: SignalName | undefined;
  readonly alive: Set<number> = new Set();
  readonly children: FakeChild[] = [];
  readonly identities: Identity[] = [];
  readonly users: Map<string, { uid: number; gid: number }> = new Map([["root", { uid: 0, gid: 0 }]]);
  readonly groups: Map<string, number> = new Map([["root", 0]]);
  #crash: ((error: unknown) => void) | undefined;
  readonly #handlers = new Map<SignalName, (() => void)[]>();

  constructor(env: Readonly<Record<string, string | undefined>> = {}, pid = 1234) {
    this.env = { ...env };
    this.pid = pid;
    this.alive.add(pid);
  }

  stdout(text: string): void {
    this.out += text;
  }

  /** Each byte is the character of its number. */
  stdoutBytes(bytes: Uint8Array): void {
    this.out += String.fromCharCode(...bytes);
  }

  stderr(text: string): void {
    this.err += text;
  }

  async readStdin(): Promise<string> {
    return this.stdin;
  }

  async readStdinBytes(): Promise<Uint8Array> {
    return new TextEncoder().encode(this.stdin);
  }

  onSignal(signal: SignalName, handler: () => void): void {
    this.#handlers.set(signal, [...(this.#handlers.get(signal) ?? []), handler]);
  }

  /** Sends this process a signal; one that nobody handles ends it. */
  signal(signal: SignalName): void {
    const handlers = this.#handlers.get(signal);
    if (!handlers) this.diedBy = signal;
    for (const handler of handlers ?? []) handler();
  }

  isAlive(pid: number): boolean {
    return this.alive.has(pid);
  }

  dieBySignal(signal: SignalName): void {
    this.diedBy = signal;
  }

  setTitle(title: string): void {
    this.title = title;
  }

  onCrash(handler: (error: unknown) => void): void {
    this.#crash = handler;
  }

  /** Throws an error that nobody catches. */
  crash(error: unknown): void {
    this.#crash?.(error);
    this.diedBy = "SIGABRT";
  }

  spawnSelf(options: { readonly role: string; readonly detached: boolean }): FakeChild {
    const child = new FakeChild(this.pid + this.children.length + 1, options.role, options.detached);
    this.children.push(child);
    return child;
  }

  signalReady(): void {
    this.ready = true;
  }

  detachStdio(): void {
    this.stdioDetached = true;
  }

  chdir(path: string): void {
    this.cwd = path;
  }

  identity(user: string | undefined, group: string | undefined): Identity {
    const row = user === undefined ? undefined : this.users.get(user);
    const gid = group === undefined ? row?.gid : this.groups.get(group);
    if ((user !== undefined && !row) || (group !== undefined && gid === undefined)) {
      throw new HostError(row || user === undefined ? group! : user, "EINVAL", 22, "Invalid argument");
    }
    return { userName: user, uid: row?.uid, gid };
  }

  setIdentity(identity: Identity): void {
    this.identities.push(identity);
    this.isRoot = identity.uid === undefined ? this.isRoot : identity.uid === 0;
  }

  residentBytes(): number {
    return 50 * 2 ** 20;
  }
}

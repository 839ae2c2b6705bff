export type SignalName = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGALRM" | "SIGABRT";

/** How a child ended: one of the two is set. */
export interface ChildExit {
  readonly status: number | undefined;
  readonly signal: string | undefined;
}

/** A further process of this same program. */
export interface ChildProcess {
  readonly pid: number;
  /** Settles when the child calls `signalReady` (true), or when it ends or closes its end before that (false). */
  readonly ready: Promise<boolean>;
  readonly exit: Promise<ChildExit>;
  kill(signal: SignalName): void;
  /** Lets this process end although the child runs. */
  unref(): void;
}

/** User and group to run as; `undefined` leaves that one as it is. */
export interface Identity {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** For the supplementary groups. */
  readonly userName: string | undefined;
}

/** The running process and its surroundings. */
export interface ProcessHost {
  readonly pid: number;
  /** The process that started this one. */
  readonly parentPid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isRoot: boolean;
  /** Absolute path of the program's own file, links resolved: `…/dist/ovs-vsctl.cjs`. */
  readonly programFile: string;
  readonly hostname: string;
  stdout(text: string): void;
  /** Writes what is no text to standard output. */
  stdoutBytes(bytes: Uint8Array): void;
  stderr(text: string): void;
  /** The whole of standard input as text. */
  readStdin(): Promise<string>;
  /** The whole of standard input as it is. */
  readStdinBytes(): Promise<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Calls the handler for the signal; the default action no longer happens. */
  onSignal(signal: SignalName, handler: () => void): void;
  /** True while a process of that pid exists. */
  isAlive(pid: number): boolean;
  /** Ends this process by a signal's default action, so that the parent sees it as killed. */
  dieBySignal(signal: SignalName): void;
  /** The part that `spawnSelf` gave this process to play; undefined where a user started it. */
  readonly role: string | undefined;
  /** Starts this program again with the same arguments, to play a part; `detached` puts it in a session of its own. */
  spawnSelf(options: { readonly role: string; readonly detached: boolean }): ChildProcess;
  /** Tells the process that started this one with `spawnSelf` that this one serves now. Nothing happens a second time. */
  signalReady(): void;
  /** What process listings show. */
  setTitle(title: string): void;
  /** Calls the handler for an error that nobody caught, then ends the process by SIGABRT, as a crash. */
  onCrash(handler: (error: unknown) => void): void;
  /** Points standard input, output and error at /dev/null, but for those (1, 2) that are to stay. */
  detachStdio(keep?: readonly number[]): void;
  chdir(path: string): void;
  /** Ids of a user and group by name. Throws `HostError` `EINVAL` where one is unknown. */
  identity(user: string | undefined, group: string | undefined): Identity;
  /** Becomes another user for good. With `keepNetwork`, capabilities for network administration stay (where the host can). */
  setIdentity(identity: Identity, keepNetwork: boolean): void;
  /** Bytes of memory this process holds resident. */
  residentBytes(): number;
}

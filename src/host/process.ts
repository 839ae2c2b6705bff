/** The running process and its surroundings. */
export interface ProcessHost {
  readonly pid: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isRoot: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
  /** The whole of standard input as text. */
  readStdin(): Promise<string>;
  readonly stdoutIsTerminal: boolean;
  /** Calls the handler for `SIGTERM`, `SIGINT`, `SIGHUP`; the default action no longer happens. */
  onSignal(signal: "SIGTERM" | "SIGINT" | "SIGHUP", handler: () => void): void;
  /** True while a process of that pid exists. */
  isAlive(pid: number): boolean;
}

import type { Host } from "#host/host.js";

/** What a tool gets besides its arguments. Tools are `main(argv, io): Promise<number>`, the number being the exit status. */
export interface ToolIo {
  readonly host: Host;
  /** Standard output and standard error, as text. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly stdoutIsTerminal: boolean;
  stdin(): Promise<string>;
  /** Standard input as it is, for what is no text. */
  stdinBytes(): Promise<Uint8Array>;
}

/** A tool's input and output as its process has them. */
export function toolIo(host: Host): ToolIo {
  const { process } = host;
  return {
    host,
    stdout: (text) => process.stdout(text),
    stderr: (text) => process.stderr(text),
    get stdoutIsTerminal() {
      return process.stdoutIsTerminal;
    },
    stdin: () => process.readStdin(),
    stdinBytes: () => process.readStdinBytes(),
  };
}

import type { ToolIo } from "#cli/io.js";
import type { Host } from "#host/host.js";
import { endWith } from "./end-with.js";

type Tool = (argv: readonly string[], io: ToolIo) => Promise<number>;

/** Runs a tool on this process's arguments and standard streams, and ends the process with its exit status. */
export function runTool(tool: Tool, host: Host | Promise<Host>): void {
  endWith(run(tool, host));
}

async function run(tool: Tool, given: Host | Promise<Host>): Promise<number> {
  const host = await given;
  const { process: self } = host;
  return tool(process.argv.slice(2), {
    host,
    stdout: (text) => self.stdout(text),
    stderr: (text) => self.stderr(text),
    get stdoutIsTerminal() {
      return self.stdoutIsTerminal;
    },
    stdin: () => self.readStdin(),
  });
}

import { type ToolIo, toolIo } from "#cli/io.js";
import type { Host } from "#host/host.js";
import { endWith } from "./end-with.js";

type Tool = (argv: readonly string[], io: ToolIo) => Promise<number>;

/** Runs a tool on this process's arguments and standard streams, and ends the process with its exit status. */
export function runTool(tool: Tool, host: Host | Promise<Host>): void {
  endWith(Promise.resolve(host).then((ready) => tool(process.argv.slice(2), toolIo(ready))));
}

import { ovsdbTool } from "#cli/ovsdb-tool/main.js";
import type { Host } from "#host/host.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

/** Commands that write lock the database, for which koffi has to be loaded. */
const writing = ["create", "compact", "convert", "transact"];

async function hostFor(argv: readonly string[]): Promise<Host> {
  if (!argv.some((word) => writing.includes(word))) return createNodeHost();
  const { lockRecord } = await import("#host/linux/record-lock.js");
  return createNodeHost({ lock: lockRecord });
}

runTool(ovsdbTool, hostFor(process.argv.slice(2)));

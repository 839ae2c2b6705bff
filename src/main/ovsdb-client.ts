import { ovsdbClient } from "#cli/ovsdb-client/main.js";
import type { Host } from "#host/host.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

/** The options that ask for a pidfile or another user, for which koffi has to be loaded; the shortest abbreviations too. */
const asksForDaemon = (word: string): boolean => /^--(?:de|pi|us|u$|mo)/.test(word);

async function createHost(): Promise<Host> {
  if (!process.argv.slice(2).some(asksForDaemon)) return createNodeHost();
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  return createDaemonHost();
}

runTool(ovsdbClient, createHost());

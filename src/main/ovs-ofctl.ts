import { ofctl } from "#cli/ofctl/main.js";
import type { Host } from "#host/host.js";
import { createNodeHost } from "#host/node/host.js";
import { runTool } from "./support/run-tool.js";

/** The options that ask for a daemon's life, for which koffi has to be loaded; the shortest abbreviations too. */
const asksForDaemon = (word: string): boolean => /^--(?:d|pi|us|mon|unixctl)/.test(word);

async function createHost(): Promise<Host> {
  if (!process.argv.slice(2).some(asksForDaemon)) return createNodeHost();
  const { createDaemonHost } = await import("#host/linux/daemon-host.js");
  return createDaemonHost();
}

runTool(ofctl, createHost());

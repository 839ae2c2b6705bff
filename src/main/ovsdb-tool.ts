import { ovsdbTool } from "#cli/ovsdb-tool/main.js";
import { createNodeHost } from "#host/node/host.js";

/** Commands that write lock the database, for which koffi has to be loaded. */
const writing = ["create", "compact", "convert", "transact"];

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const locks = argv.some((word) => writing.includes(word));
  const host = createNodeHost(locks ? { lock: (await import("#host/linux/record-lock.js")).lockRecord } : {});
  process.exitCode = await ovsdbTool(argv, {
    host,
    stdout: (text) => host.process.stdout(text),
    stderr: (text) => host.process.stderr(text),
    stdoutIsTerminal: host.process.stdoutIsTerminal,
    stdin: () => host.process.readStdin(),
  });
}

main().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});

import { dirname, join } from "node:path";
import { weft } from "#cli/weft/weft.js";
import { createNodeHost } from "#host/node/host.js";
import { NodePrograms } from "#host/node/programs.js";

const host = createNodeHost();
const bin = join(dirname(dirname(host.process.programFile)), "bin");

void weft(process.argv.slice(2), {
  host,
  programs: new NodePrograms(),
  programFile: (name) => join(bin, name),
  print: (text) => host.process.stdout(text),
  error: (text) => host.process.stderr(text),
  stdoutIsTerminal: host.process.stdoutIsTerminal,
  demo: () => Promise.reject(new Error("demo")),
}).then((status) => process.exit(status));

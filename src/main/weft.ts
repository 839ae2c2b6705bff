import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { weft } from "#cli/weft/weft.js";
import { createNodeHost } from "#host/node/host.js";
import { NodePrograms } from "#host/node/programs.js";
import { NodeThreads } from "#host/node/threads.js";
import { endWith } from "./support/end-with.js";

const host = createNodeHost();
const { process: self } = host;
const dist = dirname(self.programFile);

/** Runs this command again as root of a user namespace, with util-linux's unshare: Node has threads, which may not do it themselves. */
function inUserNamespace(): Promise<number> {
  const again = ["--map-root-user", "--net", "--", process.execPath, ...process.argv.slice(1)];
  return new Promise((resolve) => {
    const child = spawn("unshare", again, { stdio: "inherit" });
    child.once("error", () => {
      self.stderr("weft: without root this needs the program 'unshare' (Debian package util-linux)\n");
      resolve(1);
    });
    child.once("exit", (status) => resolve(status ?? 1));
  });
}

const status = weft(process.argv.slice(2), {
  host,
  programs: new NodePrograms(),
  threads: new NodeThreads(dist),
  programFile: (name) => join(dirname(dist), "bin", name),
  print: (text) => self.stdout(text),
  error: (text) => self.stderr(text),
  stderrIsTerminal: self.stderrIsTerminal,
  scratch: () => {
    const path = mkdtempSync(join(tmpdir(), "weft-demo-"));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
  },
  inUserNamespace,
});
endWith(status);
